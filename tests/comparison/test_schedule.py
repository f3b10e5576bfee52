"""The order of trials, and what is compared where time ran out."""

import time
from collections.abc import Sequence

import numpy as np
import pytest

from peu.classifiers.base import ImageClassifier
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.comparison.schedule import TimeBudget, in_order_of_cost, left_out_sentence, within_time
from peu.comparison.trial import TrialTask
from peu.images.splits import Split

SPLITS = tuple(
    Split(train=np.arange(2), test=np.arange(2, 4), repeat=repeat, fold=fold, seed=0)
    for repeat in range(2)
    for fold in range(3)
)


def _tasks(*recipes: ImageClassifier) -> list[TrialTask]:
    return [
        TrialTask(recipe=recipe, split=split, file=None) for recipe in recipes for split in SPLITS
    ]


def _runs(tasks: Sequence[TrialTask]) -> list[tuple[str, int]]:
    order = [(task.recipe.name, task.split.repeat) for task in tasks]
    return list(dict.fromkeys(order))


def test_cheap_recipes_come_first() -> None:
    tasks = _tasks(FisherVectors(), HogSVM())
    whole = [task.recipe.name for task in in_order_of_cost(tasks, by_repeat=False)]
    assert whole == ["hog"] * 6 + ["fisher"] * 6
    by_repeat = in_order_of_cost(tasks, by_repeat=True)
    assert _runs(by_repeat) == [("hog", 0), ("fisher", 0), ("hog", 1), ("fisher", 1)]


def test_what_runs_side_by_side_is_done_sooner() -> None:
    budget, tasks = TimeBudget(), _tasks(FisherVectors(), HogSVM())
    fisher, hog = tasks[:6], tasks[6:]
    budget.add(FisherVectors(), 8.0)
    budget.add(HogSVM(), 2.0)
    assert budget.left(tasks) == 6 * 8 + 6 * 2
    budget.share(fisher, 4)
    assert budget.is_shared(FisherVectors())
    assert not budget.is_shared(HogSVM())
    assert budget.left(tasks) == 6 * 8 / 4 + 6 * 2
    # One trial takes its time, however many processes there are.
    assert budget.left(fisher[:1]) == 8
    budget.share(hog, 4)
    assert budget.left([*fisher[:2], *hog]) == 8
    assert budget.left([]) == 0


@pytest.mark.parametrize(
    ("done", "kept", "splits", "left"),
    [
        ((6, 6), ("hog", "fisher"), 6, []),
        ((6, 5), ("hog", "fisher"), 3, [None]),
        ((6, 2), ("hog",), 6, ["fisher"]),
        ((3, 0), ("hog",), 3, ["fisher", None]),
        ((2, 0), ("hog",), 2, ["fisher", None]),
        ((1, 0), (), 0, ["hog", "fisher"]),
        ((0, 0), (), 0, ["hog", "fisher"]),
    ],
)
def test_recipes_are_compared_on_whole_repeats_that_all_of_them_finished(
    done: tuple[int, int], kept: tuple[str, ...], splits: int, left: list[str | None]
) -> None:
    finished = {name: SPLITS[:count] for name, count in zip(("hog", "fisher"), done, strict=True)}
    names, chosen, left_out = within_time(("hog", "fisher"), SPLITS, finished, "10 min")
    assert names == kept
    assert chosen == SPLITS[:splits]
    assert [each.name for each in left_out] == left
    sentence = left_out_sentence(left_out)
    assert bool(sentence) == bool(left)
    for each in left_out:
        assert each.reason in sentence


def test_a_trial_begins_only_if_it_would_end_in_time() -> None:
    hog, transfer = _tasks(HogSVM())[0], _tasks(Transfer())[0]
    assert TimeBudget().may_begin(transfer)
    budget = TimeBudget(time.monotonic() + 20)
    assert budget.may_begin(hog)
    assert budget.may_begin(transfer)
    # The first trial filled the cache: the others take as long as the quickest.
    for seconds in (60, 2):
        budget.add(transfer.recipe, seconds)
    assert budget.expected(transfer) == 2
    assert budget.may_begin(transfer)
    budget.add(hog.recipe, 30)
    assert not budget.may_begin(hog)
    assert not TimeBudget(time.monotonic()).may_begin(hog)
