"""Estimators are scikit-learn's, whose settings are declared once."""

import dataclasses
from typing import Annotated, Any, Literal, Self

import numpy as np
import pytest
from pydantic import Field
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from peu.errors import RecipeError
from peu.estimator import Estimator
from peu.settings import check_setting, settings


@settings(frozen=True)
class Schedule:
    epochs: Annotated[int, Field(ge=1)] = 15
    rates: Annotated[tuple[float, ...], Field(strict=False)] = (0.1, 0.01)


@settings()
class Constant(Estimator):
    """Predict one number."""

    value: Annotated[float, Field(ge=0)] = 1.0
    kind: Literal["auto"] | int = "auto"
    least: float = 0.0
    training: Schedule = dataclasses.field(default_factory=Schedule)
    inner: Any = None
    members: Annotated[tuple[Any, ...], Field(strict=False)] = ()

    def __post_init__(self) -> None:
        check_setting(
            "value",
            holds=self.value >= self.least,
            expected="least or more",
            received=self.value,
            advice="Raise it.",
        )

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        self.n_samples_ = len(X)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        return np.full(len(X), self.value)

    def score(self, X: Any, y: Any) -> float:  # noqa: N803
        return -float(np.square(self.predict(X) - y).mean())


def test_params_hold_nested_settings_under_their_path() -> None:
    params = Constant(value=2.0, inner=Constant(value=3.0)).get_params()
    assert params["value"] == 2.0
    assert params["training__epochs"] == 15
    assert params["inner__value"] == 3.0
    assert params["inner__training__epochs"] == 15
    assert "training__epochs" not in Constant().get_params(deep=False)


def test_set_params_reaches_nested_settings_and_leaves_the_original_alone() -> None:
    schedule = Schedule()
    model = Constant(training=schedule, inner=Constant())
    assert model.set_params(training__epochs=3, inner__training__epochs=4) is model
    assert model.training.epochs == 3
    assert model.inner.training.epochs == 4
    assert schedule.epochs == 15


def test_set_params_takes_a_whole_setting_and_a_part_of_it_in_any_order() -> None:
    model = Constant().set_params(training__epochs=2, training=Schedule(epochs=9, rates=(1.0,)))
    assert model.training == Schedule(epochs=2, rates=(1.0,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": -1.0},
        {"value": "much"},
        {"wrong": 1},
        {"training__epochs": 0},
        {"training__wrong": 1},
        {"value__wrong": 1},
        {"wrong__epochs": 1},
        {"least": 5.0},
    ],
)
def test_set_params_refuses_what_the_constructor_refuses_and_changes_nothing(
    wrong: dict[str, Any],
) -> None:
    model = Constant()
    with pytest.raises(RecipeError):
        model.set_params(kind=3, **wrong)
    assert model == Constant()


def test_set_params_checks_settings_together() -> None:
    assert Constant(value=9.0).set_params(value=5.0, least=5.0).least == 5.0


def test_clone_copies_settings_and_nothing_that_was_learnt() -> None:
    member = Constant(value=4.0).fit([1])
    model = Constant(training=Schedule(rates=(1.0,)), inner=member, members=(member,)).fit([1, 2])
    copy = clone(model)
    assert copy == model
    assert copy is not model
    assert copy.inner is not member
    assert not hasattr(copy, "n_samples_")
    assert not hasattr(copy.inner, "n_samples_")
    assert not hasattr(copy.members[0], "n_samples_")


def test_learnt_attributes_survive_new_settings() -> None:
    assert Constant().fit([1, 2]).set_params(value=2.0).n_samples_ == 2


def test_grid_search_finds_settings_and_nested_ones() -> None:
    search = GridSearchCV(Constant(), {"value": [1.0, 2.0], "training__epochs": [3]}, cv=2)
    search.fit(np.zeros((4, 1)), np.full(4, 2.0))
    assert search.best_params_ == {"value": 2.0, "training__epochs": 3}
    assert search.best_estimator_.n_samples_ == 4


def test_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(Constant()) == "Constant()"
    assert repr(Constant(value=2.0, training=Schedule(epochs=3))) == (
        "Constant(value=2.0, training=Schedule(epochs=3))"
    )


def test_notebooks_can_show_an_estimator_before_and_after_fitting() -> None:
    model = Constant(value=2.0)
    for shown in (model, model.fit([1])):
        assert "Constant" in shown._repr_html_()
        assert "text/html" in shown._repr_mimebundle_()


def test_scikit_learn_can_print_what_holds_an_estimator() -> None:
    assert "Constant(value=2.0)" in repr(GridSearchCV(Constant(value=2.0), {}))
