"""`peu augment`: look at what augmentation makes of one's own images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.settings import read_image_size
from peu.errors import RecipeError, ResourceError
from peu.recipes.augmentation import Flips
from peu.recipes.checks import ResizeMode, check_choice
from peu.wording import printable

if TYPE_CHECKING:
    from peu.recipes.augmentation import Policy


@ending_well
def augment_command(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of images, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")] = Path(
        "augmentation.png"
    ),
    policies: Annotated[
        str,
        typer.Option("--policies", help="Which, with commas between: a row each."),
    ] = "none,flip,standard,strong,mixup,erase",
    strength: Annotated[
        float, typer.Option("--strength", help="How far changes go; 1 is as measured.")
    ] = 1.0,
    flips: Annotated[Flips, typer.Option("--flips", help="How images are mirrored.")] = (
        "horizontal"
    ),
    no_flip: Annotated[bool, typer.Option("--no-flip", help="Mirror nothing.")] = False,
    images: Annotated[int, typer.Option("--images", help="How many are shown.", min=1, max=6)] = 2,
    image_size: Annotated[
        str, typer.Option("--image-size", help="Pixels: 64 or HEIGHTxWIDTH.")
    ] = "64",
    resize_mode: Annotated[
        ResizeMode, typer.Option("--resize-mode", help="How images are brought to size.")
    ] = ("stretch"),
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw what each augmentation policy makes of some of your images.

    A change after which you could not name the class yourself is one to leave out.
    """
    wanted = _read_policies(policies)
    size = read_image_size(image_size)
    if output.suffix.lower() != ".png":
        raise RecipeError(
            f"`--output` must be the name of a PNG file. Received: `{output}`. Let it end in .png."
        )
    if output.exists() and not overwrite:
        raise ResourceError(
            f"`{output}` must not exist yet: nothing is overwritten unasked. Choose another name "
            "with --output, or say --overwrite."
        )

    from peu.images.catalog import open_dataset
    from peu.reports.augmentation_preview import preview_augmentation

    with showing_progress(quiet=quiet):
        dataset = open_dataset(data, labels_required=False)
        shown = preview_augmentation(
            dataset,
            output,
            policies=wanted,
            strength=strength,
            flips="none" if no_flip else flips,
            image_size=size,
            resize_mode=resize_mode,
            images=images,
            seed=seed or 0,
        )
    names = [dataset.keys[index] for index in shown]
    if as_json:
        write_result(
            {"format": 1, "output": str(output), "policies": list(wanted), "images": names}
        )
        return
    results().print(
        f"{len(wanted)} policies on {', '.join(printable(name) for name in names)}. "
        f"Saved to {printable(str(output))}.",
        soft_wrap=True,
    )


def _read_policies(text: str) -> "tuple[Policy, ...]":
    from peu.recipes.augmentation import Policy

    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise RecipeError(
            f"`--policies` must name one or more. Received: {text!r}. Leave it out to see all."
        )
    for name in names:
        check_choice("policy", name, Policy)
    return tuple(names)  # type: ignore[arg-type]
