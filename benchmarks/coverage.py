"""How often intervals hold the truth, and how often verdicts are right, on draws of real images.

A draw is a task of few classes with few images each. Recipes (least squares on features, all or
squeezed to a few random dimensions, for accuracies from 0.7 to 0.99) are cross-validated on it,
and the truth is the accuracy, balanced over the classes, of the model learnt from all its
images, on all other images of these classes. For `caltech` these are 40 to 200 a class, so the
truth is itself about as uncertain as the estimate: "allowing" widens each interval by the
standard error of that truth. For `mnist` they are about 1,000 a class, and little is allowed.
Least squares has its predictions of every fold in closed form, so that 300 draws take minutes.

An oracle judges the same differences as verdicts do, but knows how far they usually are from the
truth for each pair of recipes: about what the best test of these differences could tell.

PEU_DATA=folder python benchmarks/coverage.py [--source caltech|mnist] [--draws 300] [--classes 4]
    [--images 35] [--schemes 5x2,3x1] [--seed 0] [--cluster auto]
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from coverage_tasks import POOLS, RECIPES, LeastSquares, Pool, Recipe, Task
from peu.evaluation.image_intervals import (
    ImageSample,
    mean_interval,
    paired_difference,
    share_interval,
)
from peu.evaluation.metrics import Evaluation
from peu.evaluation.uncertainty import Interval, corrected_interval

FIRST_MEASURED = {"lite2", "lite0", "lite0 in 12 d", "lite2 in 7 d"}
"""Two backbones, whole and squeezed, with accuracies near 0.98, 0.97, 0.84 and 0.82."""
A_TASK = 10
Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was said of two recipes on one draw: the difference, 0 where none is shown."""

    pair: tuple[str, str]
    truth: float
    truth_error: float
    estimate: float
    told: float
    probability: float
    held: bool
    width: float


Cells = dict[tuple[str, str], dict[str, list[float]]]
Pairs = dict[str, list[Verdict]]


