"""`peu vae grid | sample | reconstruct | interpolate`: pictures out of a latent space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.vae_opening import Model, check_file, open_pictures, save_picture
from peu.data.wording import printable
from peu.errors import DataError
from peu.recipes.variational import PRIOR_REACH, SampleSource

if TYPE_CHECKING:
    from peu.fitted.autoencoder import Autoencoder

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
    """Draw the map: a picture for every code of an even grid.

    The first dimension grows to the right, the second upwards; any others stay 0.
    """
    check_file(output, overwrite=overwrite)
    from peu.experiments.latent_pictures import decode_grid, grid_codes, usual_reach
    from peu.reporting.mosaics import mosaic

    fitted, latent = _open(model)
    codes = grid_codes(start, stop, steps, latent)
    save_picture(mosaic(decode_grid(fitted, codes)), output)
    if latent > 2:
        remark(f"Dimensions 3 to {latent} stayed at 0.", quiet=quiet)
    reach = usual_reach(fitted)
    if max(-start, stop) < reach > PRIOR_REACH:
        remark(
            f"Pictures lie wider apart on this map: `--from {-reach:g} --to {reach:g}` shows "
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
            help="Where codes come from: where the training's pictures lie, or the standard "
            "normal.",
        ),
    ] = "pictures",
    seed: options.Seed = None,
    output: Annotated[Path, _output("samples.png")] = Path("samples.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw new pictures at random.

    With few pictures their codes leave most of the prior empty: drawn from there, pictures are
    of places where nothing was learnt.
    """
    check_file(output, overwrite=overwrite)
    from peu.experiments.latent_pictures import sample_pictures
    from peu.reporting.mosaics import in_rows, mosaic

    fitted, _ = _open(model)
    codes, pictures = sample_pictures(fitted, count, source=source, seed=seed or 0)
    columns = min(count, max(1, round(count**0.5)))
    save_picture(mosaic(in_rows(pictures, columns)), output)
    _tell(output, codes, as_json=as_json, **{"from": source})


@ending_well
def reconstruct_command(
    model: Model,
    pictures: Annotated[list[str], typer.Argument(help="Pictures, or folders of pictures.")],
    output: Annotated[Path, _output("reconstructions.png")] = Path("reconstructions.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw pictures above what the model makes of them; at most 100."""
    check_file(output, overwrite=overwrite)
    import numpy as np

    from peu.experiments.latent_pictures import reconstruct
    from peu.fitted.codes import encode_pixels
    from peu.reporting.mosaics import mosaic, pairs_in_rows

    fitted, _ = _open(model)
    with showing_progress(quiet=quiet) as progress:
        names, pixels = open_pictures(fitted, pictures, progress=progress, quiet=quiet)
    if len(names) > _MOST_RECONSTRUCTED:
        remark(f"Taking the first {_MOST_RECONSTRUCTED} of {len(names)}.", quiet=quiet)
        names, pixels = names[:_MOST_RECONSTRUCTED], pixels[:_MOST_RECONSTRUCTED]
    again = reconstruct(fitted, pixels)
    save_picture(mosaic(pairs_in_rows(pixels, again, _COLUMNS)), output)
    codes = encode_pixels(fitted.networks["encoder"], pixels).means
    errors = np.square(pixels / 255 - again).mean(axis=(1, 2, 3))
    if as_json:
        rows = [
            {"path": name, "code": code, "mse": error}
            for name, code, error in zip(names, codes.tolist(), errors.tolist(), strict=True)
        ]
        write_result({"format": 1, "output": str(output), "pictures": rows})
        return
    results().print(
        f"{len(names)} pictures, mean squared error {errors.mean():.4f}: {printable(str(output))}",
        soft_wrap=True,
    )


@ending_well
def interpolate_command(
    model: Model,
    first: Annotated[str, typer.Argument(help="Where to begin: a picture.")],
    last: Annotated[str, typer.Argument(help="Where to end: a picture.")],
    steps: Annotated[
        int, typer.Option("--steps", help="Pictures, both ends included.", min=2)
    ] = 10,
    output: Annotated[Path, _output("interpolation.png")] = Path("interpolation.png"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the way from one picture to another through the latent space."""
    check_file(output, overwrite=overwrite)
    from peu.experiments.latent_pictures import interpolate
    from peu.reporting.mosaics import mosaic

    fitted, _ = _open(model)
    ends = []
    with showing_progress(quiet=quiet) as progress:
        for source in (first, last):
            names, pixels = open_pictures(fitted, [source], progress=progress, quiet=quiet)
            if len(names) != 1:
                raise DataError(
                    f"`interpolate` must have one picture at each end. Received: {len(names)} in "
                    f"`{source}`. Name a file."
                )
            ends.append(pixels)
    import numpy as np

    codes, pictures = interpolate(fitted, np.concatenate(ends), steps)
    save_picture(mosaic(pictures[None]), output)
    _tell(output, codes, as_json=as_json)


def _open(model: Path) -> "tuple[Autoencoder, int]":
    from peu.experiments.latent import variational_recipe
    from peu.fitted.autoencoder import Autoencoder

    fitted = Autoencoder.load(model)
    return fitted, variational_recipe(fitted).latent


def _tell(output: Path, codes: Any, *, as_json: bool, **facts: Any) -> None:
    if as_json:
        write_result({"format": 1, "output": str(output), "codes": codes.tolist(), **facts})
        return
    results().print(f"{len(codes)} pictures: {printable(str(output))}", soft_wrap=True)
