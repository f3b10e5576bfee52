"""`peu denoise evaluate`: PSNR and SSIM by noise level, beside classical filters."""

from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import ReportFolder, SavedDenoiser, TestData, open_test_images
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.denoise_apply import Once
from peu.cli.handle_errors import handle_errors
from peu.errors import RecipeError

if TYPE_CHECKING:
    from peu.autoencoders.noise import Noise
    from peu.comparison.denoising import DenoisingEvaluation


@handle_errors
def evaluate_command(
    model: SavedDenoiser,
    data: TestData = None,
    noise: Annotated[
        str, typer.Option("--noise", help="Levels with commas between, each as in training.")
    ] = "0.1,0.2,0.3,0.4,0.5,0.6",
    max_images: Annotated[
        int, typer.Option("--images", help="Images to test on at most.", min=1)
    ] = 500,
    classical: Annotated[
        bool, typer.Option(help="Evaluate classical filters on the same images.")
    ] = True,
    once: Once = False,
    report: ReportFolder = None,
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate a denoiser on clean images that it has not seen, with noise added to them."""
    levels = _read_levels(noise)

    from peu.autoencoders.classical_filters import FILTERS
    from peu.autoencoders.denoiser import Denoiser
    from peu.comparison.denoising import evaluate_denoiser
    from peu.reports.denoising_report import write_denoising_report
    from peu.reports.report_folder import report_folder

    if report is not None:
        report_folder(report, overwrite=overwrite).check()
    denoiser = Denoiser.load(model)
    with showing_progress(quiet=quiet):
        dataset = open_test_images(denoiser, data, quiet=quiet)
        found = evaluate_denoiser(
            denoiser,
            dataset,
            levels,
            max_images=max_images,
            filters=FILTERS if classical else (),
            once=once,
            seed=seed or 0,
        )
        if report is not None:
            page = write_denoising_report(denoiser, dataset, found, report)
            remark(f"Report: {page}", quiet=quiet)
    if as_json:
        write_result({"format": 1, **found.to_dict()})
        return
    _show(found, once=once)


def _read_levels(text: str) -> "list[Noise]":
    from peu.autoencoders.noise import read_noise

    levels = [read_noise(each, "--noise") for each in text.split(",")]
    for level in levels:
        if level.blind:
            raise RecipeError(
                f"`--noise` must be levels of one amount each. Received: {level}. Try 0.1,0.2."
            )
    return levels


def _show(found: "DenoisingEvaluation", *, once: bool) -> None:
    from rich.table import Table

    table = Table("noise")
    for name in ("denoised", "network run once", "noisy", "best classical filter"):
        if not (once and name == "denoised"):
            table.add_column(name, justify="right")
    for level in found.levels:
        best = level.best_classical
        classical = "-"
        if best is not None:
            quality = level.classical[best]
            classical = f"{quality.psnr:.2f} / {quality.ssim:.3f} ({best})"
        denoised = [] if once else [f"{level.psnr:.2f} / {level.ssim:.3f}"]
        table.add_row(
            str(level.noise),
            *denoised,
            f"{level.once_psnr:.2f} / {level.once_ssim:.3f}",
            f"{level.noisy_psnr:.2f} / {level.noisy_ssim:.3f}",
            classical,
        )
    console = results()
    console.print(
        f"PSNR in dB / structural similarity, means over {found.images} images not seen in training"
    )
    console.print(table)
