"""Learn image models from few pictures, and say honestly how good they are."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peu.autoencoding.denoise import denoise
    from peu.autoencoding.fit import fit_autoencoder
    from peu.data.catalog import open_dataset
    from peu.data.checks import describe_dataset
    from peu.data.dataset import ImageDataset, load_dataset
    from peu.data.splits import Split, make_holdout, make_splits, predefined_split
    from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError
    from peu.evaluation.metrics import Evaluation
    from peu.experiments.choice import Choice, choose_recipe
    from peu.experiments.coefficients import study_coefficients
    from peu.experiments.compare import compare
    from peu.experiments.comparison import Comparison
    from peu.experiments.denoising import evaluate_denoiser
    from peu.experiments.evaluate import evaluate
    from peu.experiments.latent import evaluate_variational
    from peu.experiments.trial import Trial
    from peu.fitted.autoencoder import Autoencoder
    from peu.fitted.classifier import Classifier, Prediction
    from peu.lab.page import write_lab
    from peu.lab.run import run_lab
    from peu.lab.settings import LabSettings
    from peu.recipes.augmentation import Augmentation
    from peu.recipes.augmented import Augmented
    from peu.recipes.autoencoders import AutoencoderRecipe
    from peu.recipes.denoising import Denoising
    from peu.recipes.descriptors import Descriptors
    from peu.recipes.ensemble import Ensemble
    from peu.recipes.finetune import FineTune
    from peu.recipes.fisher import FisherVectors
    from peu.recipes.frozen import FrozenFeatures
    from peu.recipes.noise import read_noise
    from peu.recipes.registry import Recipe
    from peu.recipes.scratch import Scratch
    from peu.recipes.search_space import SearchSpace
    from peu.recipes.training import TrainingSettings
    from peu.recipes.tuned import Tuned
    from peu.recipes.variational import Variational
    from peu.reporting.comparison_report import write_report
    from peu.strategies.fit import fit_classifier

__version__ = "0.1.0"

# NumPy and Keras take seconds to start; a name is loaded when it is first asked for (PEP 562).
_HOMES = {
    "Augmentation": "peu.recipes.augmentation",
    "Augmented": "peu.recipes.augmented",
    "Autoencoder": "peu.fitted.autoencoder",
    "AutoencoderRecipe": "peu.recipes.autoencoders",
    "BundleError": "peu.errors",
    "Choice": "peu.experiments.choice",
    "Classifier": "peu.fitted.classifier",
    "Comparison": "peu.experiments.comparison",
    "DataError": "peu.errors",
    "Denoising": "peu.recipes.denoising",
    "Descriptors": "peu.recipes.descriptors",
    "Ensemble": "peu.recipes.ensemble",
    "Evaluation": "peu.evaluation.metrics",
    "FineTune": "peu.recipes.finetune",
    "FisherVectors": "peu.recipes.fisher",
    "FrozenFeatures": "peu.recipes.frozen",
    "ImageDataset": "peu.data.dataset",
    "LabSettings": "peu.lab.settings",
    "PeuError": "peu.errors",
    "Prediction": "peu.fitted.classifier",
    "Recipe": "peu.recipes.registry",
    "RecipeError": "peu.errors",
    "ResourceError": "peu.errors",
    "Scratch": "peu.recipes.scratch",
    "SearchSpace": "peu.recipes.search_space",
    "Split": "peu.data.splits",
    "TrainingSettings": "peu.recipes.training",
    "Trial": "peu.experiments.trial",
    "Tuned": "peu.recipes.tuned",
    "Variational": "peu.recipes.variational",
    "choose_recipe": "peu.experiments.choice",
    "compare": "peu.experiments.compare",
    "denoise": "peu.autoencoding.denoise",
    "describe_dataset": "peu.data.checks",
    "evaluate": "peu.experiments.evaluate",
    "evaluate_denoiser": "peu.experiments.denoising",
    "evaluate_variational": "peu.experiments.latent",
    "fit_autoencoder": "peu.autoencoding.fit",
    "fit_classifier": "peu.strategies.fit",
    "load_dataset": "peu.data.dataset",
    "make_holdout": "peu.data.splits",
    "make_splits": "peu.data.splits",
    "open_dataset": "peu.data.catalog",
    "predefined_split": "peu.data.splits",
    "read_noise": "peu.recipes.noise",
    "run_lab": "peu.lab.run",
    "study_coefficients": "peu.experiments.coefficients",
    "write_lab": "peu.lab.page",
    "write_report": "peu.reporting.comparison_report",
}

__all__ = [
    "Augmentation",
    "Augmented",
    "Autoencoder",
    "AutoencoderRecipe",
    "BundleError",
    "Choice",
    "Classifier",
    "Comparison",
    "DataError",
    "Denoising",
    "Descriptors",
    "Ensemble",
    "Evaluation",
    "FineTune",
    "FisherVectors",
    "FrozenFeatures",
    "ImageDataset",
    "LabSettings",
    "PeuError",
    "Prediction",
    "Recipe",
    "RecipeError",
    "ResourceError",
    "Scratch",
    "SearchSpace",
    "Split",
    "TrainingSettings",
    "Trial",
    "Tuned",
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
    "study_coefficients",
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
