"""Held-out images at rising noise, and what a denoiser makes of them, as images and figures."""

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.noise import Noise, add_noise, read_noise
from peu.comparison.tiles import write_tiles
from peu.errors import RecipeError
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.files import write_json
from peu.images.dataset import ImageDataset
from peu.progress import report
from peu.seeds import child_seed

FORMAT = 1
_LEVELS = 17
_BEYOND = 4 / 3
_PHASE = "Denoising examples"


def check_noise_steps(noise: str | float) -> None:
    """Refuse noise that has no lowest level of nothing at all.

    Raises:
        RecipeError: it counts photons.
    """
    if read_noise(noise).kind == "poisson":
        raise RecipeError(
            "Examples need noise that rises from 0: a standard deviation or salt-and-pepper. "
            f"Received: {noise}. Leave out --examples."
        )


def write_noise_steps(
    denoiser: Denoiser, dataset: ImageDataset, folder: str | Path, *, count: int = 8
) -> Path:
    """Write held-out images with more and more noise on them, and each of them denoised.

    The noise rises from none to a third more than the strongest of the training. It is drawn once
    for each image and then scaled, so that it grows where it is and does not flicker.

    Args:
        denoiser: fitted on the dataset, with noise that can be 0.
        dataset: of which as many held-out images are taken, evenly spaced.
        folder: made if missing; `original.png`, `noisy.png`, `denoised.png` and `examples.json` in
            it are replaced. An image is a column, and a level of noise a row.
        count: images at most.

    Returns:
        The JSON file, which is written last, with the peak signal-to-noise ratios in dB.

    Raises:
        RecipeError: as `check_noise_steps`.
        ResourceError: the disk is full or cannot be written.
    """
    check_noise_steps(denoiser.noise)
    split = denoiser.split(dataset)
    at = np.linspace(0, len(split.test) - 1, min(count, len(split.test))).astype(np.int64)
    clean = split.test[at]
    strongest = read_noise(denoiser.noise).strongest(_BEYOND)
    levels = np.linspace(0, strongest.high, _LEVELS).round(4)
    noisy, denoised = [], []
    for number, level in enumerate(levels.tolist()):
        report(_PHASE, number, _LEVELS)
        noisy.append(_with_noise(clean, strongest, level, denoiser.seed))
        denoised.append(255 * denoiser.denoise(noisy[-1]))
    report(_PHASE, _LEVELS, _LEVELS)
    place = Path(folder)
    for name, rows in (("original", [clean]), ("noisy", noisy), ("denoised", denoised)):
        write_tiles(place / f"{name}.png", np.stack(rows))
    facts = {
        "format": FORMAT,
        "noise": str(read_noise(denoiser.noise)),
        "learnt_up_to": read_noise(denoiser.noise).high,
        "levels": levels.tolist(),
        "count": len(clean),
        "height": clean.shape[1],
        "width": clean.shape[2],
        "trained_on": denoiser.n_images_,
        "noisy_psnr": _psnr(clean, noisy),
        "denoised_psnr": _psnr(clean, denoised),
    }
    write_json(place / "examples.json", facts)
    return place / "examples.json"


def _with_noise(
    clean: NDArray[np.uint8], noise: Noise, level: float, seed: int
) -> NDArray[np.float32]:
    if level == 0:
        return clean.astype(np.float32)
    generator = np.random.default_rng(child_seed(seed, "examples"))
    return add_noise(clean, dataclasses.replace(noise, low=level, high=level), generator)


def _psnr(clean: NDArray[np.uint8], images: list[NDArray[np.float32]]) -> list[list[float]]:
    """For each level the ratio of each image, in dB."""
    truth = clean / 255
    return [peak_signal_to_noise(truth, each / 255).round(2).tolist() for each in images]
