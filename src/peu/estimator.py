"""What scikit-learn asks of an estimator, for classes whose settings are declared once.

Pydantic hides a constructor's signature and rebuilds tuples, so that scikit-learn's own ways to
list and copy parameters do not work. Importing this module imports scikit-learn, about a second.
"""

import dataclasses
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from peu.errors import RecipeError


class Estimator(BaseEstimator):  # type: ignore[misc]
    """Base class of estimators that are declared with `peu.settings.settings`.

    Settings are the constructor's arguments; what `fit` learns goes into attributes that end in
    an underscore, and is not copied by `clone`.

    Example:
        >>> @settings()  # doctest: +SKIP
        ... class Mean(Estimator):
        ...     trim: Annotated[float, Field(ge=0, lt=0.5, description="Share cut off.")] = 0.0
        >>> Mean().set_params(trim=0.1)  # doctest: +SKIP
        Mean(trim=0.1)
    """

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(field.name for field in dataclasses.fields(cls))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Settings by name.

        Args:
            deep: add those of nested settings, as in `training__epochs`.
        """
        params = {name: getattr(self, name) for name in self._get_param_names()}
        if deep:
            for name, value in list(params.items()):
                params.update({f"{name}__{key}": each for key, each in _nested(value).items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Change settings; either all are valid together, or nothing changes.

        Args:
            params: by name; of nested settings as in `training__epochs=5`.

        Raises:
            RecipeError: an unknown setting, or a value of the wrong type or out of its range.
        """
        # Whole values come first, so that `training__epochs` goes into a `training` beside it.
        changed = self.get_params(deep=False) | {
            name: value for name, value in params.items() if "__" not in name
        }
        for path, value in params.items():
            name, _, inner = path.partition("__")
            if inner:
                changed[name] = _replaced(self, changed.get(name), name, inner, value)
        # Built anew, since only the constructor checks what several settings have to agree on.
        checked = type(self)(**changed)
        for name in self._get_param_names():
            setattr(self, name, getattr(checked, name))
        return self

    def __sklearn_clone__(self) -> Self:
        return type(self)(
            **{name: clone(each, safe=False) for name, each in self.get_params(False).items()}
        )


def _nested(value: Any) -> dict[str, Any]:
    """Settings inside a setting: those of an estimator, or the fields of a dataclass."""
    if isinstance(value, type):
        return {}
    if hasattr(value, "get_params"):
        return dict(value.get_params())
    if not dataclasses.is_dataclass(value):
        return {}
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        each = getattr(value, field.name)
        found[field.name] = each
        found.update({f"{field.name}__{key}": inner for key, inner in _nested(each).items()})
    return found


def _replaced(owner: Any, value: Any, name: str, path: str, inner: Any) -> Any:
    """A copy of nested settings in which one is changed."""
    if hasattr(value, "get_params"):
        return clone(value).set_params(**{path: inner})
    first, _, rest = path.partition("__")
    known = _nested(value)
    if first not in known:
        raise RecipeError(
            f"{type(owner).__name__} must be given settings that it has. Received: "
            f"`{name}__{path}`. `{name}` has: {', '.join(known) or 'no settings of its own'}."
        )
    if rest:
        inner = _replaced(owner, known[first], f"{name}__{first}", rest, inner)
    return dataclasses.replace(value, **{first: inner})
