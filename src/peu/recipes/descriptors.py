"""The settings of gradient histograms with a kernel machine."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from peu.recipes.checks import (
    ResizeMode,
    check,
    check_choice,
    check_count,
    check_image,
    check_name,
    check_range,
)

Kernel = Literal["rbf", "linear"]
Colour = Literal["auto", "always", "never"]


@dataclass(frozen=True, kw_only=True)
class HogSVM:
    """Describe images by gradient histograms and separate them with a kernel machine.

    No network, no pretrained weights, under half a second a fold with
    few images, where it is the baseline that small networks must beat.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to.
        resize_mode: how an image of another shape is brought there.
        orientations: bins of the gradient histogram.
        cell_size: side of a histogram's cell, in pixels.
        block_size: cells a side that are normalised together.
        colour: "auto" adds colour statistics where inner folds say that they help; "always"
            and "never" do not ask.
        kernel: "rbf", its width chosen on inner folds, or "linear".
        regularization: the kernel machine's C, above 0: larger trusts single images more.

    Raises:
        RecipeError: a value is out of its range.

    Source: Dalal and Triggs (2005), "Histograms of oriented gradients for human detection".
    """

    kind: ClassVar[str] = "hog"

    name: str = "hog"
    image_size: tuple[int, int] = (64, 64)
    resize_mode: ResizeMode = "stretch"
    orientations: int = 9
    cell_size: int = 8
    block_size: int = 2
    colour: Colour = "auto"
    kernel: Kernel = "rbf"
    regularization: float = 10.0

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image(self.image_size, self.resize_mode)
        for setting in ("orientations", "cell_size", "block_size"):
            check_count(setting, getattr(self, setting), "Usual values are 9, 8 and 2.")
        check(
            "cell_size",
            holds=min(self.image_size) >= self.cell_size * self.block_size,
            expected=f"at most {min(self.image_size)} / {self.block_size} pixels",
            received=self.cell_size,
            advice="One block of cells must fit into the image.",
        )
        check_choice("colour", self.colour, Colour)
        check_choice("kernel", self.kernel, Kernel)
        check_range("regularization", self.regularization, 0, 1e9, "10 is a good start.", ends="()")
