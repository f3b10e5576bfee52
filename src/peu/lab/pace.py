"""How much a lab computes: the whole of it, or a quick look."""

from dataclasses import dataclass

from peu.recipes.variational import KLWeight


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Say how large each experiment is.

    Attributes:
        sheet_size: side in pixels of the images that the sheet's own network learns from.
        sheet_epochs: of that network.
        small_size: side in pixels where many trainings are compared.
        folds: of the images that choices are made on.
        tried_folds: in how many of them networks are trained.
        values: of every setting that is varied, how many beside the usual one.
        push: how many times as long the best configuration is trained.
        varied_times: how many times as long networks learn from varied images.
        policies: augmentations that are compared, beside none.
        augmented: whether peu's own network for varied images runs too.
        tuning_epochs: of fine-tuning.
        noisy_images: that the denoiser learns from.
        noisy_epochs: of the denoiser.
        mapped_images: that the variational auto-encoder learns from.
        mapped_epochs: of it.
        mapped_batch: images of one of its steps.
        kl_weights: that are compared.
    """

    sheet_size: int
    sheet_epochs: int
    small_size: int
    folds: int
    tried_folds: int
    values: int
    push: int
    varied_times: int
    policies: tuple[str, ...]
    augmented: bool
    tuning_epochs: int
    noisy_images: int
    noisy_epochs: int
    mapped_images: int
    mapped_epochs: int
    mapped_batch: int
    kl_weights: tuple[KLWeight, ...]


WHOLE = Pace(
    sheet_size=224,
    sheet_epochs=15,
    small_size=48,
    folds=3,
    tried_folds=3,
    values=2,
    push=4,
    varied_times=2,
    policies=("vertical", "flip", "standard", "strong", "mixup", "erase"),
    augmented=True,
    tuning_epochs=10,
    noisy_images=6_000,
    noisy_epochs=20,
    mapped_images=6_000,
    mapped_epochs=15,
    mapped_batch=64,
    kl_weights=(1.0, 0.01, 1e-3, 1e-4, "auto"),
)
QUICK = Pace(
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
    noisy_images=2_000,
    noisy_epochs=3,
    mapped_images=2_000,
    mapped_epochs=6,
    mapped_batch=32,
    kl_weights=(1.0, "auto"),
)
