"""`peu vae map`: the latent plane as an interactive page."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import SavedVAE, TestData, open_test_images
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.output_folder import check_output_file
from peu.wording import printable


@handle_errors
def map_command(
    model: SavedVAE,
    data: TestData = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="An HTML file. Default: map.html.")
    ] = Path("map.html"),
    max_images: Annotated[
        int, typer.Option("--images", help="Images shown at most, evenly spaced.", min=2)
    ] = 2000,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Place images on the latent plane, coloured by class: one page, no other file.

    Hover over a dot to see its image and name. Of the training dataset, the held-out images are
    shown.
    """
    check_output_file(output, overwrite=overwrite, suffix=".html")
    from peu.autoencoders.vae import VAE
    from peu.comparison.latent import latent_points
    from peu.files import write_text
    from peu.reports.latent_map_page import latent_map_page

    vae = VAE.load(model)
    with showing_progress(quiet=quiet):
        dataset = open_test_images(vae, data, quiet=quiet)
        points = latent_points(vae, dataset, max_images=max_images)
        write_text(output, latent_map_page(points, dataset.name))
    if vae.latent_dim > 2:
        remark(
            f"Of {vae.latent_dim} dimensions the page shows the two with the largest divergence.",
            quiet=quiet,
        )
    if as_json:
        rows = zip(points.names, points.codes.tolist(), points.label_names, strict=True)
        write_result(
            {
                "format": 1,
                "output": str(output),
                "dimensions": [axis + 1 for axis in points.axes],
                "images": [
                    {"path": name, "code": code, "label": label} for name, code, label in rows
                ],
            }
        )
        return
    results().print(f"{len(points.names)} images: {printable(str(output))}", soft_wrap=True)
