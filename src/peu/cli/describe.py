"""`peu describe`: what an image set holds, and what is wrong with it."""

from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import results, showing_progress, write_result
from peu.cli.outcome import ending_well


@ending_well
def describe_command(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist."
        ),
    ],
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Say how many images there are, of what kind, and which were set aside and why."""
    from peu.cli.description import show_description
    from peu.images.catalog import open_dataset
    from peu.images.checks import describe_dataset

    with showing_progress(quiet=quiet):
        dataset = open_dataset(data)
        description = describe_dataset(dataset)
    if as_json:
        write_result({"format": 1, **description.to_dict()})
    else:
        show_description(description, results())
