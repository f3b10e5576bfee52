"""What a report says of a denoiser: the noisiest level, and the harm that it does."""

import numpy as np

from peu.autoencoders.noise import read_noise
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation, Quality
from peu.reports.denoising_figures import quality_figure
from peu.reports.denoising_report import examples_of, verdict_on

_EMPTY = np.zeros((2, 8, 8, 1), np.float32)


def _level(noise: str, psnr: float, noisy: float, rival: float) -> LevelEvaluation:
    return LevelEvaluation(
        noise=read_noise(noise),
        sigma=None,
        psnr=psnr,
        ssim=0.9,
        once_psnr=psnr - 1,
        once_ssim=0.8,
        noisy_psnr=noisy,
        noisy_ssim=0.5,
        classical={"median, debiased": Quality(psnr=rival, ssim=0.6, settings={"side": 3})},
        examples={"noisy": _EMPTY, "denoised": _EMPTY},
    )


def _figures(*levels: LevelEvaluation) -> DenoisingEvaluation:
    return DenoisingEvaluation(levels=levels, images=9, tuned_on=4, clean=_EMPTY)


def test_the_noisiest_level_is_spoken_of_whatever_its_kind() -> None:
    found = verdict_on(_figures(_level("poisson:30", 25, 20, 22), _level("0.4", 18, 11, 17)))
    assert found.tone == "verdict"
    assert found.items == ()
    assert "At 0.4 the denoiser reaches 18.0 dB, 7.0 above the noisy images" in found.text
    assert "1.0 above the best of the classical filters, median, debiased" in found.text


def test_harm_is_said() -> None:
    found = verdict_on(_figures(_level("0.1", 14, 22, 23), _level("0.4", 13, 11, 15)))
    assert found.tone == "warning"
    assert "2.0 below the best" in found.text
    assert len(found.items) == 1
    assert "harm at 0.1" in found.items[0]


def test_figures_hold_their_numbers() -> None:
    levels = [_level("0.4", 18, 11, 17), _level("0.1", 26, 22, 24)]
    figure = quality_figure(levels)
    assert figure.png.startswith(b"\x89PNG")
    assert "at 0.4 18.0 dB denoised" in figure.alternative
    assert figure.table.rows[1] == ("the network, run once", "17.00 / 0.800", "25.00 / 0.800")
    assert figure.table.rows[0] == ("denoised", "18.00 / 0.900", "26.00 / 0.900")
    # Three rows of two images, each enlarged to 56 pixels, with gaps of 2 between.
    assert examples_of(_figures(*levels), levels[0]).size == (2 * 56 + 2, 3 * 56 + 2 * 2)
