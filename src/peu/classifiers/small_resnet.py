"""A small residual network, trained from scratch on augmented images."""

from typing import Annotated, Any

from pydantic import Field

from peu.classifiers.base import Name
from peu.classifiers.registry import recipe
from peu.classifiers.scratch_network import TTA, Filters, ScratchNetwork
from peu.networks.augmentation_settings import Augmentation
from peu.networks.training_settings import TrainingSettings
from peu.settings import check_setting


@recipe("resnet")
class SmallResNet(ScratchNetwork):
    """Train a small residual network from scratch on images that are varied in every epoch.

    Source: He et al. (2016), "Identity mappings in deep residual networks"; lab sheet, section
    1.4, for augmentation.
    """

    name: Name = "resnet"
    filters: Annotated[
        Filters,
        Field(
            strict=False,
            min_length=1,
            description="Channels of each residual block; each block halves the sides.",
        ),
    ] = (24, 48, 96, 192)
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="Share of the pooled features dropped in training.")
    ] = 0.3
    augmentation: Annotated[
        Augmentation, Field(description="How images are varied in training.")
    ] = Augmentation(policy="mixup")
    tta: TTA = 4
    training: Annotated[TrainingSettings, Field(description="How the network is trained.")] = (
        TrainingSettings(
            epochs=150,
            batch_size=16,
            learning_rate=0.03,
            optimizer="sgd",
            weight_decay=0.1,
            schedule="cosine",
            warmup=0.05,
            label_smoothing=0.1,
            average_weights=0.98,
            validate_every=10,
        )
    )

    def __post_init__(self) -> None:
        check_setting(
            "filters",
            holds=2 ** (len(self.filters) + 1) <= min(self.image_size),
            expected=f"few enough for images of {self.image_size}",
            received=self.filters,
            advice="Each block halves the sides: use fewer blocks or larger images.",
        )

    def _network(self, class_count: int, *, seed: int, precision: str) -> Any:
        from peu.networks.residual import residual_network

        return residual_network(
            self.image_size,
            class_count,
            filters=self.filters,
            dropout=self.dropout,
            seed=seed,
            precision=precision,
        )