def by_class(correct: Array, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Mean over classes of the share that is right in each, and its standard error.

    The spread of a class is taken as if half an image more had been right, and half one wrong.
    """
    right, count = np.bincount(labels, correct), np.bincount(labels)
    share = (right + 0.5) / (count + 1)
    error = np.sqrt((share * (1 - share) / count).sum()) / len(count)
    return float((right / count).mean()), float(error)


def holds(interval: Interval, truth: float, error: float) -> bool:
    """Whether an interval holds a truth with such a standard error, to three digits as printed."""
    low = interval.mean - np.hypot(interval.mean - interval.low, 1.96 * error)
    high = interval.mean + np.hypot(interval.high - interval.mean, 1.96 * error)
    return bool(low - 0.0005 <= truth <= high + 0.0005)


def judge_intervals(
    rest: NDArray[np.int64],
    tests: Sequence[NDArray[np.int64]],
    splits: Sequence[Evaluation],
    truth: Evaluation,
    sample: ImageSample,
    found: dict[str, list[float]],
) -> None:
    """Add whether one recipe's intervals on one draw hold the truth."""
    correct = per_image(tests, [each.correct for each in splits])
    right, error = by_class(truth.correct, rest)
    apart = ImageSample(classes=sample.classes * 0, groups=sample.groups, test_train_ratio=1e-9)
    ratio = sample.test_train_ratio
    made = {
        "shipped": share_interval(correct, sample),
        "folds": corrected_interval([each.accuracy for each in splits], test_train_ratio=ratio),
        "images alone": mean_interval(correct, apart, bounds=(-1, 2)),
    }
    found["truth"].append(right)
    found["error"].append(error)
    found["estimate"].append(made["shipped"].mean)
    for method, interval in made.items():
        found[f"{method} raw"].append(holds(interval, right, 0.0))
        found[f"{method} allowing"].append(holds(interval, right, error))
        found[f"{method} width"].append(interval.high - interval.low)
    for attribute in ("log_losses", "squared_errors"):
        values = per_image(tests, [getattr(each, attribute) for each in splits])
        interval = mean_interval(values, sample, bounds=(0, np.inf))
        own = [getattr(truth, attribute)[rest == label] for label in np.unique(rest)]
        error = np.sqrt(sum(each.var() / len(each) for each in own)) / len(own)
        found[attribute].append(holds(interval, float(np.mean([e.mean() for e in own])), error))


def per_image(tests: Sequence[NDArray[np.int64]], values: Sequence[Array]) -> Array:
    """The mean of each image's values over the repeats."""
    place = np.concatenate(tests)
    return np.asarray(np.bincount(place, np.concatenate(values)) / np.bincount(place), np.float64)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What draws are made of."""

    pool: Pool
    recipes: Sequence[Recipe]
    classes: int
    images: int
    schemes: str
    seed: int


def judged(drawn: Drawn, draws: int, cluster: str | None) -> Iterator[tuple[Cells, Pairs]]:
    """Judge all draws, here or as tasks of a cluster, and yield them in order."""
    some = [range(first, min(first + A_TASK, draws)) for first in range(0, draws, A_TASK)]
    if cluster is None:
        for numbers in some:
            yield from judge_some(drawn, numbers)
        return
    from peu.cluster.connection import connected
    from peu.cluster.trials import in_sentences

    with connected(cluster) as ray, in_sentences(ray):
        shared, remote = ray.put(drawn), ray.remote(judge_some)
        for task in [remote.remote(shared, numbers) for numbers in some]:
            yield from ray.get(task)


def judge_some(drawn: Drawn, draws: range) -> list[tuple[Cells, Pairs]]:
    """The cells and verdicts of each of some draws."""
    return [judge(drawn, draw) for draw in draws]


def judge(drawn: Drawn, draw: int) -> tuple[Cells, Pairs]:
    """The cells and verdicts of one draw."""
    cells: Cells = {}
    pairs: Pairs = {}
    recipes = drawn.recipes
    task = Task(drawn.pool, drawn.classes, drawn.images, np.random.default_rng([drawn.seed, draw]))
    parts = {recipe: task.parts(recipe) for recipe in recipes}
    models = {recipe: LeastSquares(x, task.y, recipe.penalty) for recipe, (x, _) in parts.items()}
    truths = {
        recipe: models[recipe].on_others(rest, task.rest) for recipe, (_, rest) in parts.items()
    }
    for scheme in drawn.schemes.split(","):
        folds, repeats = map(int, scheme.split("x"))
        tests = task.folds(folds, repeats)
        sample = ImageSample(
            classes=task.y, groups=np.arange(len(task.y)), test_train_ratio=1 / (folds - 1)
        )
        correct = {}
        for recipe in recipes:
            splits = models[recipe].left_out(tests)
            correct[recipe] = per_image(tests, [each.correct for each in splits])
            cell = cells.setdefault((scheme, recipe.name), defaultdict(list))
            judge_intervals(task.rest, tests, splits, truths[recipe], sample, cell)
        for first, second in combinations(recipes, 2):
            pair = paired_difference("", "", correct[first], correct[second], sample)
            gaps = truths[first].correct - truths[second].correct
            per_class = [gaps[task.rest == c] for c in np.unique(task.rest)]
            truth = float(np.mean([each.mean() for each in per_class]))
            error = np.sqrt(sum(each.var() / len(each) for each in per_class)) / len(per_class)
            gap = pair.difference
            pairs.setdefault(scheme, []).append(
                Verdict(
                    pair=(first.name, second.name),
                    truth=truth,
                    truth_error=float(error),
                    estimate=gap.mean,
                    told=gap.mean if pair.distinguishable else 0.0,
                    probability=pair.probability,
                    held=holds(gap, truth, max(error, 0.003)),
                    width=gap.high - gap.low,
                )
            )
    return cells, pairs


def main() -> None:
    """Print the cells, then the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", choices=RECIPES, default="caltech")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--images", type=int, default=35)
    parser.add_argument("--schemes", default="5x2,3x1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cluster", help="auto, or ray://HOST:PORT: tasks of some draws each")
    options = parser.parse_args()
    pool, recipes = POOLS[options.source](), RECIPES[options.source]
    cells: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    pairs: dict[str, list[Verdict]] = defaultdict(list)
    drawn = Drawn(pool, recipes, options.classes, options.images, options.schemes, options.seed)
    for of_cells, of_pairs in judged(drawn, options.draws, options.cluster):
        for cell, figures in of_cells.items():
            for key, values in figures.items():
                cells[cell][key] += values
        for scheme, verdicts in of_pairs.items():
            pairs[scheme] += verdicts
    for (scheme, name), found in cells.items():
        mean = {key: float(np.mean(values)) for key, values in found.items()}
        off = np.array(found["estimate"]) - found["truth"]
        own = spread_without(off, np.array(found["error"]))
        print(
            f"{scheme} {name}: truth {mean['truth']:.3f} (its error {mean['error']:.3f}), estimate "
            f"{mean['estimate']:.3f}, {own:.3f} from the truth without that error, so that "
            f"exact intervals would hold {2 * norm.cdf(1.96 * own / off.std()) - 1:.3f} raw; "
            + "; ".join(
                f"{method} {mean[f'{method} raw']:.3f} raw, {mean[f'{method} allowing']:.3f} "
                f"allowing, width {mean[f'{method} width']:.3f}"
                for method in ("shipped", "folds", "images alone")
            )
            + f"; log loss {mean['log_losses']:.3f}, Brier {mean['squared_errors']:.3f}",
            flush=True,
        )
    for scheme, rows in pairs.items():
        report_verdicts(scheme, rows)


