"""How well a denoiser does, level by level, beside classical filters on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.classical import FILTERS, ClassicalFilter, choose_filters
from peu.autoencoders.denoise import denoise_batch
from peu.autoencoders.images import image_pixels
from peu.autoencoders.noise import add_noise
from peu.autoencoders.passes import ONCE
from peu.errors import DataError
from peu.evaluation.reconstruction import peak_signal_to_noise, structural_similarity
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.marks import image_mark
from peu.progress import report
from peu.recipes.denoising import Denoising
from peu.recipes.noise import Noise
from peu.seeds import child_seed

TUNED_ON = 40
_BEST = 2


@dataclass(frozen=True, kw_only=True)
class FilterFigures:
    """Hold what a classical filter did at one level.

    Attributes:
        psnr: mean over the images, in dB.
        ssim: mean over the images.
        settings: those chosen on other images.
    """

    psnr: float
    ssim: float
    settings: dict[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class LevelFigures:
    """Hold what a denoiser did on images with one level of noise.

    Attributes:
        noise: the noise.
        psnr: mean over the images, in dB.
        ssim: mean over the images.
        plain_psnr: of the network run once, without shifts or further rounds, in dB.
        plain_ssim: the same.
        noisy_psnr: of the images as they came, in dB.
        noisy_ssim: of the images as they came.
        classical: of each filter by its name.
        examples: up to so many images as the noise left them, (n, height, width, channels)
            of intensities, and by name what came of them.
    """

    noise: Noise
    psnr: float
    ssim: float
    plain_psnr: float
    plain_ssim: float
    noisy_psnr: float
    noisy_ssim: float
    classical: dict[str, FilterFigures]
    examples: dict[str, NDArray[np.float32]]

    @property
    def best_classical(self) -> str | None:
        """The filter with the highest PSNR, or None where none was run."""
        return max(self.classical, key=lambda name: self.classical[name].psnr, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as what JSON can hold."""
        named = {"sigma": self.noise.high} if self.noise.kind == "gaussian" else {}
        return {
            **named,
            "noise": str(self.noise),
            "psnr": self.psnr,
            "ssim": self.ssim,
            "plain_psnr": self.plain_psnr,
            "plain_ssim": self.plain_ssim,
            "noisy_psnr": self.noisy_psnr,
            "noisy_ssim": self.noisy_ssim,
            "classical": {name: one.psnr for name, one in self.classical.items()},
            "classical_ssim": {name: one.ssim for name, one in self.classical.items()},
            "classical_settings": {name: one.settings for name, one in self.classical.items()},
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class DenoisingFigures:
    """Hold the figures of a denoiser.

    Attributes:
        levels: one entry for each noise, in the order asked for.
        images: how many it was tested on; it learnt from none of them.
        tuned_on: how many other images the filters' settings were chosen on.
        clean: the images of the examples before the noise, of intensities.
    """

    levels: tuple[LevelFigures, ...]
    images: int
    tuned_on: int
    clean: NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as what JSON can hold."""
        return {
            "images": self.images,
            "tuned_on": self.tuned_on,
            "levels": [level.to_dict() for level in self.levels],
        }


def evaluate_denoiser(
    model: Autoencoder,
    dataset: ImageDataset,
    noises: Sequence[Noise],
    *,
    most: int = 500,
    filters: Sequence[ClassicalFilter] = FILTERS,
    examples: int = 6,
    plain: bool = False,
    seed: int = 0,
) -> DenoisingFigures:
    """Measure a denoiser on images that it has not learnt from.

    Every method meets the same noisy images. The filters' settings are chosen for each level
    on other images than those tested, and they are told the level; the denoiser is not.

    Args:
        model: a denoiser.
        dataset: clean images; those that it learnt from are left out, and serve to choose the
            filters' settings.
        noises: of one amount each.
        most: images to test on, drawn from the seed where there are more.
        filters: the classical filters; empty leaves them out.
        examples: images to keep for showing.
        plain: measure the network alone, run once, instead of what `denoise` makes with it.
        seed: of the noise and of the choice of images.

    Returns:
        The figures.

    Raises:
        DataError: it learnt from all of these images.
    """
    tested, others = _parted(model, dataset, most, seed)
    truth, tuning = (_pixels(model, dataset, chosen) for chosen in (tested, others))
    levels = []
    stage = "Measuring"
    report(stage, 0, len(noises))
    for number, noise in enumerate(noises):
        levels.append(_level(model, noise, truth, tuning, filters, examples, plain, seed))
        report(stage, number + 1, len(noises))
    return DenoisingFigures(
        levels=tuple(levels),
        images=len(truth),
        tuned_on=len(tuning) if filters else 0,
        clean=_intensities(truth[:examples]),
    )


def _level(
    model: Autoencoder,
    noise: Noise,
    truth: NDArray[np.uint8],
    tuning: NDArray[np.uint8],
    filters: Sequence[ClassicalFilter],
    examples: int,
    plain: bool,
    seed: int,
) -> LevelFigures:
    noisy = _disturbed(truth, noise, child_seed(seed, "test", str(noise)))
    clean = _intensities(truth)
    shown = _intensities(noisy)
    once = denoise_batch(model, noisy, passes=ONCE)
    cleaned = once if plain else denoise_batch(model, noisy)
    kept = {"noisy": shown[:examples], "denoised": cleaned[:examples]}
    classical = {}
    if filters:
        given = _intensities(_disturbed(tuning, noise, child_seed(seed, "tuning", str(noise))))
        chosen = choose_filters(
            _intensities(tuning).astype(np.float64),
            given.astype(np.float64),
            noise,
            peak_signal_to_noise,
            filters=filters,
        )
        for one in chosen:
            estimate = one(shown.astype(np.float64), noise)
            classical[one.name] = FilterFigures(
                psnr=float(peak_signal_to_noise(clean, estimate).mean()),
                ssim=float(structural_similarity(clean, estimate).mean()),
                settings=dict(one.settings),
            )
            kept[one.name] = estimate[:examples].astype(np.float32)
        best = sorted(classical, key=lambda name: -classical[name].psnr)[:_BEST]
        kept = {name: kept[name] for name in ("noisy", "denoised", *best)}
    return LevelFigures(
        noise=noise,
        psnr=float(peak_signal_to_noise(clean, cleaned).mean()),
        ssim=float(structural_similarity(clean, cleaned).mean()),
        plain_psnr=float(peak_signal_to_noise(clean, once).mean()),
        plain_ssim=float(structural_similarity(clean, once).mean()),
        noisy_psnr=float(peak_signal_to_noise(clean, shown).mean()),
        noisy_ssim=float(structural_similarity(clean, shown).mean()),
        classical=classical,
        examples=kept,
    )


def _parted(
    model: Autoencoder, dataset: ImageDataset, most: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose images to test on, which the model has not seen, and others to tune filters on."""
    learnt = set(model.provenance.get("image_marks", ()))
    seen = np.array([image_mark(facts.sha256) in learnt for facts in dataset.facts], np.bool_)
    unseen = np.random.default_rng(child_seed(seed, "tested")).permutation(np.flatnonzero(~seen))
    if len(unseen) == 0:
        raise DataError(
            f"Expected images that the denoiser has not learnt from; it learnt from all "
            f"{len(dataset)} of these. Give others."
        )
    others = np.random.default_rng(child_seed(seed, "tuned-cnn")).permutation(np.flatnonzero(seen))
    if len(others) == 0:
        # A set that the model knows nothing of: a part of it is set apart for the filters.
        apart = min(TUNED_ON, len(unseen) // 2) or 1
        others, unseen = unseen[:apart], unseen[apart:] if len(unseen) > 1 else unseen
    return np.sort(unseen[:most]), np.sort(others[:TUNED_ON])


def _pixels(
    model: Autoencoder, dataset: ImageDataset, chosen: NDArray[np.int64]
) -> NDArray[np.uint8]:
    recipe = model.recipe
    fit = recipe.resize_mode if isinstance(recipe, Denoising) else "crop"
    channels = "grey" if model.channels == 1 else "colour"
    return image_pixels(
        dataset[chosen],
        model.image_size,
        fit,
        channels,  # type: ignore[arg-type]
    )


def _disturbed(pixels: NDArray[np.uint8], noise: Noise, seed: int) -> NDArray[np.float32]:
    return add_noise(pixels, noise, np.random.default_rng(seed))


def _intensities(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)
