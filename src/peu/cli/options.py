"""Options that several commands share, each described once, and readers of their values."""

import math
from pathlib import Path
from typing import Annotated

import typer

from peu.errors import RecipeError

_RECIPES = "Recipes"
_RUN = "Run"
_MOST_DIGITS = 6

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
        "caltech4, mnist.",
        show_default=False,
    ),
]
Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Folder of a model that `peu train` wrote.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Random seed. Default: 0.", min=0)]
Folds = Annotated[int | None, typer.Option("--folds", help="Number of folds. Default: 5.", min=2)]
Repeats = Annotated[
    int | None, typer.Option("--repeats", help="Number of repeats. Default: 2.", min=1)
]
RunOutput = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Folder of the run. Default: a folder of its own in runs/."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write the result to stdout as one JSON value.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no remarks.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what an earlier run left there.")
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="A TOML file of settings; options on the command line come first.",
        rich_help_panel=_RUN,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        help="Networks trained side by side. Default: one for four cores.",
        min=1,
        rich_help_panel=_RUN,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Run trials on a Ray cluster: auto, or ray://HOST:10001.",
        rich_help_panel=_RUN,
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="RECIPE.SETTING=VALUE",
        help="Any setting of a recipe, as cnn.dropout=0.5; may be repeated. `peu recipes` lists "
        "them.",
        rich_help_panel=_RECIPES,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", help="Passes over the training images.", rich_help_panel=_RECIPES),
]
MostTestImages = Annotated[
    int | None,
    typer.Option(
        "--test-images",
        help="Test images at most, where the dataset has some of its own. Default: all.",
        min=1,
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--image-size",
        metavar="PIXELS",
        help="Size of the networks' images: 224 or HEIGHTxWIDTH.",
        rich_help_panel=_RECIPES,
    ),
]
AugmentationOption = Annotated[
    str | None,
    typer.Option(
        "--augmentation",
        metavar="POLICY",
        help="How training images are varied: none, flip, standard, strong, mixup or erase. "
        "`peu compare` takes several with commas between, each a row of its own.",
        rich_help_panel=_RECIPES,
    ),
]
Backbone = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        help="Pretrained network: efficientnet-lite2 (the default), -lite1 or -lite0; vgg16, "
        "mobilenet, mobilenet:0.25, mobilenetv2, mobilenetv3small, efficientnetv2b0, resnet50, "
        "convnexttiny; or an ONNX or Keras model file.",
        rich_help_panel=_RECIPES,
    ),
]
BackboneWeights = Annotated[
    str | None,
    typer.Option(
        "--backbone-weights",
        help="A weights file for a named backbone. Default: imagenet.",
        rich_help_panel=_RECIPES,
    ),
]
BackbonePreprocessing = Annotated[
    str | None,
    typer.Option(
        "--backbone-preprocessing",
        help="How pixels are scaled for the backbone: auto, tf, caffe, torch, unit or none. A "
        "file needs one of the last five.",
        rich_help_panel=_RECIPES,
    ),
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Images in a training step.")]
LearningRate = Annotated[
    float | None, typer.Option("--learning-rate", "--lr", help="Learning rate of Adam.")
]
ScheduleOption = Annotated[
    str | None,
    typer.Option(
        "--schedule", metavar="constant|cosine", help="How the learning rate changes over time."
    ),
]
ChannelsOption = Annotated[
    str | None,
    typer.Option(
        "--channels",
        metavar="auto|grey|colour",
        help="Grey or colour. Default: as the images are.",
    ),
]
TimeLimit = Annotated[
    float | None, typer.Option("--time-limit", help="Seconds after which training stops.")
]
CommandTimeLimit = Annotated[
    str | None,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        help="Time for the whole command: 90s, 10m, 2h, or seconds. What there is no time for is "
        "left out, and named; the same command with more time goes on from there.",
        rich_help_panel=_RUN,
    ),
]
ResizeModeOption = Annotated[
    str | None,
    typer.Option(
        "--resize-mode",
        metavar="pad|stretch|crop",
        help="How images of another shape are brought to size. Default: the recipe's own.",
    ),
]


def read_image_size(text: str) -> tuple[int, int]:
    """Read "224" or "240x320" (height x width).

    Raises:
        RecipeError: it is neither.
    """
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(_is_count(side) for side in sides):
        raise RecipeError(
            f"`--image-size` must be 224 or HEIGHTxWIDTH, as 240x320. Received: {text!r}. Write "
            "whole numbers of pixels."
        )
    return int(sides[0]), int(sides[-1])


def read_duration(text: str) -> float:
    """Read "90s", "10m", "1.5h" or a number of seconds.

    Returns:
        Seconds, above 0.

    Raises:
        RecipeError: it is none of these.
    """
    unit = {"s": 1, "m": 60, "h": 3600}.get(text.strip()[-1:].lower())
    number = text.strip()[:-1] if unit else text
    try:
        seconds = float(number) * (unit or 1)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise RecipeError(
            f"`--time-limit` must be as 90s, 10m, 2h or 600 (seconds). Received: {text[:20]!r}. "
            "Try 10m."
        )
    return seconds


def read_filters(text: str) -> tuple[int, ...]:
    """Read "24,48,96", a number for each resolution.

    Raises:
        RecipeError: something in it is no whole number.
    """
    numbers = text.split(",")
    if not all(_is_count(number) for number in numbers):
        raise RecipeError(
            f"`--filters` must be whole numbers with commas between. Received: {text!r}. "
            "Try 24,48,96."
        )
    return tuple(int(number) for number in numbers)


def _is_count(text: str) -> bool:
    """Whether a text is a whole number of pixels or filters, of a size that anyone has."""
    return text.strip().isdecimal() and len(text.strip()) <= _MOST_DIGITS
