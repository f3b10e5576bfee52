"""What a search over the lab sheet's family of networks may choose from."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field

from peu.classifiers.search_record import Values
from peu.settings import check_setting, settings

Count = Annotated[int, Field(ge=1)]
_Side = Annotated[int, Field(ge=16, le=512)]
_Switch = Annotated[int, Field(ge=0, le=1)]
_Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=10)]
_Decay = Annotated[float, Field(gt=0, lt=10)]
_Strength = Annotated[float, Field(gt=0, le=2)]
_STEPS = {"image_size": 16, "layers": 1, "filters": 1, "batch_norm": 1, "epochs": 10}
LOGARITHMIC = {"filters", "learning_rate", "weight_decay"}
_USUAL: Values = {
    "image_size": 64,
    "layers": 4,
    "filters": 16,
    "batch_norm": 1,
    "dropout": 0.3,
    "learning_rate": 3e-3,
    "weight_decay": 0.01,
    "epochs": 60,
    "augmentation": 1.0,
}


def _range(description: str) -> Any:
    return Field(strict=False, description=f"Lowest and highest {description}")


@settings(frozen=True)
class SearchSpace:
    """The lowest and the highest value of each setting that is searched, both included.

    A range of one value, `(3, 3)`, leaves nothing to search.

    Source: lab sheet, section 1.3, for rate, layers, filters, dropout and epochs; Brigato et al.
    (2022), "Image classification with small datasets", for weight decay.
    """

    image_size: Annotated[
        tuple[_Side, _Side], _range("side of the square images, in pixels, in steps of 16.")
    ] = (48, 80)
    layers: Annotated[
        tuple[Count, Count], _range("number of convolutions, each with its pooling.")
    ] = (2, 4)
    filters: Annotated[
        tuple[Count, Count],
        _range("filters of the first convolution; each further one has twice as many, up to 128."),
    ] = (8, 32)
    batch_norm: Annotated[
        tuple[_Switch, _Switch], _range("batch normalisation: 0 is off, 1 is on.")
    ] = (0, 1)
    dropout: Annotated[tuple[_Share, _Share], _range("dropout of the hidden layer.")] = (0.0, 0.5)
    learning_rate: Annotated[
        tuple[Rate, Rate], _range("learning rate, on a logarithmic scale.")
    ] = (5e-4, 8e-3)
    weight_decay: Annotated[
        tuple[_Decay, _Decay],
        _range("weight decay, on a logarithmic scale; with few images good values are large."),
    ] = (1e-4, 0.3)
    epochs: Annotated[
        tuple[Count, Count], _range("epochs, in steps of 10; enough to rank configurations.")
    ] = (30, 60)
    augmentation: Annotated[
        tuple[_Strength, _Strength], _range("strength of the augmentation.")
    ] = (0.25, 2.0)

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            low, high = getattr(self, one.name)
            check_setting(
                one.name,
                holds=low <= high,
                expected="a range from its lowest to its highest value",
                received=(low, high),
                advice="Swap the two.",
            )

    def distributions(self, fixed: Collection[str] = ()) -> dict[str, Any]:
        """Optuna's distribution of each setting.

        Args:
            fixed: settings that are not searched.
        """
        from optuna.distributions import FloatDistribution, IntDistribution

        found: dict[str, Any] = {}
        for one in dataclasses.fields(self):
            low, high = getattr(self, one.name)
            log, step = one.name in LOGARITHMIC, _STEPS.get(one.name)
            if one.name in fixed:
                continue
            if step is None:
                found[one.name] = FloatDistribution(low, high, log=log)
            else:
                found[one.name] = IntDistribution(
                    low, high - (high - low) % step, log=log, step=step
                )
        return found


def starting_point(distributions: Mapping[str, Any]) -> Values:
    """What a search tries first: for each setting the possible value nearest to a usual one."""
    return {name: _nearest(each, _USUAL[name]) for name, each in distributions.items()}


def _nearest(distribution: Any, value: float) -> float:
    """The value that a distribution has nearest to, and not above, a usual one."""
    inside = min(max(value, distribution.low), distribution.high)
    step = getattr(distribution, "step", None)
    if step is None:
        return float(inside)
    return int(distribution.low + (inside - distribution.low) // step * step)
