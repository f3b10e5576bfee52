"""Section 1.6: backbone and MLP as one network, tested as it is, then trained on."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from peu.classifiers.base import FloatArray
from peu.classifiers.finetune import FineTune
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.lab.backbone import pretrained
from peu.lab.context import LabContext
from peu.lab.trials import Score, TrialFindings, fit_findings, score
from peu.networks.training_settings import TrainingSettings

# Images of difference that are not called one.
_FEW = 3


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
    def outcome(self) -> Literal["frozen_is_as_good", "helps", "harms"]:
        """What unfreezing did to the number of right answers."""
        difference = self.tuned.correct - self.start.correct
        if abs(difference) <= _FEW:
            return "frozen_is_as_good"
        return "helps" if difference > 0 else "harms"


def measure(lab: LabContext) -> Findings:
    """Assemble, test, unfreeze the last stage, train, and ask inner folds whether it helps."""
    mlp = pretrained(lab)
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
        trials={recipe.name: _tune(lab, recipe) for recipe in recipes},
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
