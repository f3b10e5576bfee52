"""`peu vae map`: the latent plane as a page that one can hover over."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.vae_opening import Model, check_file, open_set, own_set
from peu.wording import printable


@ending_well
def map_command(
    model: Model,
    data: Annotated[
        str | None,
        typer.Argument(
            help="Images to place on the map. Default: the set that it learnt from, where that "
            "is a known set.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="An HTML file. Default: map.html.")
    ] = Path("map.html"),
    most: Annotated[
        int, typer.Option("--most", help="Images shown at most, evenly taken.", min=2)
    ] = 2000,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Place images on the latent plane, coloured by class: one page, no other file.

    Hover over a dot to see its image and name. Of known sets the held-out images are shown.
    """
    check_file(output, overwrite=overwrite, ending=".html")
    from peu.comparison.latent_map import map_points
    from peu.files import write_text
    from peu.models.autoencoder import Autoencoder
    from peu.reports.latent_map_page import latent_map_page

    fitted = Autoencoder.load(model)
    with showing_progress(quiet=quiet):
        dataset = open_set(own_set(fitted, data), quiet=quiet)
        points = map_points(fitted, dataset, most=most)
        write_text(output, latent_map_page(points, dataset.name))
    if points.latent > 2:
        remark(
            f"Of {points.latent} dimensions the page shows the two with the largest divergence.",
            quiet=quiet,
        )
    if as_json:
        write_result(
            {
                "format": 1,
                "output": str(output),
                "dimensions": [axis + 1 for axis in points.axes],
                "images": [
                    {"path": name, "code": code, "label": label}
                    for name, code, label in zip(
                        points.names, points.codes.tolist(), points.label_names, strict=True
                    )
                ],
            }
        )
        return
    results().print(f"{len(points.names)} images: {printable(str(output))}", soft_wrap=True)
