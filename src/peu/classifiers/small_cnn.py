"""The lab sheet's convolutional network, trained from scratch."""

from typing import Annotated, Any

from pydantic import Field

from peu.classifiers.base import Name
from peu.classifiers.registry import recipe
from peu.classifiers.scratch_network import Filters, ScratchNetwork
from peu.images.image_size import ImageSize
from peu.settings import check_setting


@recipe("cnn")
class SmallCNN(ScratchNetwork):
    """Train the lab sheet's small convolutional network from scratch.

    Each entry of `filters` is a convolution with ReLU and a max pooling. At 224 x 224 x 3 and
    four classes the default has 20,090,296 parameters.

    Source: lab sheet, section 1.2.
    """

    name: Name = "cnn"
    image_size: Annotated[ImageSize, Field(description="(height, width) in pixels.")] = (224, 224)
    filters: Annotated[
        Filters, Field(strict=False, min_length=1, description="Filters of each convolution.")
    ] = (32, 64)
    kernel_size: Annotated[int, Field(ge=1, description="Side of the convolutions, in pixels.")] = 3
    pool_size: Annotated[
        int, Field(ge=1, description="Side of the pooling windows, in pixels.")
    ] = 3
    pool_strides: Annotated[
        int, Field(ge=1, description="Stride of the pooling windows, in pixels.")
    ] = 2
    dense_units: Annotated[
        int, Field(ge=1, description="Width of the hidden layer after flattening.")
    ] = 100
    batch_norm: Annotated[
        bool, Field(description="Normalise each convolution over the batch, before its ReLU.")
    ] = False
    dropout: Annotated[
        float,
        Field(ge=0, lt=1, description="Share of the hidden layer's units dropped in training."),
    ] = 0.0

    def __post_init__(self) -> None:
        check_setting(
            "pool_strides",
            holds=self.pool_strides ** len(self.filters) <= min(self.image_size),
            expected=f"small enough for {len(self.filters)} poolings of {self.image_size}",
            received=self.pool_strides,
            advice="Use fewer layers, a smaller stride or larger images.",
        )

    @property
    def _even_batches(self) -> bool:
        return self.batch_norm

    def _network(self, class_count: int, *, seed: int, precision: str) -> Any:
        from peu.networks.small_cnn import small_cnn

        return small_cnn(
            self.image_size,
            class_count,
            filters=self.filters,
            kernel_size=self.kernel_size,
            pool_size=self.pool_size,
            pool_strides=self.pool_strides,
            dense_units=self.dense_units,
            batch_norm=self.batch_norm,
            dropout=self.dropout,
            seed=seed,
            precision=precision,
        )
