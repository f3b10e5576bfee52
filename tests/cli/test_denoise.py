"""`peu denoise`: learn, clean and measure, and refusals that leave nothing behind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bar_images import bars, saved_bar_denoiser
from command_line import Peu, complaint
from eager_steps import eager_steps
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.inference import Inference
from peu.comparison import denoising
from peu.networks.denoisers import build_denoiser


@pytest.fixture(scope="module")
def bar_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bars") / "bars.npz"
    np.savez(path, x=bars(100)[..., 0])
    return path


@pytest.fixture(scope="module")
def bar_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_bar_denoiser(tmp_path_factory)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Make a folder with every kind of image and one broken file."""
    folder = tmp_path / "scans"
    (folder / "inner").mkdir(parents=True)
    rng = np.random.default_rng(0)
    grey = Image.fromarray(rng.integers(0, 256, (21, 34), dtype=np.uint8))
    colour = Image.fromarray(rng.integers(0, 256, (30, 19, 3), dtype=np.uint8))
    grey.save(folder / "grey.png")
    colour.save(folder / "colour.JPG", format="JPEG")
    colour.save(folder / "inner" / "moving.gif")
    grey.save(folder / "inner" / "grey.tif")
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def _opened(path: str | Path) -> Image.Image:
    """Read a whole image, and leave no file open."""
    with Image.open(path) as image:
        image.load()
        return image


def _json(peu: Peu, *arguments: object) -> Any:
    with eager_steps():
        told = peu("denoise", *arguments, "--json")
    assert told.exit_code == 0, told.stderr
    return json.loads(told.stdout)


def test_a_denoiser_is_trained_saved_measured_and_reported(
    peu: Peu, bar_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoising, "TUNING_IMAGES", 3)
    facts = _json(
        *(peu, "train", bar_file, "--epochs", 2, "--noise", "0-0.4", "--lr", "0.01"),
        *("-o", "model", "--images", 50, "--examples", "examples"),
    )
    assert facts["format"] == 1
    assert (facts["images"], facts["held_out"]) == (40, 10)
    assert (facts["image_size"], facts["channels"]) == ([16, 16], 1)
    assert (facts["network"], facts["noise"]) == ("sheet", "0-0.4")
    check_examples(Path("examples"), Denoiser.load("model"))
    found = _json(
        *(peu, "evaluate", "model", bar_file, "--noise", "0.2,poisson:8", "--images", 6),
        *("--report", "report"),
    )
    first, second = found["levels"]
    assert first["sigma"] == 0.2
    assert second["sigma"] is None
    assert second["noise"] == "poisson:8"
    assert {"psnr", "ssim", "once_psnr", "noisy_psnr", "classical"} <= set(first)
    assert "wavelets, debiased" in first["classical"]
    page = Path("report/report.html").read_text()
    assert "Side by side" in page
    assert "runs on shifted copies" in page
    assert "<script" not in page
    drawings = {path.name for path in Path("report/figures").iterdir()}
    assert {"loss.png", "quality-gaussian.png", "images-0.2.png"} <= drawings
    assert "images-poisson-8.png" in drawings
    for drawing in Path("report/figures").iterdir():
        assert min(_opened(drawing).size) > 50
    assert json.loads(Path("report/report.json").read_text())["levels"] == found["levels"]


def check_examples(folder: Path, denoiser: Denoiser) -> None:
    """Look at what was written of held-out images: rows of rising noise, and each row denoised."""
    facts = json.loads((folder / "examples.json").read_text())
    assert (facts["count"], facts["height"], facts["width"]) == (8, 16, 16)
    levels, learnt_up_to = facts["levels"], facts["learnt_up_to"]
    assert levels[0] == 0
    assert learnt_up_to == 0.4
    assert levels[-1] > learnt_up_to
    original, noisy, denoised = (
        np.asarray(_opened(folder / f"{name}.png"), float)
        for name in ("original", "noisy", "denoised")
    )
    assert original.shape == (16, 8 * 16)
    assert noisy.shape == denoised.shape == (len(levels) * 16, 8 * 16)
    assert np.array_equal(noisy[:16], original)
    errors = [np.abs(noisy[16 * at : 16 * at + 16] - original).mean() for at in range(len(levels))]
    assert errors == sorted(errors)
    assert [row[0] for row in facts["noisy_psnr"]] == sorted(
        (row[0] for row in facts["noisy_psnr"]), reverse=True
    )
    again = 255 * denoiser.denoise(noisy[16:32, :16, None])[..., 0]
    # The noise on disk is rounded to whole grey levels.
    assert np.abs(again - denoised[16:32, :16]).max() < 4


