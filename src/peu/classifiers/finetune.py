"""From a pretrained backbone whose last stages learn too, where inner folds say that it helps."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.fitted_recipe import FittedRecipe, HeldOut, Indices, Phase, TrainingPart
from peu.classifiers.frozen import FittedHead, extract_features, fit_head, put_on
from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.labels import labels_of
from peu.classifiers.unfrozen import Learner, open_workbench
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.network import NetworkModel
from peu.recipes.finetune import FineTune
from peu.recipes.frozen import Transfer
from peu.seeds import child_seed

Array = NDArray[np.float64]
# How far from the weights before fine-tuning to those after; half-way is WiSE-FT's cheap guard.
_SHARES = (0.5, 1.0)
# From so many images on, one inner fold judges as well as three, in a third of the time.
_MANY = 1000


@dataclass(frozen=True, eq=False)
class _Choice:
    """Hold how long to fine-tune and how much of it to keep; no epochs are the head alone.

    Attributes:
        epochs: how many.
        share: of the way from the weights before to those after, in (0, 1].
        log_loss: of images held out, in nats; NaN where none were.
        head_log_loss: the same of the head alone.
        held_out: the answers that this choice was made by.
    """

    epochs: int
    share: float
    log_loss: float = math.nan
    head_log_loss: float = math.nan
    held_out: HeldOut | None = None


def fit_finetune(
    recipe: FineTune,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Train a head on frozen features, then the backbone's last stages along with it.

    Args:
        recipe: backbone, head, and what learns at which rate.
        dataset: labelled images.
        part: which of them to learn from.

    Returns:
        The fitted recipe. Where inner folds keep the head alone, it answers as `fit_frozen`'s.

    Raises:
        BundleError: the backbone's file is damaged or no backbone.
        RecipeError: no such backbone, or the training diverged.
        ResourceError: its weights are not here and could not be downloaded.
    """
    frozen = head_recipe(recipe)
    network, features = extract_features(frozen, dataset)
    labels = labels_of(dataset)
    class_count = len(dataset.class_names)

    def fit_a_head(part: TrainingPart) -> FittedHead:
        return fit_head(frozen, features, labels, part, class_count=class_count)

    height, width = network.input_shape[1:3]
    bench = open_workbench(recipe, dataset, (int(height), int(width)))
    choice = _Choice(recipe.training.epochs, 1.0)
    if recipe.keep == "better":
        trainings = []
        for number, (fit, judge) in enumerate(_folds(labels, part)):
            inner = TrainingPart(
                train=fit, groups=part.groups, seed=child_seed(part.seed, "fold", number)
            )
            learner = bench.learner(fit_a_head(inner).network)
            trainings.append((judge, _try_out(recipe, learner, labels, inner, judge)))
        choice = _choose(trainings, labels)

    head = fit_a_head(part)
    learner = bench.learner(head.network)
    phases = [_phase("head", int(head.network.count_params()), learner, labels, part.watched)]
    history, notes = head.history, (*head.notes, _said(choice))
    classifier_network = put_on(network, head.network)
    if choice.epochs:
        before = learner.weights()
        history = learner.train(
            labels,
            part,
            epochs=choice.epochs,
            watch=True,
            stage=f"Fine-tuning {recipe.name}",
        )
        learner.blend(before, choice.share)
        phases.append(
            _phase(bench.unfrozen, learner.trainable_parameters, learner, labels, part.watched)
        )
        notes = (*notes, *history.notes)
    total = int(network.count_params()) + int(head.network.count_params())
    return FittedRecipe(
        predict_indices=learner.answer,
        assemble=lambda: Classifier(
            model=NetworkModel(
                put_on(learner.features(), head.network) if choice.epochs else classifier_network
            ),
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
            history=history,
        ),
        parameters=total,
        trainable_parameters=phases[-1].trainable_parameters,
        history=history,
        notes=notes,
        phases=tuple(phases),
        held_out=choice.held_out,
    )


