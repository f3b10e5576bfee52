"""Classical filters: the baseline of a learnt denoiser, without any training."""

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.clipping_bias import undo_clipping_bias
from peu.autoencoders.noise import Noise
from peu.images.workers import in_order

Images = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClassicalFilter:
    """A filter and the values that are tried for its settings.

    Attributes:
        name: as in tables.
        apply: from an image (height, width, channels) of intensities, the noise's standard
            deviation and settings to an image of as many values.
        grid: values to try for each setting.
    """

    name: str
    apply: Callable[..., Any]
    grid: Mapping[str, Sequence[Any]]

    def choices(self) -> list[dict[str, Any]]:
        """All combinations of settings."""
        combinations = itertools.product(*self.grid.values())
        return [dict(zip(self.grid, values, strict=True)) for values in combinations]

    def __call__(
        self, noisy: Images, noise: Noise, settings: Mapping[str, Any], *, debiased: bool = False
    ) -> Images:
        """Clean images.

        Args:
            noisy: (n, height, width, channels) of intensities.
            noise: of one amount, which the filter is given.
            settings: one of `choices`.
            debiased: whether the bias of clipping is undone afterwards.

        Returns:
            Intensities of the same shape, in [0, 1].
        """
        deviation = standard_deviation(noise)

        def clean(image: Images) -> Images:
            return np.asarray(self.apply(image, deviation, **settings)).reshape(image.shape)

        with warnings.catch_warnings():
            # scikit-image warns of an image of one grey, which has no noise to estimate.
            warnings.simplefilter("ignore")
            cleaned = np.clip(np.stack(list(in_order(clean, noisy))), 0, 1)
        return undo_clipping_bias(cleaned, noise) if debiased else cleaned


@dataclass(frozen=True, kw_only=True)
class TunedFilter:
    """A filter with the settings that did best on the images they were chosen on.

    Attributes:
        filter: the filter.
        settings: the best of its grid.
        debiased: whether the bias of clipping is undone after it.
    """

    filter: ClassicalFilter
    settings: Mapping[str, Any]
    debiased: bool

    @property
    def name(self) -> str:
        """The filter's name, with ", debiased" where the bias of clipping is undone."""
        return self.filter.name + (", debiased" if self.debiased else "")

    def __call__(self, noisy: Images, noise: Noise) -> Images:
        """Clean images (n, height, width, channels) of intensities."""
        return self.filter(noisy, noise, self.settings, debiased=self.debiased)


def tune_filters(
    truth: Images,
    noisy: Images,
    noise: Noise,
    quality: Callable[[Images, Images], NDArray[np.float64]],
    *,
    filters: Sequence[ClassicalFilter] | None = None,
) -> tuple[TunedFilter, ...]:
    """Choose the settings of every filter for one noise, on images that are not tested on.

    Each is chosen twice, with and without undoing the bias of clipping. The filters are given the
    amount of noise, which a blind denoiser is not.

    Args:
        truth: (n, height, width, channels) of intensities.
        noisy: the same images with noise.
        noise: of one amount.
        quality: from truth and estimate to one figure per image, the higher the better.
        filters: None takes all of `FILTERS`.

    Returns:
        Two for each filter.
    """
    tuned = []
    for each in FILTERS if filters is None else filters:
        tried: dict[bool, list[tuple[float, dict[str, Any]]]] = {False: [], True: []}
        for settings in each.choices():
            plain = each(noisy, noise, settings)
            for debiased, clean in ((False, plain), (True, undo_clipping_bias(plain, noise))):
                tried[debiased].append((float(quality(truth, clean).mean()), settings))
        for debiased, results in tried.items():
            _, best = max(results, key=lambda result: result[0])
            tuned.append(TunedFilter(filter=each, settings=best, debiased=debiased))
    return tuple(tuned)


def standard_deviation(noise: Noise) -> float:
    """Approximate deviation of a middle grey pixel, which the filters ask for."""
    if noise.kind == "gaussian":
        return noise.high
    if noise.kind == "poisson":
        return float(np.sqrt(0.5 / noise.high))
    return float(0.5 * np.sqrt(noise.high))


def _median(image: Images, _deviation: float, *, side: int) -> Any:
    from scipy.ndimage import median_filter

    return median_filter(image, size=(side, side, 1), mode="reflect")


def _bilateral(image: Images, deviation: float, *, colour: float, space: float) -> Any:
    from skimage.restoration import denoise_bilateral

    return denoise_bilateral(
        **_image_and_axis(image), sigma_color=colour * deviation, sigma_spatial=space
    )


def _nonlocal(
    image: Images, deviation: float, *, patch: int, distance: int, strength: float
) -> Any:
    from skimage.restoration import denoise_nl_means

    return denoise_nl_means(
        **_image_and_axis(image),
        patch_size=patch,
        patch_distance=distance,
        h=strength * deviation,
        sigma=deviation,
        fast_mode=True,
    )


def _total_variation(image: Images, deviation: float, *, weight: float) -> Any:
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(image, weight=weight * deviation, channel_axis=-1)


def _wavelets(image: Images, deviation: float, *, wavelet: str, strength: float) -> Any:
    from skimage.restoration import denoise_wavelet

    return denoise_wavelet(
        **_image_and_axis(image),
        sigma=strength * deviation,
        wavelet=wavelet,
        method="BayesShrink",
        mode="soft",
        rescale_sigma=True,
    )


def _image_and_axis(image: Images) -> dict[str, Any]:
    """A grey image as a plane without a channel axis, as scikit-image wants it."""
    if image.shape[2] == 1:
        return {"image": image[..., 0], "channel_axis": None}
    return {"image": image, "channel_axis": -1}


FILTERS = (
    ClassicalFilter(name="median", apply=_median, grid={"side": (3, 5, 7)}),
    ClassicalFilter(
        name="bilateral",
        apply=_bilateral,
        grid={"colour": (0.5, 1.0, 2.0, 4.0), "space": (0.7, 1.0, 2.0)},
    ),
    ClassicalFilter(
        name="non-local means",
        apply=_nonlocal,
        grid={"patch": (3, 5), "distance": (6, 12), "strength": (0.2, 0.4, 0.6, 0.8, 1.1)},
    ),
    ClassicalFilter(
        name="total variation",
        apply=_total_variation,
        grid={"weight": (0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.4)},
    ),
    ClassicalFilter(
        name="wavelets",
        apply=_wavelets,
        grid={"wavelet": ("db1", "db2", "sym4"), "strength": (0.3, 0.45, 0.6, 0.8, 1.0)},
    ),
)