def test_two_networks_of_chosen_filters_and_loss_are_evaluated_as_one(
    peu: Peu, bar_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoising, "TUNING_IMAGES", 3)
    train = (peu, "train", bar_file, "--images", 30, "--network", "unet", "--epochs", 1)
    both = _json(*train, "--filters", "2,4", "--loss", "mixed", "--members", 2, "-o", "both")
    assert both["parameters"] == 2 * build_denoiser("unet", (2, 4)).count_params()
    assert Denoiser.load("both").loss == "mixed"
    with eager_steps():
        told = peu("denoise", "evaluate", "both", bar_file, "--images", 4, "--noise", 0.2)
    assert told.exit_code == 0


def test_copies_keep_names_sizes_and_colour(peu: Peu, bar_model: Path, scans: Path) -> None:
    told = peu("denoise", "apply", bar_model, scans, "-o", "clean")
    assert told.exit_code == 0, told.stderr
    assert "broken.png" in told.stderr
    assert "4 images denoised" in told.stdout
    written = {
        path.relative_to("clean").as_posix(): _opened(path) for path in Path("clean").rglob("*.*")
    }
    assert set(written) == {"grey.png", "colour.JPG", "inner/moving.gif.png", "inner/grey.tif"}
    assert written["grey.png"].size == (34, 21)
    assert written["grey.png"].mode == "L"
    assert (written["colour.JPG"].format, written["colour.JPG"].size) == ("JPEG", (19, 30))
    assert written["inner/grey.tif"].format == "TIFF"


def test_a_copy_is_what_the_network_gives_run_once_or_shifted(
    peu: Peu, bar_model: Path, scans: Path
) -> None:
    denoiser = Denoiser.load(bar_model)
    denoiser.inference_ = Inference(shifted=True)
    shifting = Path("shifting")
    denoiser.save(shifting)
    for name, more in {"once": ("--once",), "shifted": ()}.items():
        told = peu("denoise", "apply", shifting, scans / "grey.png", "-o", name, *more)
        assert told.exit_code == 0, told.stderr
    scan = np.asarray(_opened(scans / "grey.png"))[..., None]
    copies = [np.asarray(_opened(f"{name}/grey.png")) for name in ("once", "shifted")]
    for copy, once in zip(copies, (True, False), strict=True):
        expected = np.rint(255 * denoiser.denoise(scan, once=once))[..., 0]
        np.testing.assert_array_equal(copy, expected)
    assert not np.array_equal(copies[0], copies[1])


def test_images_of_a_known_set_are_denoised(peu: Peu, bar_model: Path) -> None:
    told = peu("denoise", "apply", bar_model, "digits", "--first", 2, "--once", "-o", "clean")
    assert told.exit_code == 0, told.stderr
    assert [path.name for path in sorted(Path("clean").iterdir())] == ["00000.png", "00001.png"]
    refused = peu("denoise", "apply", bar_model, "digits", "--part", "test", "-o", "none")
    assert refused.exit_code == 3
    assert "Leave out --part" in complaint(refused)


def test_no_copy_replaces_anything_unasked(peu: Peu, bar_model: Path, scans: Path) -> None:
    apply = ("denoise", "apply", bar_model, scans, "--quiet", "-o")
    before = (scans / "grey.png").read_bytes()
    itself = peu(*apply, scans, "--overwrite")
    assert itself.exit_code == 3
    assert "must not replace its image" in complaint(itself)
    assert (scans / "grey.png").read_bytes() == before
    assert peu(*apply, "clean").exit_code == 0
    Path("clean/grey.png").write_bytes(b"mine")
    again = peu(*apply, "clean")
    assert again.exit_code == 5
    assert "--overwrite" in complaint(again)
    assert Path("clean/grey.png").read_bytes() == b"mine"
    assert peu(*apply, "clean", "--overwrite").exit_code == 0
    assert _opened("clean/grey.png").size == (34, 21)


def test_two_images_with_one_name_are_refused(peu: Peu, bar_model: Path, scans: Path) -> None:
    told = peu("denoise", "apply", bar_model, scans / "grey.png", scans, "-o", "clean")
    assert told.exit_code == 3
    assert "Two images" in complaint(told)
    assert not Path("clean").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "nowhere"), 3),
        (("train", "digits", "--noise", "loud"), 2),
        (("train", "digits", "--noise", "poisson:9", "--examples", "there"), 2),
        (("train", "digits", "--image-size", "30"), 2),
        (("train", "digits", "--epochs", "0"), 2),
        (("apply", "nowhere", ".", "-o", "clean"), 3),
        (("evaluate", "nowhere", "digits"), 4),
        (("evaluate", "nowhere", "digits", "--noise", "0-0.6"), 2),
        (("evaluate", "nowhere", "digits", "--noise", "0.1,"), 2),
        (("train", "digits", "--filters", "24;48"), 2),
        (("train", "digits", "--members", "0"), 2),
    ],
)
def test_what_cannot_work_is_one_line_and_a_code(
    peu: Peu, arguments: tuple[str, ...], code: int
) -> None:
    told = peu("denoise", *arguments)
    assert told.exit_code == code
    complaint(told)
    assert not list(Path().iterdir())