def spread_without(off: Array, error: Array) -> float:
    """Standard deviation of estimates around the truth, without what the truth itself adds."""
    return float(np.sqrt(max(off.var() - (error**2).mean(), 1e-8)))


def report_verdicts(scheme: str, rows: Sequence[Verdict]) -> None:
    """Print how often verdicts were wrong, and how often true differences were told."""
    pairs = np.array([" - ".join(row.pair) for row in rows])
    truths = np.array([row.truth for row in rows])
    told = np.sign([row.told for row in rows])
    estimates = np.array([row.estimate for row in rows])
    errors = np.array([row.truth_error for row in rows])
    oracle = np.zeros(len(rows))
    for pair in np.unique(pairs):
        own = pairs == pair
        usual = spread_without(estimates[own] - truths[own], errors[own])
        oracle[own] = np.sign(estimates[own]) * (np.abs(estimates[own]) > norm.ppf(0.97) * usual)
    alike = np.array([set(row.pair) <= FIRST_MEASURED for row in rows])
    print(
        f"{scheme} verdicts: intervals hold {np.mean([row.held for row in rows]):.3f}, "
        f"width {np.mean([row.width for row in rows]):.3f}"
    )
    for name, said, here in (
        ("shipped", told, truths == truths),
        ("oracle", oracle, truths == truths),
        ("shipped, recipes as first measured", told, alike),
        ("oracle, recipes as first measured", oracle, alike),
    ):
        if not here.any():
            continue
        wrong = (said != 0) & (said * truths <= 0)
        worst = max(wrong[here & (pairs == pair)].mean() for pair in np.unique(pairs[here]))
        shares = []
        for least, most in ((0.05, 1.0), (0.05, 0.1), (0.1, 0.15), (0.15, 1.0)):
            within = here & (np.abs(truths) >= least) & (np.abs(truths) < most)
            share = (said * truths > 0)[within].mean() if within.any() else np.nan
            shares.append(f"{share:.3f} of {within.sum()} from {least} to {most}")
        print(
            f"  {name}: told wrongly {wrong[here].mean():.4f}, of the worst pair {worst:.3f}; "
            f"told {', '.join(shares)}"
        )
    sure = np.array([max(row.probability, 1 - row.probability) for row in rows])
    better = np.array([(row.probability > 0.5) == (row.truth > 0) for row in rows])
    for least, most in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        within = (sure >= least) & (sure < most) & (truths != 0)
        print(
            f"  probabilities of {least} to {most}: {sure[within].mean():.3f} stated, "
            f"{better[within].mean():.3f} right, of {within.sum()}"
        )


if __name__ == "__main__":
    main()
