"""The rule that names a training's behaviour, on curves that show each."""

import math

import pytest

from peu.lab.behaviour import name_behaviour


def _history(
    loss: list[float], accuracy: list[float], val_loss: list[float], val_accuracy: list[float]
) -> dict[str, list[float]]:
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "val_epoch": [float(epoch) for epoch in range(1, len(val_loss) + 1)],
    }


OVERFITS = _history(
    [1.4, 0.8, 0.2, 0.05], [0.3, 0.7, 0.95, 1.0], [1.3, 0.9, 1.1, 1.5], [0.4, 0.6, 0.65, 0.65]
)
NOTHING = _history([1.40, 1.39, 1.39, 1.39], [0.3] * 4, [1.39] * 4, [0.3] * 4)
LEARNING = _history(
    [1.3, 1.1, 0.9, 0.7], [0.4, 0.5, 0.6, 0.7], [1.3, 1.1, 0.9, 0.8], [0.4, 0.5, 0.6, 0.68]
)
GENERALISES = _history(
    [1.0, 0.3, 0.1, 0.095], [0.6, 0.9, 1.0, 1.0], [0.9, 0.4, 0.2, 0.2], [0.7, 0.9, 0.95, 0.96]
)
STALLS = _history(
    [1.3, 0.9, 0.71, 0.70], [0.4, 0.7, 0.73, 0.74], [1.2, 0.9, 0.8, 0.79], [0.5, 0.66, 0.7, 0.72]
)
GROWS_SURE = _history(
    [1.3, 0.3, 0.01, 0.001],
    [0.4, 0.9, 1.0, 1.0],
    [0.8, 0.0015, 0.1, 0.3995],
    [0.5, 0.9, 0.96, 0.96],
)


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        (OVERFITS, "overfits"),
        (STALLS, "stalls"),
        (GROWS_SURE, "grows_sure_of_errors"),
        (NOTHING, "learnt_nothing"),
        (LEARNING, "still_learning"),
        (GENERALISES, "generalises"),
    ],
)
def test_curves_are_named(history: dict[str, list[float]], kind: str) -> None:
    assert name_behaviour(history, 4).kind == kind


def test_a_test_loss_that_rises_is_told_with_its_lowest_epoch() -> None:
    found = name_behaviour(OVERFITS, 4)
    assert found.rises
    assert found.best_epoch == 2
    assert (found.lowest_loss, found.last_loss) == (0.9, 1.5)
    assert not name_behaviour(GENERALISES, 4).rises


def test_a_rise_of_next_to_nothing_is_none() -> None:
    little = _history([1.0, 0.01], [0.5, 1.0], [0.001, 0.005], [1.0, 1.0])
    assert not name_behaviour(little, 4).rises
    assert name_behaviour(little, 4).kind == "generalises"


def test_guessing_depends_on_the_number_of_classes() -> None:
    """A loss of 1.39 is guessing among four classes, and a good deal better among ten."""
    assert math.isclose(math.log(4), 1.386, abs_tol=1e-3)
    assert name_behaviour(NOTHING, 10).kind != "learnt_nothing"
