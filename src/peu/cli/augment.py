"""`peu augment`: look at what augmentation makes of one's own images."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import say, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.errors import RecipeError
from peu.output_folder import check_output_file


@handle_errors
def augment_command(
    data: options.Data,
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")] = Path(
        "augmentation.png"
    ),
    policies: Annotated[
        str,
        typer.Option("--policies", help="Policies with commas between, each a row."),
    ] = "none,flip,standard,strong,mixup,erase",
    strength: Annotated[
        float, typer.Option("--strength", help="How strong the changes are; 1 is as measured.")
    ] = 1.0,
    flips: Annotated[
        str,
        typer.Option(
            "--flips",
            metavar="none|horizontal|vertical|both",
            help="How images are mirrored; none for digits and letters.",
        ),
    ] = "horizontal",
    images: Annotated[int, typer.Option("--images", help="How many are shown.", min=1, max=6)] = 2,
    image_size: Annotated[
        str, typer.Option("--image-size", metavar="PIXELS", help="64 or HEIGHTxWIDTH.")
    ] = "64",
    resize_mode: options.ResizeModeOption = None,
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw what each augmentation policy makes of some of your images.

    If you cannot name the class yourself after a change, leave that policy out.
    """
    size = options.read_image_size(image_size)
    check_output_file(output, overwrite=overwrite, suffix=".png")

    from peu.networks.augmentation_settings import Augmentation

    names = [name.strip() for name in policies.split(",") if name.strip()]
    if not names:
        raise RecipeError(
            f"`--policies` must name one or more. Received: {policies!r}. Leave it out to see all."
        )
    wanted = tuple(
        Augmentation(policy=name, flips=flips, strength=strength).policy  # type: ignore[arg-type]
        for name in names
    )
    resize_mode = resize_mode or "stretch"

    from peu.images.loading import load_images
    from peu.reports.augmentation_preview import preview_augmentation

    with showing_progress(quiet=quiet):
        dataset = load_images(data, labels_required=False)
        shown = preview_augmentation(
            dataset,
            output,
            policies=wanted,
            strength=strength,
            flips=flips,  # type: ignore[arg-type]
            image_size=size,
            resize_mode=resize_mode,  # type: ignore[arg-type]
            images=images,
            seed=seed or 0,
        )
    keys = [dataset.keys[index] for index in shown]
    if as_json:
        write_result({"format": 1, "output": str(output), "policies": list(wanted), "images": keys})
    else:
        say(f"{len(wanted)} policies on {', '.join(keys)}. Saved to {output}.")
