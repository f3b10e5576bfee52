"""A denoiser is measured on images that it has not seen, beside filters chosen on others."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from bar_images import saved_bar_denoiser, write_bars
from peu.autoencoders.classical_filters import FILTERS
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.images import image_set
from peu.autoencoders.inference import Inference
from peu.autoencoders.noise import add_noise, read_noise
from peu.comparison.denoising import evaluate_denoiser
from peu.errors import DataError
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.seeds import child_seed

LEVELS = [read_noise(0.1), read_noise(0.3)]


@pytest.fixture(scope="module")
def grey_bars(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_images(write_bars(tmp_path_factory.mktemp("bars") / "bars.npz"))


@pytest.fixture(scope="module")
def bar_denoiser(tmp_path_factory: pytest.TempPathFactory) -> Denoiser:
    return Denoiser.load(saved_bar_denoiser(tmp_path_factory))


def test_the_figures_are_those_of_held_out_images(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    found = evaluate_denoiser(bar_denoiser, grey_bars, LEVELS, filters=(), examples=3)
    held_out = image_set(grey_bars, seed=1).test
    assert found.images == len(held_out)
    assert found.tuned_on == 0
    for level in found.levels:
        drawn = np.random.default_rng(child_seed(0, "test", str(level.noise)))
        noisy = add_noise(held_out, level.noise, drawn) / 255
        truth = held_out / 255
        assert level.noisy_psnr == pytest.approx(peak_signal_to_noise(truth, noisy).mean())
        assert level.best_classical is None
        assert set(level.examples) == {"noisy", "denoised"}
        np.testing.assert_allclose(level.examples["noisy"], noisy[:3], atol=1e-6)
    assert found.levels[1].psnr > found.levels[1].noisy_psnr + 2
    assert found.levels[1].ssim > found.levels[1].noisy_ssim
    np.testing.assert_allclose(found.clean, held_out[:3] / 255, atol=1e-6)


def test_shifts_are_evaluated_beside_the_network_run_once(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    shifted = copy.copy(bar_denoiser)
    shifted.inference_ = Inference(shifted=True)
    (both,) = evaluate_denoiser(shifted, grey_bars, LEVELS[1:], filters=()).levels
    (alone,) = evaluate_denoiser(shifted, grey_bars, LEVELS[1:], filters=(), once=True).levels
    assert both.psnr != both.once_psnr
    assert alone.psnr == alone.once_psnr == both.once_psnr
    assert alone.ssim == both.once_ssim


def test_shifts_make_digits_better_than_the_network_run_once(
    peu_data: Path, tmp_path: Path
) -> None:
    counts = {"train": 2000, "test": 100}
    with np.load(peu_data / "mnist.npz") as stored:
        few = {
            f"{kind}_{part}": stored[f"{kind}_{part}"][:count]
            for part, count in counts.items()
            for kind in ("x", "y")
        }
    np.savez(tmp_path / "few.npz", **few)
    digits = load_images(tmp_path / "few.npz")
    denoiser = Denoiser(epochs=2, batch_size=16).fit(digits)
    assert denoiser.inference_.shifted
    levels = [read_noise(0.2), read_noise(0.4)]
    for level in evaluate_denoiser(denoiser, digits, levels, filters=()).levels:
        assert level.psnr > level.once_psnr + 0.2


def test_filters_are_measured_on_the_same_images(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    found = evaluate_denoiser(
        bar_denoiser, grey_bars, LEVELS[1:], max_images=8, filters=FILTERS[:1], seed=4
    )
    assert (found.images, found.tuned_on) == (8, 40)
    (level,) = found.levels
    assert set(level.classical) == {"median", "median, debiased"}
    assert level.best_classical in level.classical
    written = json.loads(json.dumps(found.to_dict()))["levels"][0]
    assert written["sigma"] == 0.3
    assert written["classical"]["median"]["psnr"] == level.classical["median"].psnr
    assert {"psnr", "ssim", "noisy_psnr"} <= set(written)


def test_the_same_seed_gives_the_same_figures(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    first, again, other = (
        evaluate_denoiser(bar_denoiser, grey_bars, LEVELS[:1], max_images=9, filters=(), seed=seed)
        for seed in (0, 0, 1)
    )
    assert first.to_dict() == again.to_dict()
    assert first.to_dict() != other.to_dict()


def test_images_it_learnt_from_are_refused(bar_denoiser: Denoiser, grey_bars: ImageDataset) -> None:
    learnt = grey_bars[image_set(grey_bars, seed=1).train_indices]
    with pytest.raises(DataError, match="learnt from all"):
        evaluate_denoiser(bar_denoiser, learnt, LEVELS[:1])


def test_a_foreign_set_is_parted_for_the_filters(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    strange = grey_bars[image_set(grey_bars, seed=1).test_indices]
    found = evaluate_denoiser(bar_denoiser, strange, LEVELS[:1], filters=FILTERS[:1])
    assert found.tuned_on == 16
    assert found.images == 16
