"""The rule that names a training's behaviour, on curves that show each."""

import math

import pytest

from peu.lab.behaviour import behaviour_in_words, name_behaviour
from peu.lab.language import Language


def _history(
    loss: list[float], accuracy: list[float], watched_loss: list[float], watched: list[float]
) -> dict[str, list[float]]:
    return {
        "loss": loss,
        "accuracy": accuracy,
        "watched_loss": watched_loss,
        "watched_accuracy": watched,
        "watched_epoch": [float(epoch) for epoch in range(1, len(watched) + 1)],
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


@pytest.mark.parametrize(
    ("history", "kind", "french", "english"),
    [
        (OVERFITS, "overfits", "sur-apprend", "overfits"),
        (NOTHING, "learnt nothing", "n'apprend rien", "learns nothing"),
        (LEARNING, "still learning", "apprend encore", "still learning"),
        (GENERALISES, "generalises", "généralise", "generalises"),
    ],
)
def test_curves_are_named(
    history: dict[str, list[float]], kind: str, french: str, english: str
) -> None:
    found = name_behaviour(history, 4)
    assert found.kind == kind
    assert french in behaviour_in_words(Language("fr"), found)
    assert english in behaviour_in_words(Language("en"), found)


def test_a_test_loss_that_rises_is_told_with_its_lowest_epoch() -> None:
    found = name_behaviour(OVERFITS, 4)
    assert found.rises
    assert found.best_epoch == 2
    assert found.loss_rise == pytest.approx(1.5 / 0.9)
    assert "epoch 2" in behaviour_in_words(Language("en"), found)
    assert not name_behaviour(GENERALISES, 4).rises


def test_guessing_depends_on_the_number_of_classes() -> None:
    """A loss of 1.39 is guessing among four classes, and a good deal better among ten."""
    assert math.isclose(math.log(4), 1.386, abs_tol=1e-3)
    assert name_behaviour(NOTHING, 10).kind != "learnt nothing"
