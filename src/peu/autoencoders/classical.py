"""Classical filters, the yardstick of a learnt denoiser: what is had without any training."""

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.clipping import undo_clipping
from peu.images.workers import in_order
from peu.recipes.noise import Noise

Images = NDArray[np.float64]
Settings = Mapping[str, Any]

DEBIASED = ", debiased"


@dataclass(frozen=True, kw_only=True)
class ClassicalFilter:
    """Hold a filter and the settings that are tried.

    Attributes:
        name: what it is called.
        apply: from an image (height, width, channels) of intensities, the noise's standard
            deviation and settings to an image.
        grid: values to try of each setting.
    """

    name: str
    apply: Callable[[Images, float, Settings], Images]
    grid: Settings

    def choices(self) -> list[dict[str, Any]]:
        """Give every combination of its settings."""
        return [
            dict(zip(self.grid, values, strict=True))
            for values in itertools.product(*self.grid.values())
        ]


@dataclass(frozen=True, kw_only=True)
class ChosenFilter:
    """Hold a filter with the settings that did best on the images they were chosen on.

    Attributes:
        name: the filter's; with ", debiased" where the bias of clipping is undone after it.
        filter: the filter.
        settings: the best of its grid.
        debiased: whether the bias of clipping is undone.
    """

    name: str
    filter: ClassicalFilter
    settings: Settings
    debiased: bool

    def __call__(self, noisy: Images, noise: Noise) -> Images:
        """Clean images (n, height, width, channels) of intensities."""
        return filtered(self.filter, self.settings, noisy, noise, debiased=self.debiased)


def choose_filters(
    truth: Images,
    noisy: Images,
    noise: Noise,
    quality: Callable[[Images, Images], NDArray[np.float64]],
    *,
    filters: Sequence[ClassicalFilter] | None = None,
) -> tuple[ChosenFilter, ...]:
    """Choose the settings of every filter for one noise, on images that are not tested on.

    Each is chosen twice, with and without undoing the bias of clipping. The filters are told how
    strong the noise is, which a blind denoiser is not.

    Args:
        truth: (n, height, width, channels) of intensities.
        noisy: the same images, disturbed.
        noise: of one amount.
        quality: from truth and estimate to one figure an image, the higher the better.
        filters: None takes all of `FILTERS`.

    Returns:
        Two for each filter.
    """
    chosen = []
    for each in FILTERS if filters is None else filters:
        best: dict[bool, tuple[float, dict[str, Any]]] = {}
        for settings in each.choices():
            plain = filtered(each, settings, noisy, noise)
            for debiased, clean in ((False, plain), (True, undo_clipping(plain, noise))):
                score = float(quality(truth, clean).mean())
                if debiased not in best or score > best[debiased][0]:
                    best[debiased] = (score, settings)
        chosen += [
            ChosenFilter(
                name=each.name + (DEBIASED if debiased else ""),
                filter=each,
                settings=MappingProxyType(settings),
                debiased=debiased,
            )
            for debiased, (_, settings) in best.items()
        ]
    return tuple(chosen)


def filtered(
    one: ClassicalFilter,
    settings: Settings,
    noisy: Images,
    noise: Noise,
    *,
    debiased: bool = False,
) -> Images:
    """Clean images (n, height, width, channels) of intensities with one filter."""
    deviation = standard_deviation(noise)
    with warnings.catch_warnings():
        # An image of one grey has no noise to speak of, which scikit-image mentions.
        warnings.simplefilter("ignore")
        clean = list(in_order(lambda image: one.apply(image, deviation, settings), noisy))
    stacked = np.clip(np.stack(clean), 0, 1)
    return undo_clipping(stacked, noise) if debiased else stacked


def standard_deviation(noise: Noise) -> float:
    """Give about the deviation of a pixel of middle grey, which the filters ask for."""
    if noise.kind == "gaussian":
        return noise.high
    if noise.kind == "poisson":
        return float(np.sqrt(0.5 / noise.high))
    return float(0.5 * np.sqrt(noise.high))


def _median(image: Images, _deviation: float, settings: Settings) -> Images:
    from scipy.ndimage import median_filter

    side = settings["side"]
    return np.asarray(median_filter(image, size=(side, side, 1), mode="reflect"))


def _bilateral(image: Images, deviation: float, settings: Settings) -> Images:
    from skimage.restoration import denoise_bilateral

    return _shaped(
        denoise_bilateral(
            _squeezed(image),
            sigma_color=settings["colour"] * deviation,
            sigma_spatial=settings["space"],
            channel_axis=_axis(image),
        ),
        image,
    )


def _nonlocal(image: Images, deviation: float, settings: Settings) -> Images:
    from skimage.restoration import denoise_nl_means

    return _shaped(
        denoise_nl_means(
            _squeezed(image),
            patch_size=settings["patch"],
            patch_distance=settings["distance"],
            h=settings["strength"] * deviation,
            sigma=deviation,
            fast_mode=True,
            channel_axis=_axis(image),
        ),
        image,
    )


def _variation(image: Images, deviation: float, settings: Settings) -> Images:
    from skimage.restoration import denoise_tv_chambolle

    weight = settings["weight"] * deviation
    return np.asarray(denoise_tv_chambolle(image, weight=weight, channel_axis=-1))


def _wavelets(image: Images, deviation: float, settings: Settings) -> Images:
    from skimage.restoration import denoise_wavelet

    return _shaped(
        denoise_wavelet(
            _squeezed(image),
            sigma=settings["strength"] * deviation,
            wavelet=settings["wavelet"],
            method="BayesShrink",
            mode="soft",
            rescale_sigma=True,
            channel_axis=_axis(image),
        ),
        image,
    )


def _axis(image: Images) -> int | None:
    return None if image.shape[2] == 1 else -1


def _squeezed(image: Images) -> Images:
    return image[..., 0] if image.shape[2] == 1 else image


def _shaped(found: Any, like: Images) -> Images:
    return np.asarray(found, np.float64).reshape(like.shape)


FILTERS = (
    ClassicalFilter(name="median", apply=_median, grid=MappingProxyType({"side": (3, 5, 7)})),
    ClassicalFilter(
        name="bilateral",
        apply=_bilateral,
        grid=MappingProxyType({"colour": (0.5, 1.0, 2.0, 4.0), "space": (0.7, 1.0, 2.0)}),
    ),
    ClassicalFilter(
        name="non-local means",
        apply=_nonlocal,
        grid=MappingProxyType(
            {"patch": (3, 5), "distance": (6, 12), "strength": (0.2, 0.4, 0.6, 0.8, 1.1)}
        ),
    ),
    ClassicalFilter(
        name="total variation",
        apply=_variation,
        grid=MappingProxyType({"weight": (0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.4)}),
    ),
    ClassicalFilter(
        name="wavelets",
        apply=_wavelets,
        grid=MappingProxyType(
            {"wavelet": ("db1", "db2", "sym4"), "strength": (0.3, 0.45, 0.6, 0.8, 1.0)}
        ),
    ),
)
