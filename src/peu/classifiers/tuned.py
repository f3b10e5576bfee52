"""From a search: the sheet's family of networks, tuned strictly inside the training images."""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu import __version__
from peu.classifiers.configurations import configure, in_words, ranges_of, starting_point
from peu.classifiers.fitted_recipe import FittedRecipe, Indices, TrainingPart
from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.labels import labels_of
from peu.classifiers.proposals import importance_of
from peu.classifiers.scratch import fit_scratch
from peu.classifiers.search import Verdict, Watch, run_search
from peu.classifiers.search_record import Push, Search, Settings, best_of
from peu.files import canonical_json, sha256_of_text
from peu.images.dataset import ImageDataset
from peu.recipes.registry import recipe_to_dict
from peu.recipes.scratch import SmallCNN
from peu.recipes.tuned import TunedCNN
from peu.seeds import child_seed

Folds = Sequence[tuple[Indices, Indices]]
_LOOKS_A_FOLD = 3
_LOOKS_OF_A_PUSH = 40
# They say how long and under which name to search, and not how a configuration does.
_NOT_OF_THE_SEARCH = ("name", "trials", "tuning_time", "refit_factor", "push")


def fit_tuned(
    recipe: TunedCNN,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Search on inner folds of the training images, then train the best on all of them.

    Args:
        recipe: what to search, and for how long.
        dataset: labelled images.
        part: which of them to learn from. With a folder, the search is kept there and goes on
            where it was.

    Returns:
        The fitted recipe, with its search.

    Raises:
        RecipeError: the training of the chosen configuration diverged.
        ResourceError: the folder cannot be written.
    """
    labels = labels_of(dataset)[part.train]
    folds = list(
        inner_folds(labels, part.groups[part.train], seed=child_seed(part.seed, "inner folds"))
    )[: recipe.inner_folds]
    ranges = ranges_of(recipe)
    start = starting_point(ranges)
    trials, ended_by, notes = run_search(
        ranges,
        functools.partial(_judge, recipe, dataset, part, folds),
        start=start,
        trials=recipe.trials if folds else 0,
        time_limit=recipe.tuning_time,
        seed=child_seed(part.seed, "search"),
        file=_file(recipe, dataset, part),
        stage=f"Searching {recipe.name}",
    )
    best = best_of(trials)
    chosen = _for_longer(
        recipe, configure(recipe, start if best is None else trials[best].settings)
    )
    fitted = fit_scratch(chosen, dataset, part)
    search = Search(
        trials=trials,
        best=best,
        chosen=chosen,
        importance=importance_of(trials, ranges),
        ended_by=ended_by,
        push=None if recipe.push is None else _push(chosen, recipe.push, dataset, part, folds),
    )
    return dataclasses.replace(
        fitted,
        assemble=lambda: dataclasses.replace(fitted.assemble(), recipe=recipe),
        search=search,
        notes=(*notes, _note(search, judged=bool(folds)), *fitted.notes),
    )


def _for_longer(recipe: TunedCNN, judged: SmallCNN) -> SmallCNN:
    if recipe.epochs is not None:
        return judged
    training = judged.training
    return dataclasses.replace(
        judged,
        training=dataclasses.replace(training, epochs=training.epochs * recipe.refit_factor),
    )


def _judge(
    recipe: TunedCNN,
    dataset: ImageDataset,
    part: TrainingPart,
    folds: Folds,
    settings: Settings,
    watch: Watch,
) -> Verdict:
    configuration = configure(recipe, settings)
    epochs = configuration.training.epochs
    configuration = dataclasses.replace(
        configuration,
        training=dataclasses.replace(
            configuration.training, watch_every=math.ceil(epochs / _LOOKS_A_FOLD)
        ),
    )
    labels = labels_of(dataset)
    losses: list[NDArray[np.float64]] = []
    right: list[NDArray[np.bool_]] = []
    for number, (fit, judge) in enumerate(folds):
        held_out = part.train[judge]

        def after_epoch(epoch: int, metrics: Mapping[str, float], number: int = number) -> None:
            look = metrics.get("watched_loss")
            if look is not None:
                look = float(np.mean([*(each.mean() for each in losses), look]))
            watch(number * epochs + epoch, look)

        fitted = fit_scratch(
            configuration,
            dataset,
            # The same for every configuration: that they differ is not to be luck.
            TrainingPart(
                train=part.train[fit],
                groups=part.groups,
                watched=held_out,
                seed=child_seed(part.seed, "inner fold", number),
            ),
            after_epoch=after_epoch,
        )
        answers = fitted.predict_indices(held_out)
        truth = answers[np.arange(len(held_out)), labels[held_out]]
        losses.append(-np.log(np.maximum(truth, 1e-12)))
        right.append(answers.argmax(axis=1) == labels[held_out])
    every = np.concatenate(losses)
    return Verdict(
        log_loss=float(every.mean()),
        standard_error=float(every.std(ddof=1) / math.sqrt(len(every))) if len(every) > 1 else 0.0,
        accuracy=float(np.concatenate(right).mean()),
    )


def _push(
    chosen: SmallCNN,
    factor: int,
    dataset: ImageDataset,
    part: TrainingPart,
    folds: Folds,
) -> Push:
    """Train the chosen configuration for longer, and watch images that it does not learn from.

    Those are the test images of a comparison. Where there are none, as when all images are
    learnt from, the first inner fold is held out.
    """
    if part.watched is None and folds:
        fit, judge = folds[0]
        part = dataclasses.replace(part, train=part.train[fit], watched=part.train[judge])
    epochs = chosen.training.epochs * factor
    longer = dataclasses.replace(
        chosen,
        name=f"{chosen.name} pushed",
        training=dataclasses.replace(
            chosen.training, epochs=epochs, watch_every=max(1, epochs // _LOOKS_OF_A_PUSH)
        ),
    )
    history = fit_scratch(longer, dataset, part).history
    return Push(factor=factor, epochs=chosen.training.epochs, metrics=history.metrics)


def _file(recipe: TunedCNN, dataset: ImageDataset, part: TrainingPart) -> Path | None:
    """Name the file of a search by everything that its trials depend on."""
    if part.folder is None:
        return None
    settings = {
        name: value
        for name, value in recipe_to_dict(recipe).items()
        if name not in _NOT_OF_THE_SEARCH
    }
    essence = [__version__, dataset.fingerprint, settings, part.train.tolist(), part.seed]
    return part.folder / f"{sha256_of_text(canonical_json(essence))}.json"


def _note(search: Search, *, judged: bool) -> str:
    words = in_words(search.chosen)
    if not judged:
        return f"Too few images a class to judge a configuration on inner folds: took {words}."
    if search.best is None:
        return f"Not one configuration could be judged in the time for tuning: took {words}."
    best = search.trials[search.best]
    epochs, judged_with = search.chosen.training.epochs, best.settings.get("epochs")
    longer = (
        ""
        if judged_with in (None, epochs)
        else f" Trained for {epochs} epochs, and judged with {judged_with:.0f}."
    )
    ended = " when the time for tuning was up" if search.ended_by == "time" else ""
    return (
        f"Inner folds chose {words} (log loss {best.log_loss:.2f}) among "
        f"{len(search.trials)} configurations{ended}; {len(search.near_best)} of them were as good "
        f"within one standard error.{longer}"
    )
