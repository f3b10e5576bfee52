"""The sheet's sections in their order: a number, what measures it and the findings it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peu.errors import RecipeError
from peu.lab.context import LabContext
from peu.lab.steps import (
    augmentation,
    denoiser_network,
    denoiser_training,
    fine_tuning,
    first_network,
    hyperparameters,
    loading,
    new_image,
    noisy_digits,
    transfer,
    vae_networks,
    vae_training,
)


@dataclass(frozen=True)
class LabSection:
    """One section of the sheet. Its title, questions and answers are in `templates/`.

    Attributes:
        key: its number on the sheet, and the name of its templates.
        measure: computes, and returns numbers and states.
        findings: the frozen dataclass that `measure` returns; it is kept as JSON.
    """

    key: str
    measure: Callable[[LabContext], Any]
    findings: type[Any]


SECTIONS: tuple[LabSection, ...] = (
    LabSection("1.1", loading.measure, loading.Findings),
    LabSection("1.2", first_network.measure, first_network.Findings),
    LabSection("1.3", hyperparameters.measure, hyperparameters.Findings),
    LabSection("1.4", augmentation.measure, augmentation.Findings),
    LabSection("1.5", transfer.measure, transfer.Findings),
    LabSection("1.6", fine_tuning.measure, fine_tuning.Findings),
    LabSection("1.7", new_image.measure, new_image.Findings),
    LabSection("2.1", noisy_digits.measure, noisy_digits.Findings),
    LabSection("2.2", denoiser_network.measure, denoiser_network.Findings),
    LabSection("2.3", denoiser_training.measure, denoiser_training.Findings),
    LabSection("3.1", vae_networks.measure_encoder, vae_networks.Encoder),
    LabSection("3.2", vae_networks.measure_decoder, vae_networks.Decoder),
    LabSection("3.3", vae_networks.measure_vae, vae_networks.WholeVAE),
    LabSection("3.4", vae_training.measure, vae_training.Findings),
)
KEYS: tuple[str, ...] = tuple(section.key for section in SECTIONS)


def choose_sections(names: str | None) -> tuple[LabSection, ...]:
    """Choose sections by their numbers, in the sheet's order.

    Args:
        names: numbers with commas between; "1" is all of part 1; None is everything.

    Raises:
        RecipeError: a number that the sheet has not.
    """
    if names is None:
        return SECTIONS
    wanted = [name.strip().rstrip(".") for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if not any(_covers(name, key) for key in KEYS)]
    if unknown or not wanted:
        raise RecipeError(
            f"`--sections` must be numbers of {', '.join(KEYS)}, with commas between. Received: "
            f"{names!r}. 1.2,2.3 are two sections, 1 is all of part 1."
        )
    return tuple(
        section for section in SECTIONS if any(_covers(name, section.key) for name in wanted)
    )


def _covers(name: str, key: str) -> bool:
    return key == name or key.startswith(f"{name}.")
