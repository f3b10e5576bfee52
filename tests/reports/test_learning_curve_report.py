"""A learning curve as a page, with any names."""

import json
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from peu.classifiers.hog import HogSVM
from peu.comparison.comparison import Failure
from peu.comparison.learning_curve import LearningCurve
from peu.comparison.recipe_curve import CurvePoint, RecipeCurve
from peu.evaluation.learning_curve import fit_power_law
from peu.evaluation.uncertainty import Interval
from peu.images.dataset import ImageDataset
from peu.reports.figure import page_svg
from peu.reports.learning_curve_report import learning_curve_figure, write_learning_curve
from table_texts import texts

ODD = "<b>$x_1$ & アコ"
ERRORS = MappingProxyType({2.0: 0.4, 3.0: 0.35, 4.0: 0.3})


def _curve(name: str, target: float) -> RecipeCurve:
    place = (np.arange(60) + 0.5) / 60
    correct = np.array([(place > error).astype(float) for error in ERRORS.values()])
    law = fit_power_law(list(ERRORS), correct, np.arange(60), classes=3)
    points = tuple(
        CurvePoint(size, Interval(1 - error, 0.5 - error / 2, 1.0), (1 - error,))
        for size, error in ERRORS.items()
    )
    return RecipeCurve(name, HogSVM(), points, law, 6.0, law.needed(target, 6.0))


@pytest.fixture
def found(dataset: ImageDataset) -> LearningCurve:
    return LearningCurve(
        dataset=dataset,
        curves=(_curve(ODD, 0.85), _curve("b", 0.999)),
        failures=(Failure("transfer", "No <weights>."),),
        folds=3,
        repeats=1,
        seed=0,
        target=0.75,
        provenance={"command": "peu curve"},
    )


def test_the_page_says_what_is_needed_and_what_cannot_be(
    found: LearningCurve, tmp_path: Path
) -> None:
    page = write_learning_curve(found, tmp_path).read_text("utf-8")
    assert "more a class for 0.85" in page
    assert "not reachable this way" in page
    assert "<b>$x_1$" not in page
    assert (tmp_path / "figures" / "learning_curve.png").stat().st_size > 10_000
    stored = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert stored["recipes"][1]["needed"]["more"] is None


def test_the_figure_is_whole_and_the_same_twice(found: LearningCurve) -> None:
    figure = learning_curve_figure(found.curves, 0.75)
    assert texts(figure.table)[0][:2] == ("2.0", "0.600 (0.300 to 1.000)")
    assert page_svg(figure, "salt") == page_svg(learning_curve_figure(found.curves, 0.75), "salt")