def head_recipe(recipe: FineTune) -> Transfer:
    """Give the recipe of the head alone: the same backbone and head, nothing unfrozen."""
    shared = {
        setting.name: getattr(recipe, setting.name)
        for setting in dataclasses.fields(Transfer)
        if setting.name != "training"
    }
    return Transfer(**shared, training=recipe.head_training)


def _folds(labels: NDArray[np.int64], part: TrainingPart) -> list[tuple[Indices, Indices]]:
    """Give inner folds as indices of images in the set."""
    folds = inner_folds(
        labels[part.train], part.groups[part.train], seed=child_seed(part.seed, "inner folds")
    )
    most = 1 if len(part.train) >= _MANY else None
    return [(part.train[fit], part.train[judge]) for fit, judge in folds][:most]


def _try_out(
    recipe: FineTune,
    learner: Learner,
    labels: NDArray[np.int64],
    part: TrainingPart,
    judge: Indices,
) -> dict[tuple[int, float], Array]:
    """Fine-tune, and give the answers for held-out images by epochs and share."""
    before = learner.weights()
    answers = {(0, 1.0): learner.answer(judge)}

    def look(epoch: int, _: Mapping[str, float]) -> None:
        after = learner.weights()
        for share in _SHARES:
            learner.blend(before, share)
            answers[epoch, share] = learner.answer(judge)
            learner.restore(after)

    learner.train(
        labels,
        part,
        epochs=recipe.training.epochs,
        after_epoch=look,
        stage=f"Inner folds of {recipe.name}",
    )
    return answers


def _choose(
    trainings: Sequence[tuple[Indices, dict[tuple[int, float], Array]]],
    labels: NDArray[np.int64],
) -> _Choice:
    """Take what answered best for images held out: the head alone where nothing did better."""
    if not trainings:
        return _Choice(0, 1.0)
    indices = np.concatenate([judge for judge, _ in trainings])
    # A time limit may have ended one training before another.
    tried = set.intersection(*(set(answers) for _, answers in trainings))
    joined = {
        key: np.concatenate([answers[key] for _, answers in trainings]) for key in sorted(tried)
    }
    losses = {key: _log_loss(answers, labels[indices]) for key, answers in joined.items()}
    best = min(losses, key=lambda key: losses[key])
    return _Choice(
        *best,
        log_loss=losses[best],
        head_log_loss=losses[0, 1.0],
        held_out=HeldOut(indices, joined[best]),
    )


def _log_loss(probabilities: Array, labels: NDArray[np.int64]) -> float:
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def _phase(
    name: str,
    trainable_parameters: int,
    learner: Learner,
    labels: NDArray[np.int64],
    watched: Indices | None,
) -> Phase:
    if watched is None or len(watched) == 0:
        return Phase(name=name, trainable_parameters=trainable_parameters)
    answers = learner.answer(watched)
    return Phase(
        name=name,
        trainable_parameters=trainable_parameters,
        accuracy=float(np.mean(answers.argmax(axis=1) == labels[watched])),
        log_loss=_log_loss(answers, labels[watched]),
    )


def _said(choice: _Choice) -> str:
    if math.isnan(choice.log_loss):
        if choice.epochs:
            return "Fine-tuned for all epochs, as asked."
        return "Too few images a class to ask inner folds for fine-tuning: the head alone."
    figures = f"log loss {choice.log_loss:.3f} on images held out"
    if not choice.epochs:
        return f"Inner folds kept the head alone ({figures}): no fine-tuning did better."
    way = "whole" if choice.share == 1 else f"{choice.share:.0%} of"
    return (
        f"Inner folds chose {choice.epochs} epoch{'s' * (choice.epochs > 1)} of fine-tuning and "
        f"the {way} way to its weights ({figures}; the head alone {choice.head_log_loss:.3f})."
    )
