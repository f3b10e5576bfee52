"""Evaluation of a denoiser by noise level, beside classical filters on the same images."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PlainSerializer, PlainValidator, TypeAdapter
from pydantic.dataclasses import dataclass

from peu.autoencoders.classical_filters import FILTERS, ClassicalFilter, tune_filters
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.noise import Noise, add_noise, read_noise
from peu.errors import DataError
from peu.evaluation.reconstruction import peak_signal_to_noise, structural_similarity
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.progress import report
from peu.seeds import child_seed

TUNING_IMAGES = 40
_SHOWN_FILTERS = 2
_PHASE = "Evaluating"


_Noise = Annotated[
    Noise,
    PlainValidator(lambda value: value if isinstance(value, Noise) else read_noise(value)),
    PlainSerializer(str),
]
_Array = Annotated[Any, Field(exclude=True, repr=False)]


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Mean quality of images, and how they were filtered.

    Attributes:
        psnr: peak signal-to-noise ratio in dB.
        ssim: structural similarity.
        settings: of a classical filter, those chosen on other images.
    """

    psnr: float
    ssim: float
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelEvaluation:
    """The results on images with one level of noise; quality is a mean over the images.

    Attributes:
        noise: the noise; in JSON as `read_noise` reads it.
        sigma: its standard deviation, where it is Gaussian.
        psnr: of the denoised images, in dB.
        ssim: of the denoised images.
        once_psnr: with the network run once, without shifts or further rounds, in dB.
        once_ssim: the same.
        noisy_psnr: of the noisy images themselves, in dB.
        noisy_ssim: the same.
        classical: of each filter, by its name.
        examples: a few images, (n, height, width, channels) of intensities: "noisy", "denoised",
            and by the best filters.
    """

    noise: _Noise
    sigma: float | None
    psnr: float
    ssim: float
    once_psnr: float
    once_ssim: float
    noisy_psnr: float
    noisy_ssim: float
    classical: dict[str, Quality]
    examples: _Array = None

    @property
    def best_classical(self) -> str | None:
        """The filter with the highest PSNR, or None if none was run."""
        return max(self.classical, key=lambda name: self.classical[name].psnr, default=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class DenoisingEvaluation:
    """The evaluation of a denoiser.

    Attributes:
        images: number of images tested on; it learnt from none of them.
        tuned_on: number of other images on which the filters' settings were chosen.
        levels: one entry per noise, in the order of the arguments.
        clean: the images of the examples without noise, of intensities.
    """

    images: int
    tuned_on: int
    levels: tuple[LevelEvaluation, ...]
    clean: _Array = None

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON; the images are left out."""
        return dict(TypeAdapter(DenoisingEvaluation).dump_python(self, mode="json"))


def evaluate_denoiser(
    denoiser: Denoiser,
    dataset: ImageDataset,
    noises: Sequence[Noise],
    *,
    max_images: int = 500,
    filters: Sequence[ClassicalFilter] = FILTERS,
    examples: int = 6,
    once: bool = False,
    seed: int = 0,
) -> DenoisingEvaluation:
    """Evaluate a denoiser on images that it has not learnt from.

    Every method gets the same noisy images. The filters' settings are chosen for each level on
    other images than those tested on, and the filters are given the level; the denoiser is not.

    Args:
        denoiser: fitted.
        dataset: clean images; those that it learnt from are left out, and serve to tune the
            filters.
        noises: of one amount each.
        max_images: images to test on, drawn at random from more.
        filters: the classical filters; empty leaves them out.
        examples: number of images to keep for showing.
        once: evaluate the network run once, instead of with shifts and rounds.
        seed: random seed of the noise and of the choice of images.

    Raises:
        DataError: it learnt from all of these images.
    """
    tested, others = _split(denoiser, dataset, max_images, seed)
    truth, tuning = (denoiser.pixels(dataset[chosen]) for chosen in (tested, others))
    clean = _intensities(truth)
    levels = []
    for number, noise in enumerate(noises):
        report(_PHASE, number, len(noises))
        noisy = _noisy(truth, noise, child_seed(seed, "test", str(noise)))
        run_once = denoiser.denoise(noisy, once=True)
        images: dict[str, NDArray[Any]] = {
            "noisy": _intensities(noisy),
            "denoised": run_once if once else denoiser.denoise(noisy),
        }
        settings: dict[str, dict[str, Any]] = {}
        if filters:
            tuned = tune_filters(
                _intensities(tuning).astype(np.float64),
                _intensities(_noisy(tuning, noise, child_seed(seed, "tuning", str(noise)))).astype(
                    np.float64
                ),
                noise,
                peak_signal_to_noise,
                filters=filters,
            )
            for each in tuned:
                images[each.name] = each(images["noisy"].astype(np.float64), noise)
                settings[each.name] = dict(each.settings)
        quality = {
            name: Quality(
                psnr=float(peak_signal_to_noise(clean, image).mean()),
                ssim=float(structural_similarity(clean, image).mean()),
                settings=settings.get(name, {}),
            )
            for name, image in {**images, "once": run_once}.items()
        }
        best = sorted(settings, key=lambda name: -quality[name].psnr)[:_SHOWN_FILTERS]
        levels.append(
            LevelEvaluation(
                noise=noise,
                sigma=noise.high if noise.kind == "gaussian" else None,
                psnr=quality["denoised"].psnr,
                ssim=quality["denoised"].ssim,
                once_psnr=quality["once"].psnr,
                once_ssim=quality["once"].ssim,
                noisy_psnr=quality["noisy"].psnr,
                noisy_ssim=quality["noisy"].ssim,
                classical={name: quality[name] for name in settings},
                examples={
                    name: images[name][:examples].astype(np.float32)
                    for name in ("noisy", "denoised", *best)
                },
            )
        )
    report(_PHASE, len(noises), len(noises))
    return DenoisingEvaluation(
        levels=tuple(levels),
        images=len(truth),
        tuned_on=len(tuning) if filters else 0,
        clean=clean[:examples],
    )


def _split(
    denoiser: Denoiser, dataset: ImageDataset, max_images: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose images to test on, which the denoiser does not know, and others to tune filters."""
    learnt = set(denoiser.image_hashes_)
    known = np.array([short_hash(each) in learnt for each in dataset.hashes], np.bool_)
    generators = (np.random.default_rng(child_seed(seed, name)) for name in ("tested", "tuned"))
    new, others = (
        generator.permutation(np.flatnonzero(chosen))
        for generator, chosen in zip(generators, (~known, known), strict=True)
    )
    if len(new) == 0:
        raise DataError(
            "Expected images that the denoiser has not learnt from. It has learnt from all "
            f"{len(dataset)} of these. Name other images."
        )
    if len(others) == 0 and len(new) > 1:
        # The denoiser knows none of these images: some are set apart for the filters.
        apart = min(TUNING_IMAGES, len(new) // 2)
        others, new = new[:apart], new[apart:]
    elif len(others) == 0:
        others = new
    return np.sort(new[:max_images]), np.sort(others[:TUNING_IMAGES])


def _noisy(pixels: NDArray[np.uint8], noise: Noise, seed: int) -> NDArray[np.float32]:
    return add_noise(pixels, noise, np.random.default_rng(seed))


def _intensities(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)
