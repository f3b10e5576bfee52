"""`peu denoise evaluate`: PSNR and SSIM by level, beside classical filters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.denoise_apply import Denoiser, Plain
from peu.cli.outcome import ending_well
from peu.cli.vae_opening import open_set, own_set
from peu.errors import RecipeError
from peu.recipes.noise import Noise, read_noise

if TYPE_CHECKING:
    from peu.comparison.denoising import DenoisingFigures


@ending_well
def evaluate_command(
    model: Denoiser,
    data: Annotated[
        str | None,
        typer.Argument(
            help="Clean images. Default: the set that it learnt from, if it is a known one. "
            "Images that it learnt from are left out.",
            show_default=False,
        ),
    ] = None,
    noise: Annotated[
        str, typer.Option("--noise", help="Levels with commas between, each as in training.")
    ] = "0.1,0.2,0.3,0.4,0.5,0.6",
    most: Annotated[int, typer.Option("--images", help="Images to test on at most.", min=1)] = 500,
    classical: Annotated[
        bool, typer.Option(help="Measure classical filters on the same images.")
    ] = True,
    plain: Plain = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Folder for a report with its figures.")
    ] = None,
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure a denoiser on clean images that it has not seen, with noise added to them."""
    levels = _read_levels(noise)

    from peu.autoencoders.classical import FILTERS
    from peu.autoencoders.denoise import load_denoiser
    from peu.comparison.denoising import evaluate_denoiser
    from peu.reports.denoising_report import write_denoising_report
    from peu.reports.report_folder import claim_report

    if report is not None:
        claim_report(report, overwrite=overwrite)
    denoiser = load_denoiser(model)
    with showing_progress(quiet=quiet):
        dataset = open_set(own_set(denoiser, data), quiet=quiet)
        found = evaluate_denoiser(
            denoiser,
            dataset,
            levels,
            most=most,
            filters=FILTERS if classical else (),
            plain=plain,
            seed=seed or 0,
        )
        if report is not None:
            page = write_denoising_report(denoiser, dataset, found, report)
            remark(f"Report: {page}", quiet=quiet)
    if as_json:
        write_result({"format": 1, **found.to_dict()})
        return
    _show(found, plain=plain)


def _read_levels(text: str) -> list[Noise]:
    levels = [read_noise(one, "--noise") for one in text.split(",")]
    for level in levels:
        if level.blind:
            raise RecipeError(
                f"`--noise` must be levels of one amount each. Received: {level}. Write 0.1,0.2 "
                "and so on."
            )
    return levels


def _show(found: "DenoisingFigures", *, plain: bool) -> None:
    from rich.table import Table

    table = Table("noise")
    # What is run once anyway needs no second column to say so.
    shown = ("network run once",) if plain else ("denoised", "network run once")
    for name in (*shown, "noisy", "best classical filter"):
        table.add_column(name, justify="right")
    for level in found.levels:
        best = level.best_classical
        rival = "-"
        if best is not None:
            one = level.classical[best]
            rival = f"{one.psnr:.2f} / {one.ssim:.3f} ({best})"
        passes = [f"{level.psnr:.2f} / {level.ssim:.3f}"]
        if not plain:
            passes.append(f"{level.plain_psnr:.2f} / {level.plain_ssim:.3f}")
        table.add_row(
            str(level.noise),
            *passes,
            f"{level.noisy_psnr:.2f} / {level.noisy_ssim:.3f}",
            rival,
        )
    console = results()
    console.print(
        f"PSNR in dB / structural similarity, means over {found.images} images that it has not "
        "learnt from"
    )
    console.print(table)
