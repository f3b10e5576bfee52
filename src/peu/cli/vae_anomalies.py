"""`peu vae anomalies`: which images a model finds unusual."""

from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.vae_opening import Model, open_images
from peu.errors import RecipeError
from peu.wording import printable

_MOST_SHOWN = 50


@ending_well
def anomalies_command(
    model: Model,
    images: Annotated[list[str], typer.Argument(help="Images, or folders of images.")],
    quantile: Annotated[
        float,
        typer.Option(
            "--quantile", help="Share of the training's held-out images that counts as usual."
        ),
    ] = 0.99,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Rank images by how unusual they are for a model, the oddest first.

    The score counts the nats that an image costs: the share of its contrast that its
    reconstruction misses, in units of what held-out images of the training have, and how far its
    code departs from the map. The threshold is
    the score that so many of those held-out images stay below.
    """
    if not 0 < quantile < 1:
        raise RecipeError(
            f"`--quantile` must lie between 0 and 1. Received: {quantile:g}. With 0.99, one "
            "usual image in a hundred is taken for odd."
        )
    from peu.comparison.latent import find_unusual, variational_recipe
    from peu.models.autoencoder import Autoencoder

    fitted = Autoencoder.load(model)
    variational_recipe(fitted)
    with showing_progress(quiet=quiet):
        names, pixels = open_images(fitted, images, quiet=quiet)
        found = find_unusual(fitted, pixels, quantile=quantile)
    order = (-found.score).argsort(kind="stable").tolist()
    held_out = int(fitted.provenance["held_out"])
    if as_json:
        rows = [
            {
                "path": names[at],
                "score": float(found.score[at]),
                "error": float(found.error[at]),
                "distance": float(found.distance[at]),
                "unusual": bool(found.score[at] > found.threshold),
            }
            for at in order
        ]
        write_result(
            {
                "format": 1,
                "threshold": found.threshold,
                "quantile": quantile,
                "held_out": held_out,
                "images": rows,
            }
        )
        return
    from rich.table import Table
    from rich.text import Text

    odd = int((found.score > found.threshold).sum())
    console = results()
    console.print(
        f"{odd} of {len(names)} images score above {found.threshold:.1f}: {quantile:.1%} of "
        f"{held_out} held-out images of the training stay below that.",
        soft_wrap=True,
    )
    table = Table("image")
    for name in ("score", "error", "distance"):
        table.add_column(name, justify="right")
    table.add_column("")
    for at in order[:_MOST_SHOWN]:
        table.add_row(
            Text(printable(names[at])),
            f"{found.score[at]:.1f}",
            f"{found.error[at]:.4f}",
            f"{found.distance[at]:.2f}",
            "unusual" if found.score[at] > found.threshold else "",
        )
    console.print(table)
    if len(order) > _MOST_SHOWN:
        remark(f"... and {len(order) - _MOST_SHOWN} more; --json lists them all.", quiet=quiet)
