"""`peu vae grid | sample | reconstruct | interpolate`: images from a latent space."""

from pathlib import Path
from typing import Annotated, Any

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import (
    FirstOnly,
    OfPart,
    SavedVAE,
    Sources,
    open_pixels,
    save_image,
)
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.errors import DataError
from peu.networks.choices import PRIOR_REACH, SampleSource
from peu.output_folder import check_output_file
from peu.wording import printable

_MAX_RECONSTRUCTED = 100
_COLUMNS = 10


def _output(default: str) -> Any:
    return typer.Option("--output", "-o", help=f"A PNG file. Default: {default}.")


@handle_errors
def grid_command(
    model: SavedVAE,
    start: Annotated[
        float, typer.Option("--from", help="Least value of a dimension.")
    ] = -PRIOR_REACH,
    stop: Annotated[
        float, typer.Option("--to", help="Greatest value of a dimension.")
    ] = PRIOR_REACH,
    steps: Annotated[int, typer.Option("--steps", help="Values per dimension.")] = 10,
    output: Annotated[Path, _output("grid.png")] = Path("grid.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the latent plane: an image for every code of an even grid.

    The first dimension grows to the right, the second upwards; any others stay 0.
    """
    check_output_file(output, overwrite=overwrite, suffix=".png")
    from peu.autoencoders.vae import VAE
    from peu.comparison.latent import grid_codes
    from peu.reports.mosaics import mosaic

    vae = VAE.load(model)
    codes = grid_codes(start, stop, steps, vae.latent_dim)
    save_image(mosaic(vae.decode(codes)), output)
    if vae.latent_dim > 2:
        remark(f"Dimensions 3 to {vae.latent_dim} stayed at 0.", quiet=quiet)
    if max(-start, stop) < vae.reach > PRIOR_REACH:
        remark(
            f"The codes of this model's images lie further apart: `--from {-vae.reach:g} --to "
            f"{vae.reach:g}` shows nine in ten.",
            quiet=quiet,
        )
    _report(output, codes.reshape(-1, vae.latent_dim), as_json=as_json)


@handle_errors
def sample_command(
    model: SavedVAE,
    count: Annotated[
        int, typer.Option("--count", "-n", help="Number of images.", min=1, max=10_000)
    ] = 16,
    source: Annotated[
        SampleSource,
        typer.Option(
            "--from",
            help="Draw codes from where the training's images lie, or from the standard normal.",
        ),
    ] = "images",
    seed: options.Seed = None,
    output: Annotated[Path, _output("samples.png")] = Path("samples.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw new images at random.

    The codes of few images leave most of the prior empty: images drawn from there come from
    places where nothing was learnt.
    """
    check_output_file(output, overwrite=overwrite, suffix=".png")
    from peu.autoencoders.vae import VAE
    from peu.reports.mosaics import in_rows, mosaic

    codes, images = VAE.load(model).sample(count, source=source, seed=seed or 0)
    columns = min(count, max(1, round(count**0.5)))
    save_image(mosaic(in_rows(images, columns)), output)
    _report(output, codes, as_json=as_json, **{"from": source})


@handle_errors
def reconstruct_command(
    model: SavedVAE,
    images: Sources,
    part: OfPart = None,
    first: FirstOnly = None,
    output: Annotated[Path, _output("reconstructions.png")] = Path("reconstructions.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw images above their reconstructions; at most 100.

    `peu vae reconstruct model/ mnist --part test --first 5` draws the lab sheet's five.
    """
    check_output_file(output, overwrite=overwrite, suffix=".png")
    import numpy as np

    from peu.autoencoders.vae import VAE
    from peu.reports.mosaics import mosaic, pairs_in_rows

    vae = VAE.load(model)
    with showing_progress(quiet=quiet):
        names, pixels = open_pixels(vae, images, quiet=quiet, part=part, first=first)
    if len(names) > _MAX_RECONSTRUCTED:
        remark(f"Taking the first {_MAX_RECONSTRUCTED} of {len(names)}.", quiet=quiet)
        names, pixels = names[:_MAX_RECONSTRUCTED], pixels[:_MAX_RECONSTRUCTED]
    codes = vae.encode(pixels).means
    reconstructions = vae.decode(codes)
    save_image(mosaic(pairs_in_rows(pixels, reconstructions, _COLUMNS)), output)
    errors = np.square(pixels / 255 - reconstructions).mean(axis=(1, 2, 3))
    if as_json:
        rows = [
            {"path": name, "code": code, "mse": error}
            for name, code, error in zip(names, codes.tolist(), errors.tolist(), strict=True)
        ]
        write_result({"format": 1, "output": str(output), "images": rows})
        return
    results().print(
        f"{len(names)} images, mean squared error {errors.mean():.4f}: {printable(str(output))}",
        soft_wrap=True,
    )


@handle_errors
def interpolate_command(
    model: SavedVAE,
    first: Annotated[str, typer.Argument(help="First image.")],
    last: Annotated[str, typer.Argument(help="Last image.")],
    steps: Annotated[int, typer.Option("--steps", help="Images, both ends included.", min=2)] = 10,
    output: Annotated[Path, _output("interpolation.png")] = Path("interpolation.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the way from one image to another through the latent space."""
    check_output_file(output, overwrite=overwrite, suffix=".png")
    import numpy as np

    from peu.autoencoders.vae import VAE
    from peu.reports.mosaics import mosaic

    vae = VAE.load(model)
    ends = []
    with showing_progress(quiet=quiet):
        for source in (first, last):
            names, pixels = open_pixels(vae, [source], quiet=quiet)
            if len(names) != 1:
                raise DataError(
                    f"`interpolate` must have one image at each end. Received: {len(names)} in "
                    f"`{source}`. Name a file."
                )
            ends.append(pixels)
    codes, images = vae.interpolate(np.concatenate(ends), steps)
    save_image(mosaic(images[None]), output)
    _report(output, codes, as_json=as_json)


def _report(output: Path, codes: Any, *, as_json: bool, **more: Any) -> None:
    if as_json:
        write_result({"format": 1, "output": str(output), "codes": codes.tolist(), **more})
        return
    results().print(f"{len(codes)} images: {printable(str(output))}", soft_wrap=True)
