"""`peu vae grid | sample | reconstruct | interpolate`: images out of a latent space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.vae_opening import Model, check_file, open_images, save_image
from peu.errors import DataError
from peu.recipes.variational import PRIOR_REACH, SampleSource
from peu.wording import printable

if TYPE_CHECKING:
    from peu.models.autoencoder import Autoencoder

_MOST_RECONSTRUCTED = 100
_COLUMNS = 10


def _output(default: str) -> Any:
    return typer.Option("--output", "-o", help=f"A PNG file. Default: {default}.")


@ending_well
def grid_command(
    model: Model,
    start: Annotated[
        float, typer.Option("--from", help="Least value of a dimension.")
    ] = -PRIOR_REACH,
    stop: Annotated[
        float, typer.Option("--to", help="Greatest value of a dimension.")
    ] = PRIOR_REACH,
    steps: Annotated[int, typer.Option("--steps", help="Values a dimension.")] = 10,
    output: Annotated[Path, _output("grid.png")] = Path("grid.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the map: an image for every code of an even grid.

    The first dimension grows to the right, the second upwards; any others stay 0.
    """
    check_file(output, overwrite=overwrite)
    from peu.comparison.latent_images import decode_grid, grid_codes, usual_reach
    from peu.reports.mosaics import mosaic

    fitted, latent = _open(model)
    codes = grid_codes(start, stop, steps, latent)
    save_image(mosaic(decode_grid(fitted, codes)), output)
    if latent > 2:
        remark(f"Dimensions 3 to {latent} stayed at 0.", quiet=quiet)
    reach = usual_reach(fitted)
    if max(-start, stop) < reach > PRIOR_REACH:
        remark(
            f"Images lie wider apart on this map: `--from {-reach:g} --to {reach:g}` shows "
            "nine in ten.",
            quiet=quiet,
        )
    _tell(output, codes.reshape(-1, latent), as_json=as_json)


@ending_well
def sample_command(
    model: Model,
    count: Annotated[int, typer.Option("--count", "-n", help="How many.", min=1, max=10_000)] = 16,
    source: Annotated[
        SampleSource,
        typer.Option(
            "--from",
            help="Where codes come from: where the training's images lie, or the standard normal.",
        ),
    ] = "images",
    seed: options.Seed = None,
    output: Annotated[Path, _output("samples.png")] = Path("samples.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw new images at random.

    With few images their codes leave most of the prior empty: drawn from there, images are
    of places where nothing was learnt.
    """
    check_file(output, overwrite=overwrite)
    from peu.comparison.latent_images import sample_images
    from peu.reports.mosaics import in_rows, mosaic

    fitted, _ = _open(model)
    codes, images = sample_images(fitted, count, source=source, seed=seed or 0)
    columns = min(count, max(1, round(count**0.5)))
    save_image(mosaic(in_rows(images, columns)), output)
    _tell(output, codes, as_json=as_json, **{"from": source})


@ending_well
def reconstruct_command(
    model: Model,
    images: Annotated[list[str], typer.Argument(help="Images, or folders of images.")],
    output: Annotated[Path, _output("reconstructions.png")] = Path("reconstructions.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw images above what the model makes of them; at most 100."""
    check_file(output, overwrite=overwrite)
    import numpy as np

    from peu.comparison.latent_images import reconstruct
    from peu.models.codes import encode_pixels
    from peu.reports.mosaics import mosaic, pairs_in_rows

    fitted, _ = _open(model)
    with showing_progress(quiet=quiet):
        names, pixels = open_images(fitted, images, quiet=quiet)
    if len(names) > _MOST_RECONSTRUCTED:
        remark(f"Taking the first {_MOST_RECONSTRUCTED} of {len(names)}.", quiet=quiet)
        names, pixels = names[:_MOST_RECONSTRUCTED], pixels[:_MOST_RECONSTRUCTED]
    again = reconstruct(fitted, pixels)
    save_image(mosaic(pairs_in_rows(pixels, again, _COLUMNS)), output)
    codes = encode_pixels(fitted.networks["encoder"], pixels).means
    errors = np.square(pixels / 255 - again).mean(axis=(1, 2, 3))
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


@ending_well
def interpolate_command(
    model: Model,
    first: Annotated[str, typer.Argument(help="Where to begin: an image.")],
    last: Annotated[str, typer.Argument(help="Where to end: an image.")],
    steps: Annotated[int, typer.Option("--steps", help="Images, both ends included.", min=2)] = 10,
    output: Annotated[Path, _output("interpolation.png")] = Path("interpolation.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the way from one image to another through the latent space."""
    check_file(output, overwrite=overwrite)
    from peu.comparison.latent_images import interpolate
    from peu.reports.mosaics import mosaic

    fitted, _ = _open(model)
    ends = []
    with showing_progress(quiet=quiet):
        for source in (first, last):
            names, pixels = open_images(fitted, [source], quiet=quiet)
            if len(names) != 1:
                raise DataError(
                    f"`interpolate` must have one image at each end. Received: {len(names)} in "
                    f"`{source}`. Name a file."
                )
            ends.append(pixels)
    import numpy as np

    codes, images = interpolate(fitted, np.concatenate(ends), steps)
    save_image(mosaic(images[None]), output)
    _tell(output, codes, as_json=as_json)


def _open(model: Path) -> "tuple[Autoencoder, int]":
    from peu.comparison.latent import variational_recipe
    from peu.models.autoencoder import Autoencoder

    fitted = Autoencoder.load(model)
    return fitted, variational_recipe(fitted).latent


def _tell(output: Path, codes: Any, *, as_json: bool, **facts: Any) -> None:
    if as_json:
        write_result({"format": 1, "output": str(output), "codes": codes.tolist(), **facts})
        return
    results().print(f"{len(codes)} images: {printable(str(output))}", soft_wrap=True)
