"""`peu next`: which images to label next, as a table to fill in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.chosen_recipes import Change, with_changes
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.recipe_options import BACKBONE, recipe_options
from peu.errors import ResourceError
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.comparison.labelling import LabellingOrder


@handle_errors
@recipe_options(*BACKBONE)
def next_command(
    *,
    data: options.Data,
    unlabelled: Annotated[
        str,
        typer.Argument(
            metavar="UNLABELLED", help="A folder of images without labels.", show_default=False
        ),
    ],
    count: Annotated[int, typer.Option("--count", help="How many images to choose.")] = 20,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The CSV to write, whose labels to fill in.")
    ] = Path("next.csv"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    changes: list[Change],
) -> None:
    """Choose the images whose labels would teach most, and write a CSV to fill in.

    They are those that transfer learning on DATA hardly decides on, no two of them alike. Fill in
    the column `label`, add them to your images, and ask again.
    """
    if output.exists() and not overwrite:
        raise ResourceError(
            f"{quoted(output)} already exists; pass --overwrite to replace it, or choose another "
            "file with --output."
        )
    from peu.classifiers.transfer import Transfer
    from peu.comparison.corrected_labels import check_in_files
    from peu.comparison.labelling import next_to_label, write_table_to_fill_in
    from peu.images.different_images import about_different_images
    from peu.images.loading import load_images

    (recipe,) = with_changes(Transfer(), changes)
    with showing_progress(quiet=quiet):
        images = load_images(data)
        for sentence in about_different_images(images):
            remark(sentence, quiet=quiet)
        pool = load_images(unlabelled, labels_required=False)
        check_in_files(pool)
        order = next_to_label(images, pool, count=count, transfer=recipe)
        write_table_to_fill_in(order, output)
    if as_json:
        write_result({**order.to_dict(), "file": str(output)})
    else:
        _show(order, output)


def _show(order: "LabellingOrder", file: Path) -> None:
    keys = order.unlabelled.keys
    show_table(
        ("image", "perhaps", "probability", "or"),
        [
            (keys[one.image], one.suggested, f"{one.probability:.3f}", one.second)
            for one in order.chosen
        ],
        numbers=("probability",),
    )
    say(order.sentence())
    say(f"Fill in the column label of {file}; `peu` takes it as images then.")
