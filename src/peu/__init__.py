"""Learn image models from few images, and say honestly how good they are."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peu.autoencoders.denoise import denoise
    from peu.autoencoders.fit import fit_autoencoder
    from peu.classifiers.fit import fit_classifier
    from peu.comparison.choice import Choice, choose_recipe
    from peu.comparison.compare import compare
    from peu.comparison.comparison import Comparison
    from peu.comparison.denoising import evaluate_denoiser
    from peu.comparison.evaluate import evaluate
    from peu.comparison.kl_weights import study_kl_weights
    from peu.comparison.latent import evaluate_variational
    from peu.comparison.trial import Trial
    from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError
    from peu.evaluation.metrics import Evaluation
    from peu.images.catalog import open_dataset
    from peu.images.checks import describe_dataset
    from peu.images.dataset import ImageDataset, load_dataset
    from peu.images.splits import Split, make_holdout, make_splits, predefined_split
    from peu.lab.page import write_lab
    from peu.lab.run import run_lab
    from peu.lab.settings import LabSettings
    from peu.models.autoencoder import Autoencoder
    from peu.models.classifier import Classifier, Prediction
    from peu.recipes.augmentation import Augmentation
    from peu.recipes.augmented import SmallResNet
    from peu.recipes.autoencoders import AutoencoderRecipe
    from peu.recipes.denoising import Denoising
    from peu.recipes.descriptors import HogSVM
    from peu.recipes.ensemble import Ensemble
    from peu.recipes.finetune import FineTune
    from peu.recipes.fisher import FisherVectors
    from peu.recipes.frozen import Transfer
    from peu.recipes.noise import read_noise
    from peu.recipes.registry import Recipe
    from peu.recipes.scratch import SmallCNN
    from peu.recipes.search_space import SearchSpace
    from peu.recipes.training import TrainingSettings
    from peu.recipes.tuned import TunedCNN
    from peu.recipes.variational import Variational
    from peu.reports.comparison_report import write_report

__version__ = "0.1.0"

# NumPy and Keras take seconds to start; a name is loaded when it is first asked for (PEP 562).
_HOMES = {
    "Augmentation": "peu.recipes.augmentation",
    "SmallResNet": "peu.recipes.augmented",
    "Autoencoder": "peu.models.autoencoder",
    "AutoencoderRecipe": "peu.recipes.autoencoders",
    "BundleError": "peu.errors",
    "Choice": "peu.comparison.choice",
    "Classifier": "peu.models.classifier",
    "Comparison": "peu.comparison.comparison",
    "DataError": "peu.errors",
    "Denoising": "peu.recipes.denoising",
    "HogSVM": "peu.recipes.descriptors",
    "Ensemble": "peu.recipes.ensemble",
    "Evaluation": "peu.evaluation.metrics",
    "FineTune": "peu.recipes.finetune",
    "FisherVectors": "peu.recipes.fisher",
    "Transfer": "peu.recipes.frozen",
    "ImageDataset": "peu.images.dataset",
    "LabSettings": "peu.lab.settings",
    "PeuError": "peu.errors",
    "Prediction": "peu.models.classifier",
    "Recipe": "peu.recipes.registry",
    "RecipeError": "peu.errors",
    "ResourceError": "peu.errors",
    "SmallCNN": "peu.recipes.scratch",
    "SearchSpace": "peu.recipes.search_space",
    "Split": "peu.images.splits",
    "TrainingSettings": "peu.recipes.training",
    "Trial": "peu.comparison.trial",
    "TunedCNN": "peu.recipes.tuned",
    "Variational": "peu.recipes.variational",
    "choose_recipe": "peu.comparison.choice",
    "compare": "peu.comparison.compare",
    "denoise": "peu.autoencoders.denoise",
    "describe_dataset": "peu.images.checks",
    "evaluate": "peu.comparison.evaluate",
    "evaluate_denoiser": "peu.comparison.denoising",
    "evaluate_variational": "peu.comparison.latent",
    "fit_autoencoder": "peu.autoencoders.fit",
    "fit_classifier": "peu.classifiers.fit",
    "load_dataset": "peu.images.dataset",
    "make_holdout": "peu.images.splits",
    "make_splits": "peu.images.splits",
    "open_dataset": "peu.images.catalog",
    "predefined_split": "peu.images.splits",
    "read_noise": "peu.recipes.noise",
    "run_lab": "peu.lab.run",
    "study_kl_weights": "peu.comparison.kl_weights",
    "write_lab": "peu.lab.page",
    "write_report": "peu.reports.comparison_report",
}

__all__ = [
    "Augmentation",
    "Autoencoder",
    "AutoencoderRecipe",
    "BundleError",
    "Choice",
    "Classifier",
    "Comparison",
    "DataError",
    "Denoising",
    "Ensemble",
    "Evaluation",
    "FineTune",
    "FisherVectors",
    "HogSVM",
    "ImageDataset",
    "LabSettings",
    "PeuError",
    "Prediction",
    "Recipe",
    "RecipeError",
    "ResourceError",
    "SearchSpace",
    "SmallCNN",
    "SmallResNet",
    "Split",
    "TrainingSettings",
    "Transfer",
    "Trial",
    "TunedCNN",
    "Variational",
    "__version__",
    "choose_recipe",
    "compare",
    "denoise",
    "describe_dataset",
    "evaluate",
    "evaluate_denoiser",
    "evaluate_variational",
    "fit_autoencoder",
    "fit_classifier",
    "load_dataset",
    "make_holdout",
    "make_splits",
    "open_dataset",
    "predefined_split",
    "read_noise",
    "run_lab",
    "study_kl_weights",
    "write_lab",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module 'peu' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
