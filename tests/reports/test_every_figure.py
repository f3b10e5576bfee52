"""Every figure says in words and in numbers what it draws, and bears any name."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.reports.accuracy_figures import accuracy_figure, paired_figure
from peu.reports.blocks import Figure
from peu.reports.confusion import confusion_figure
from peu.reports.dataset_section import balance_figure, sizes_figure
from peu.reports.figure import page_svg
from peu.reports.training_curves import curves_figure
from table_texts import texts

ODD = "<b>$x_1$ & アコ"
PAIR = PairedDifference("a", ODD, Interval(0.1, 0.05, 0.15), 0.01, True, 0.99, 0.07)
HISTORY = {"loss": (2.0, 1.0, 0.5), "val_loss": (2.1, 1.5), "accuracy": (0.2, 0.5, 0.9)}

DRAWINGS: dict[str, Callable[[], Figure]] = {
    "accuracy": lambda: accuracy_figure(
        {ODD: Interval(0.9, 0.8, 1.0), "b": Interval(0.5, 0.0, 1.0)}, {ODD: [0.85, 0.95], "b": []}
    ),
    "paired": lambda: paired_figure([PAIR]),
    "curves": lambda: curves_figure(ODD, [HISTORY, {"loss": (3.0,), "accuracy": (0.1,)}]),
    "one epoch": lambda: curves_figure("one", [{"loss": (1.0,)}]),
    "confusion": lambda: confusion_figure("r", np.array([[5, 1], [0, 4]]), (ODD, "b")),
    "no images": lambda: confusion_figure("r", np.zeros((2, 2), np.int64), ("a", "b")),
    "twenty classes": lambda: confusion_figure(
        "r", np.eye(20, dtype=np.int64) * 3, [f"class number {n}" for n in range(20)]
    ),
    "ninety classes": lambda: confusion_figure(
        "r", np.eye(90, dtype=np.int64) * 3, [f"{n}" for n in range(90)]
    ),
    "balance": lambda: balance_figure({ODD: 3, "b": 12}),
    "many classes": lambda: balance_figure({f"{n}": n for n in range(90)}),
    "sizes": lambda: sizes_figure([(300, 200), (300, 200), (10, 900)]),
    "one size": lambda: sizes_figure([(28, 28)] * 5),
}


@pytest.fixture(scope="module", params=list(DRAWINGS))
def drawing(request: pytest.FixtureRequest) -> Callable[[], Figure]:
    return DRAWINGS[request.param]


def test_every_figure_is_whole_and_the_same_twice(drawing: Callable[[], Figure]) -> None:
    figure = drawing()
    svg = page_svg(figure, "salt")
    assert {each.tag.rpartition("}")[2] for each in ET.fromstring(f"<p>{svg}</p>")} == {"svg"}
    assert len(figure.alternative) > 20
    assert figure.caption
    assert figure.table.rows
    again = drawing()
    # Written as a PNG first, a figure is laid out but once.
    assert again.png.startswith(b"\x89PNG")
    assert page_svg(again, "salt") == svg


def test_accuracy_in_words_and_numbers() -> None:
    figure = DRAWINGS["accuracy"]()
    assert f"{ODD}: Mean 0.900, Low 0.800, High 1.000" in figure.alternative
    assert texts(figure.table)[0] == (ODD, "0.900", "0.800", "1.000", "0.850, 0.950")


def test_curves_mean_over_the_trials_that_got_so_far() -> None:
    figure = DRAWINGS["curves"]()
    rows = {row[0]: row[1:] for row in texts(figure.table)}
    assert rows["loss in training, epoch 1"] == ("2.500", "2.000", "3.000")
    assert rows["loss in training, epoch 3"] == ("0.500", "0.500", "0.500")
    assert rows["loss on test images, epoch 2"] == ("1.500", "1.500", "1.500")
    assert "test images" in figure.caption


def test_a_loss_that_is_no_number_is_left_out() -> None:
    figure = curves_figure("r", [{"loss": (1.0, float("nan"))}])
    assert texts(figure.table)[-1][1:] == ("\u2013",) * 3


def test_confusion_says_what_was_taken_for_what() -> None:
    figure = DRAWINGS["confusion"]()
    assert "9 of 10 images right" in figure.alternative
    assert f"{ODD} taken for b once" in figure.alternative
    assert figure.table.rows == ((ODD, 5, 1), ("b", 0, 4))


def test_many_classes_list_only_what_occurred() -> None:
    assert len(DRAWINGS["ninety classes"]().table.rows) == 90


def test_balance_and_sizes_keep_all_numbers() -> None:
    assert DRAWINGS["balance"]().table.rows == (("b", 12), (ODD, 3))
    assert len(DRAWINGS["many classes"]().table.rows) == 90
    assert DRAWINGS["sizes"]().table.rows == (("300 \u00d7 200", 2), ("10 \u00d7 900", 1))
