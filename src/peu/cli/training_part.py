"""The images of a folder's train/, and never those of its val/ and test/ unless they are wanted."""

from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli.console import remark

if TYPE_CHECKING:
    from peu.images.dataset import ImageDataset

UseAll = Annotated[
    bool,
    typer.Option(
        "--use-all",
        help="Learn from the folders val/ and test/ too. Default: from train/ alone.",
    ),
]


def training_part(images: "ImageDataset", *, use_all: bool, quiet: bool) -> "ImageDataset":
    """The images that may be learnt from; a remark tells how many are kept for a last test.

    Args:
        images: a whole set, whose `parts` are as its folders say.
        use_all: take all of them.
        quiet: without the remark.
    """
    own = [part in ("", "train") for part in images.parts]
    if use_all or all(own):
        return images
    part = images[own]
    remark(
        f"Learns from the {len(part)} images in train/; {len(images) - len(part)} in val/ and "
        "test/ are left to test on (--use-all learns from them too).",
        quiet=quiet,
    )
    return part
