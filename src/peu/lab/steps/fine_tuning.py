"""Section 1.6: backbone and MLP as one network, tested as it is, then trained on."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from peu.classifiers.base import FloatArray
from peu.classifiers.finetune import FineTune
from peu.classifiers.transfer import Transfer
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.lab.backbone import students_head
from peu.lab.context import LabContext
from peu.lab.trials import Paired, Score, TrialFindings, fit_findings, score, tested_figures
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.6 found.

    Attributes:
        used: the pretrained network.
        assembled: score of backbone and MLP as one network, before further training.
        separate: score of features and MLP apart.
        largest_difference: between a probability of one and of the other.
        parameters: of the assembled network.
        head_parameters: of the MLP.
        rate: learning rate of the last layers.
        earliest_rate: of the first unfrozen layers, as a share of `rate`.
        batch_norm: whether the pretrained network has batch normalisation.
        epochs: of further training, of the fine-tuning and of the control.
        control: the MLP trained for as many further epochs with the network frozen.
        trials: fine-tunings from the MLP of section 1.5: "always" unfreezes; "better" lets inner
            folds decide, unless the lab is quick.
    """

    used: str
    assembled: Score
    separate: Score
    largest_difference: float
    parameters: int
    head_parameters: int
    rate: float
    earliest_rate: float
    batch_norm: bool
    epochs: int
    control: TrialFindings
    trials: dict[str, TrialFindings]

    @property
    def tuned(self) -> TrialFindings:
        """The fine-tuning that unfreezes in any case."""
        return self.trials["always"]

    @property
    def start(self) -> Score:
        """Score before the last stage was unfrozen."""
        tested = self.tuned.tested
        return Score(correct=round((self.tuned.phases[0].accuracy or 0.0) * tested), tested=tested)

    @property
    def beside_control(self) -> Paired:
        """The fine-tuned network beside the control, image by image."""
        return self.tuned.beside(self.control)


def measure(lab: LabContext) -> Findings:
    """Assemble, test, unfreeze the last stage, train, and ask inner folds whether it helps."""
    from peu.networks.layers import has_batch_norm

    mlp = students_head(lab)
    fitted = lab.fit(mlp)
    separate, assembled = (
        each.predict_proba(lab.test_images) for each in (fitted, fitted.predictor())
    )
    training = TrainingSettings(
        epochs=lab.settings.budget.tuning_epochs, batch_size=16, learning_rate=1e-4
    )
    shared = {**mlp.get_params(deep=False), "training": training}
    recipes = [FineTune(**{**shared, "name": "always", "keep": "always"})]
    if not lab.settings.quick:
        recipes.append(FineTune(**{**shared, "name": "better", "keep": "better"}))
    return Findings(
        used=Path(mlp.backbone).name,
        assembled=Score(**score(_evaluate(lab, assembled))),
        separate=Score(**score(_evaluate(lab, separate))),
        largest_difference=float(np.abs(assembled - separate).max()),
        parameters=fitted.n_parameters_,
        head_parameters=fitted.n_trainable_parameters_,
        rate=training.learning_rate,
        earliest_rate=recipes[0].earliest_rate,
        batch_norm=has_batch_norm(mlp.keras_extractor().network),
        epochs=training.epochs,
        control=_control(lab, mlp, training),
        trials={recipe.name: _tune(lab, recipe) for recipe in recipes},
    )


def _control(lab: LabContext, mlp: Transfer, training: TrainingSettings) -> TrialFindings:
    """Train the MLP as much longer as the fine-tuning, on features that stay as they are."""
    from peu.networks.fit import fit_network
    from peu.networks.inference import run_in_batches

    started = time.perf_counter()
    fitted = lab.fit(mlp)
    head = fitted.head_.keras_network
    history = fit_network(
        head,
        fitted.features(lab.training_images),
        np.asarray(lab.training_images.labels),
        training,
        seed=child_seed(lab.settings.seed, "control"),
        validation=(fitted.features(lab.test_images), np.asarray(lab.test_images.labels)),
        phase="Training control",
    )
    (found,) = run_in_batches(head, fitted.features(lab.test_images))
    return TrialFindings(
        **tested_figures("control", _evaluate(lab, found.astype(np.float64))),
        seconds=time.perf_counter() - started,
        parameters=fitted.n_parameters_,
        trainable_parameters=fitted.n_trainable_parameters_,
        history=dict(history.metrics),
    )


def _tune(lab: LabContext, recipe: FineTune) -> TrialFindings:
    started = time.perf_counter()
    fitted = lab.fit(recipe)
    evaluation = _evaluate(lab, fitted.predict_proba(lab.test_images))
    return fit_findings(fitted, evaluation, seconds=time.perf_counter() - started)


def _evaluate(lab: LabContext, probabilities: FloatArray) -> Evaluation:
    return evaluate_predictions(
        np.asarray(lab.test_images.labels), probabilities, lab.images.class_names
    )
