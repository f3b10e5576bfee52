"""Three sentences on a comparison: each rule for the next step, and what it names."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from peu.checks.shortcuts import Shortcut
from peu.classifiers.hog import HogSVM
from peu.comparison.comparison import Comparison, RecipeSummary
from peu.comparison.label_errors import LabelErrors
from peu.comparison.overview import Overview, overview
from peu.comparison.trial import Trial
from peu.evaluation.label_errors import SuspectedLabel
from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import Split
from small_set import PLAIN

FAST, BEST = HogSVM(name="fast"), PLAIN.__sklearn_clone__()


def _comparison(
    images: ImageDataset,
    *,
    wrong: tuple[int, ...] = (),
    accuracy: Interval | None = None,
    better: bool = True,
    suspects: int = 0,
    shortcuts: tuple[Shortcut, ...] = (),
) -> Comparison:
    """`hog`, the best, is wrong on some images, and `fast` is slightly worse."""
    labels = np.asarray(images.labels)
    answers = labels.copy()
    answers[list(wrong)] = (answers[list(wrong)] + 1) % len(images.class_names)
    splits = [
        Split(
            train=np.flatnonzero(np.arange(len(labels)) % 2 != fold),
            test=np.flatnonzero(np.arange(len(labels)) % 2 == fold),
            repeat=0,
            fold=fold,
            seed=fold,
        )
        for fold in (0, 1)
    ]
    trials = [
        Trial(
            recipe=recipe,
            split=split,
            labels=labels[split.test],
            probabilities=0.8 * np.eye(len(images.class_names))[answers[split.test]]
            + 0.2 / len(images.class_names),
            class_names=images.class_names,
            seconds=1.0,
            parameters=10,
            trainable_parameters=10,
        )
        for recipe in (BEST, FAST)
        for split in splits
    ]
    mean = 1 - len(wrong) / len(labels)
    own = accuracy or Interval(mean, max(0.0, mean - 0.1), 1.0)
    found = Comparison(
        dataset=images,
        splits=tuple(splits),
        folds=2,
        repeats=1,
        seed=0,
        groups=images.groups,
        trials=tuple(trials),
        summaries=(
            RecipeSummary("hog", BEST, {"accuracy": own, "balanced_accuracy": own}, 9.0, 10, 10),
            RecipeSummary("fast", FAST, {"accuracy": own}, 1.0, 10, 10),
        ),
        paired=(
            PairedDifference(
                "hog",
                "fast",
                Interval(0.02, -0.01, 0.05),
                0.3,
                better,
                0.9995 if better else 0.7,
                0.1,
            ),
        ),
        failures=(),
        verdict="",
        provenance={},
    )
    listed = tuple(SuspectedLabel(at, 0, 1, 0.01, 0.9) for at in range(suspects))
    nearest: tuple[tuple[int, ...], ...] = ((),) * suspects
    errors = LabelErrors(images, listed, nearest, len(labels), "a test")
    # What is computed once and kept is put in the place where it is kept.
    found.__dict__.update(label_errors=errors, shortcuts=shortcuts)
    return found


def _told(comparison: Comparison) -> Overview:
    found = overview(comparison)
    assert found is not None
    return found


def test_the_class_of_the_lowest_recall_is_what_more_is_wanted_of(dataset: ImageDataset) -> None:
    # Images 8 to 15 are anchors; three of them are taken for barrels.
    told = _told(_comparison(dataset, wrong=(8, 9, 10, 30), suspects=0))
    assert told.rule == "more_images"
    assert told.next_step.startswith("Take about 10 more images of `anchor`")
    assert "5 of 8 (62%, 95% interval " in told.next_step
    assert told.next_step.endswith("mostly taken for `barrel`.")


def test_two_classes_that_are_recognised_equally_badly_are_both_named(
    dataset: ImageDataset,
) -> None:
    told = _told(_comparison(dataset, wrong=(8, 9, 24, 25)))
    assert "15 more images of `anchor` and `binocular`" in told.next_step
    assert "12 of 16" in told.next_step


@pytest.mark.parametrize(("suspects", "rule"), [(1, "relabel"), (0, "more_images")])
def test_labels_that_look_wrong_come_before_more_images(
    dataset: ImageDataset, suspects: int, rule: str
) -> None:
    told = _told(_comparison(dataset, wrong=(8, 9, 10), suspects=suspects))
    assert told.rule == rule
    assert (dataset.keys[0] in told.next_step) == (rule == "relabel")


def test_one_suspect_among_many_mistakes_is_not_the_first_thing_to_do(
    dataset: ImageDataset,
) -> None:
    assert _told(_comparison(dataset, wrong=tuple(range(11)), suspects=1)).rule == "more_images"


@pytest.mark.parametrize(
    ("cue", "recognised", "rule"),
    [
        ("corner colour", 8, "shortcut"),
        ("corner colour", 6, "more_images"),
        ("mean colour", 8, "more_images"),
    ],
)
def test_a_shortcut_is_named_where_it_gives_a_class_away(
    dataset: ImageDataset, cue: str, recognised: int, rule: str
) -> None:
    found = Shortcut(cue, 0.5, 0.4, 0.6, 0.3, 0.001, "accordion", recognised, 8, 9)
    told = _told(_comparison(dataset, wrong=(8,), shortcuts=(found,)))
    assert told.rule == rule
    named = "corner colour alone recognises 8 of 8 images of class `accordion`" in told.next_step
    assert named == (rule == "shortcut")


@pytest.mark.parametrize(("better", "taken"), [(True, "hog"), (False, "fast")])
def test_without_mistakes_the_fastest_of_the_best_is_taken(
    dataset: ImageDataset, better: bool, taken: str
) -> None:
    told = _told(_comparison(dataset, better=better))
    assert told.rule == "use_recipe"
    assert told.next_step.startswith(f"Take {taken} and train it")
    sure = "all but certain" if better else "not proved, only 70% probable"
    assert told.how_sure.endswith(f"that it is better than fast is {sure}.")


def test_good_enough_is_good_enough(dataset: ImageDataset) -> None:
    sure = Interval(0.98, 0.96, 0.99)
    assert _told(_comparison(dataset, wrong=(8,), accuracy=sure)).rule == "use_recipe"


def test_where_nothing_was_learnt_no_recipe_is_praised(dataset: ImageDataset) -> None:
    told = _told(_comparison(dataset, wrong=tuple(range(24)), accuracy=Interval(0.25, 0.1, 0.45)))
    assert told.rule == "nothing_learnt"
    assert told.how_good.startswith("Nothing was learnt")
    assert "better than" not in told.how_sure
    assert told.to_dict()["rule"] == "nothing_learnt"


def test_without_a_recipe_there_is_nothing_to_say(dataset: ImageDataset) -> None:
    none = dataclasses.replace(_comparison(dataset), summaries=(), trials=(), paired=())
    assert overview(none) is None


def test_black_corners_of_real_photos_are_found(peu_data: Path, tmp_path: Path) -> None:
    for name in ("accordion", "anchor"):
        (tmp_path / name).mkdir()
        for file in sorted((peu_data / "caltech4" / name).iterdir())[:20]:
            shutil.copy(file, tmp_path / name)
    photos = load_images(tmp_path)
    comparison = dataclasses.replace(_comparison(photos), seed=1)
    comparison.__dict__["label_errors"] = None
    told = _told(comparison)
    assert told.rule == "shortcut"
    assert "corner colour alone recognises" in told.next_step
    assert "of class `accordion`" in told.next_step
