"""How much a lab computes: the whole of it, a quick look, or what the sheet writes."""

from dataclasses import dataclass, replace

from peu.networks.choices import KLWeight


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How large each experiment is; by default, in a whole lab.

    Attributes:
        sheet_size: side in pixels of the images that the sheet's own network is trained on.
        sheet_epochs: of that network.
        small_size: side in pixels where many trainings are compared.
        folds: of the training images, by which choices are made.
        tried_folds: in how many of them networks are trained.
        values: of every setting that is varied, how many beside the usual one.
        push: how many times as long the best configuration is trained.
        varied_times: how many times as long networks are trained with augmentation.
        policies: augmentations that are compared, beside none.
        augmented: whether peu's residual network is trained too.
        tuning_epochs: of fine-tuning.
        output_images: training images of a denoiser's output that is tried, for two epochs.
        output_seeds: trainings of each.
        noisy_images: training images of the denoiser.
        noisy_epochs: of the denoiser.
        mapped_images: training images of the variational auto-encoder.
        mapped_epochs: of the variational auto-encoder.
        mapped_batch: images of one of its steps.
        kl_weights: that are compared.
    """

    sheet_size: int = 224
    sheet_epochs: int = 15
    small_size: int = 64
    folds: int = 3
    tried_folds: int = 3
    values: int = 2
    push: int = 4
    varied_times: int = 2
    policies: tuple[str, ...] = ("vertical", "flip", "standard", "strong", "mixup", "erase")
    augmented: bool = True
    tuning_epochs: int = 10
    output_images: int = 4_800
    output_seeds: int = 3
    noisy_images: int = 8_000
    noisy_epochs: int = 20
    mapped_images: int = 10_000
    mapped_epochs: int = 15
    # In the sheet's batches of 128 so few images would take a sixth of its steps, not a third.
    mapped_batch: int = 64
    kl_weights: tuple[KLWeight, ...] = (1.0, 0.01, 1e-3, 1e-4, 1e-5, "auto")


FULL = Budget()
QUICK = Budget(
    sheet_size=48,
    sheet_epochs=12,
    small_size=32,
    folds=2,
    tried_folds=1,
    values=1,
    push=2,
    varied_times=1,
    policies=("vertical", "standard"),
    augmented=False,
    tuning_epochs=3,
    output_images=3_200,
    output_seeds=1,
    noisy_images=2_000,
    noisy_epochs=3,
    mapped_images=2_000,
    mapped_epochs=5,
    mapped_batch=32,
    kl_weights=(1.0, 1e-3, 1e-4, "auto"),
)
# Every digit, and the sheet's batches and epochs; where it names none, 20 and Keras's own 32.
AS_WRITTEN = replace(
    FULL,
    sheet_epochs=20,
    small_size=224,
    noisy_images=60_000,
    mapped_images=60_000,
    mapped_batch=128,
)
