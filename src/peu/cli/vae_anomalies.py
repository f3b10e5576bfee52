"""`peu vae anomalies`: which images a model finds unusual."""

from typing import Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import (
    FirstOnly,
    OfPart,
    SavedVAE,
    Sources,
    open_pixels,
)
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.errors import RecipeError
from peu.wording import printable

_MAX_ROWS = 50


@handle_errors
def anomalies_command(
    model: SavedVAE,
    images: Sources,
    part: OfPart = None,
    first: FirstOnly = None,
    quantile: Annotated[
        float,
        typer.Option(
            "--quantile", help="Share of the training's held-out images below the threshold."
        ),
    ] = 0.99,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Rank images by how unusual they are for a model, the most unusual first.

    The score is the number of nats that encoding an image costs: the share of its contrast that
    its reconstruction misses, in units of the training's held-out images, and the divergence of
    its code. Unusual are scores above the threshold, a quantile of those held-out images.
    """
    if not 0 < quantile < 1:
        raise RecipeError(
            f"`--quantile` must lie between 0 and 1. Received: {quantile:g}. With 0.99, one "
            "typical image in a hundred counts as unusual."
        )
    from peu.autoencoders.vae import VAE

    vae = VAE.load(model)
    with showing_progress(quiet=quiet):
        names, pixels = open_pixels(vae, images, quiet=quiet, part=part, first=first)
        found = vae.anomalies(pixels, quantile=quantile)
    rows = [
        {
            "path": names[at],
            "score": float(found.score[at]),
            "error": float(found.error[at]),
            "distance": float(found.distance[at]),
            "unusual": bool(found.unusual[at]),
        }
        for at in (-found.score).argsort(kind="stable").tolist()
    ]
    if as_json:
        write_result(
            {
                "format": 1,
                "threshold": found.threshold,
                "quantile": quantile,
                "held_out": vae.n_held_out_,
                "images": rows,
            }
        )
        return
    from rich.table import Table
    from rich.text import Text

    console = results()
    console.print(
        f"{int(found.unusual.sum())} of {len(names)} images score above {found.threshold:.1f}: "
        f"{quantile:.1%} of {vae.n_held_out_} held-out images of the training stay below that.",
        soft_wrap=True,
    )
    table = Table("image")
    for name in ("score", "error", "distance"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in rows[:_MAX_ROWS]:
        table.add_row(
            Text(printable(str(row["path"]))),
            f"{row['score']:.1f}",
            f"{row['error']:.4f}",
            f"{row['distance']:.2f}",
            "unusual" if row["unusual"] else "",
        )
    console.print(table)
    if len(rows) > _MAX_ROWS:
        remark(f"... and {len(rows) - _MAX_ROWS} more; --json lists them all.", quiet=quiet)
