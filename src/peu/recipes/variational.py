"""The settings of a variational auto-encoder."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from peu.recipes.checks import (
    Channels,
    ResizeMode,
    check,
    check_choice,
    check_count,
    check_image,
    check_name,
    check_range,
)
from peu.recipes.training import TrainingSettings, check_training

KLWeight = float | Literal["auto"]
Start = Literal["drawn", "neighbours"]
SampleSource = Literal["images", "prior"]
# Of a standard normal, all but 3 in 1,000 draws of a dimension lie within.
PRIOR_REACH = 3.0
_MOST_LAID_OUT = 3


@dataclass(frozen=True, kw_only=True)
class Variational:
    """Learn a map of images that can be drawn from; networks and training are the lab sheet's.

    At 28 x 28 x 1 and two dimensions the encoder has 34,740 parameters and the decoder 18,721.
    The sheet's kl_weight of 1 makes every image the same grey: with a squared error that is
    a mean over D pixels, a kl_weight c stands for a noise of variance c D / 2 in the pixels.
    "auto" therefore learns that variance with the network.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to; None takes the
            images' own size where all have the same and it is 64 or less, else 64 x 64.
        resize_mode: how an image of another shape is brought there.
        channels: "auto" learns grey where every image is grey, else colour.
        latent: dimensions of the map, 1 or more.
        kl_weight: weight of the Kullback-Leibler term in the loss, above 0; "auto" moves it to
            2 MSE / D, where the likelihood is best.
        filters: filters of the encoder's convolutions, each with a pooling of 3 x 3 and step 2.
        dense_units: width of the layer between the convolutions and the map.
        decoder_filters: filters of the decoder's transposed convolutions, each doubling the size;
            as many as there are `filters`.
        warm_up: epochs over which "auto" lets the kl_weight grow to its place, 0 or more.
        start: "drawn" begins from random weights, as the sheet does; "neighbours" lays up to
            5,000 of the images out by t-SNE, lets the encoder follow that for a start and the
            decoder draw from there, and then trains both as ever. At most 3 dimensions.
        restarts: how often training may begin anew, with another seed, when a dimension that
            the images can fill stays empty.
        test_share: of the images, held out for the figures where the set has no test
            images of its own.
        training: how it is trained.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 3; Rybkin, Daniilidis and Levine (2021) for the variance.
    """

    kind: ClassVar[str] = "variational"
    networks: ClassVar[tuple[str, ...]] = ("encoder", "decoder")

    name: str = "variational"
    image_size: tuple[int, int] | None = None
    resize_mode: ResizeMode = "crop"
    channels: Channels = "auto"
    latent: int = 2
    kl_weight: KLWeight = "auto"
    filters: tuple[int, ...] = (32, 32)
    dense_units: int = 16
    decoder_filters: tuple[int, ...] = (32, 16)
    warm_up: float = 1.0
    start: Start = "drawn"
    restarts: int = 3
    test_share: float = 0.2
    training: TrainingSettings = field(
        default_factory=lambda: TrainingSettings(epochs=15, batch_size=128)
    )

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image(self.image_size or (64, 64), self.resize_mode)
        check_choice("channels", self.channels, Channels)
        check_count("latent", self.latent, "2 can be drawn as a map; more reconstruct better.")
        check_choice("start", self.start, Start)
        check(
            "latent",
            holds=self.start == "drawn" or self.latent <= _MOST_LAID_OUT,
            expected=f"at most {_MOST_LAID_OUT} for a start from neighbours",
            received=self.latent,
            advice="Take fewer dimensions, or let `start` be 'drawn'.",
        )
        if self.kl_weight != "auto":
            check_range(
                "kl_weight",
                self.kl_weight,
                0,
                1e6,
                "Try 'auto', or 0.0001 for images of 28 x 28 pixels.",
                ends="()",
            )
        for setting in ("filters", "decoder_filters"):
            layers = getattr(self, setting)
            check(
                setting,
                holds=isinstance(layers, tuple) and len(layers) >= 1,
                expected="one or more whole numbers above 0",
                received=layers,
                advice="The sheet has 32, 32 and 32, 16.",
            )
            for number in layers:
                check_count(setting, number, "The sheet has 32, 32 and 32, 16.")
        check(
            "decoder_filters",
            holds=len(self.decoder_filters) == len(self.filters),
            expected=f"as many numbers as `filters` has, {len(self.filters)}",
            received=self.decoder_filters,
            advice="Each doubling undoes one pooling.",
        )
        check(
            "filters",
            holds=2 ** len(self.filters) <= min(self.image_size or (64, 64)),
            expected=f"few enough for poolings of {self.image_size or (64, 64)}",
            received=self.filters,
            advice="Take fewer layers or larger images.",
        )
        check_count("dense_units", self.dense_units, "The sheet has 16.")
        check_range("warm_up", self.warm_up, 0, 1000, "1 epoch is enough.", ends="[]")
        check(
            "restarts",
            holds=isinstance(self.restarts, int)
            and not isinstance(self.restarts, bool)
            and 0 <= self.restarts <= 20,
            expected="a whole number from 0 to 20",
            received=self.restarts,
            advice="3 is enough.",
        )
        check_range("test_share", self.test_share, 0, 1, "0.2 is a fifth.", ends="()")
        check_training(self.training)

    @property
    def stride(self) -> int:
        """What both sides of an image must be divisible by: the decoder cuts what is over."""
        return 1
