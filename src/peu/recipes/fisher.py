"""The settings of Fisher vectors: local descriptors, gathered, with a linear machine."""

from dataclasses import dataclass
from typing import ClassVar

from peu.recipes.checks import (
    ResizeMode,
    check,
    check_count,
    check_image,
    check_name,
    check_range,
)

_ADVICE = "Usual values are 6, 3, 48 and 64."


@dataclass(frozen=True, kw_only=True)
class FisherVectors:
    """Describe small patches of images and separate how these differ from the usual ones.

    A mixture of normal distributions learns what patches look like in general; an image is
    what its own would change in that mixture. No network and no pretrained weights, some
    seconds a fold: before networks were pretrained, the best that was known for few images.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to.
        resize_mode: how an image of another shape is brought there.
        scales: patches are taken from the image made so many times smaller, each 1 or more.
        radius: from a patch's middle to its outer ring, in pixels of the smaller image.
        step: between patches, in pixels of the whole image.
        dimensions: that a patch's description is brought down to, at most 136.
        components: normal distributions of the mixture.
        place: how much a patch's place in the image counts beside its looks; 0 ignores it.
        regularization: the linear machine's C, above 0: larger trusts single images more.

    Raises:
        RecipeError: a value is out of its range.

    Source: Perronnin, Sanchez and Mensink (2010), "Improving the Fisher kernel for large-scale
    image classification"; Tola, Lepetit and Fua (2010) for the patches' description (DAISY);
    Sanchez, Perronnin and de Campos (2012) for the place.
    """

    kind: ClassVar[str] = "fisher"

    name: str = "fisher"
    image_size: tuple[int, int] = (96, 96)
    resize_mode: ResizeMode = "stretch"
    scales: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0)
    radius: int = 6
    step: int = 3
    dimensions: int = 48
    components: int = 64
    place: float = 1.5
    regularization: float = 10.0

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image(self.image_size, self.resize_mode)
        for setting in ("radius", "step", "dimensions", "components"):
            check_count(setting, getattr(self, setting), _ADVICE)
        check(
            "radius",
            holds=2 <= self.radius <= 100,
            expected="from 2 to 100",
            received=self.radius,
            advice=_ADVICE,
        )
        check(
            "dimensions",
            holds=self.dimensions <= 136,
            expected="at most 136, which is what describes a patch",
            received=self.dimensions,
            advice=_ADVICE,
        )
        check(
            "components",
            holds=self.components <= 1024,
            expected="at most 1024",
            received=self.components,
            advice=_ADVICE,
        )
        check(
            "scales",
            holds=isinstance(self.scales, tuple)
            and 1 <= len(self.scales) <= 10
            and all(
                isinstance(scale, (int, float)) and not isinstance(scale, bool) and scale >= 1
                for scale in self.scales
            ),
            expected="one to ten numbers from 1 up",
            received=self.scales,
            advice="Try (1.0, 1.5, 2.0, 3.0).",
        )
        smallest = min(self.image_size) / max(self.scales)
        check(
            "scales",
            holds=smallest >= 2 * self.radius + 1,
            expected=f"at most {min(self.image_size) / (2 * self.radius + 1):.1f}, so that a patch "
            f"with a radius of {self.radius} fits into {self.image_size}",
            received=max(self.scales),
            advice="Take a larger `image_size`, or a smaller `radius`.",
        )
        check_range("place", self.place, 0, 100, "1.5 is a good start.", ends="[]")
        check_range("regularization", self.regularization, 0, 1e9, "10 is a good start.", ends="()")
