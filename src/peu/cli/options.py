"""Options that several commands share, each described once."""

from pathlib import Path
from typing import Annotated

import typer

from peu.recipes.augmentation import Flips
from peu.recipes.checks import Channels, ResizeMode
from peu.recipes.frozen import Head, Pooling, Preprocessing
from peu.recipes.training import Schedule

_NETWORKS = "Networks"
_BACKBONES = "Backbones"
_SEARCH = "Search"
_RUN = "Run"

Seed = Annotated[
    int | None, typer.Option("--seed", help="Of everything random. Default: 0.", min=0)
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
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", help="Passes over the images.", rich_help_panel=_NETWORKS),
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", help="Images a training step.", rich_help_panel=_NETWORKS),
]
LearningRate = Annotated[
    float | None,
    typer.Option("--learning-rate", "--lr", help="Step size of Adam.", rich_help_panel=_NETWORKS),
]
Patience = Annotated[
    int | None,
    typer.Option(
        "--patience",
        help="Epochs without a lower training loss before stopping.",
        rich_help_panel=_NETWORKS,
    ),
]
ScheduleOption = Annotated[
    Schedule | None,
    typer.Option(
        "--schedule",
        help="How the step size changes. Default: the network's own.",
        rich_help_panel=_NETWORKS,
    ),
]
ChannelsOption = Annotated[
    Channels | None,
    typer.Option(
        "--channels",
        help="Grey or colour. Default: as the images are.",
        rich_help_panel=_NETWORKS,
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        help="Seconds after which a network stops training.",
        rich_help_panel=_NETWORKS,
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--image-size",
        help="Pixels of the networks' images: 224 or HEIGHTxWIDTH.",
        rich_help_panel=_NETWORKS,
    ),
]
ResizeModeOption = Annotated[
    ResizeMode | None,
    typer.Option(
        "--resize-mode",
        help="How images of another shape are brought to size. Default: the recipe's own.",
        rich_help_panel=_NETWORKS,
    ),
]
AugmentationOption = Annotated[
    str | None,
    typer.Option(
        "--augmentation",
        help="How images are varied: none, flip, standard, strong, mixup or erase. `peu compare` "
        "takes several with commas between, each a row of its own.",
        rich_help_panel=_NETWORKS,
    ),
]
FlipsOption = Annotated[
    Flips | None,
    typer.Option(
        "--flips",
        help="How images are mirrored where they are varied. Default: horizontal.",
        rich_help_panel=_NETWORKS,
    ),
]
NoFlip = Annotated[
    bool,
    typer.Option(
        "--no-flip",
        help="Mirror nothing: for digits, letters, left and right.",
        rich_help_panel=_NETWORKS,
    ),
]
Backbone = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        help="vgg16, mobilenet, mobilenet:0.25, mobilenetv2, mobilenetv3small, "
        "efficientnetv2b0, resnet50, convnexttiny, or a Keras model file. Default: mobilenet.",
        rich_help_panel=_BACKBONES,
    ),
]
BackboneWeights = Annotated[
    str | None,
    typer.Option(
        "--backbone-weights",
        help="A weights file for a named backbone. Default: imagenet.",
        rich_help_panel=_BACKBONES,
    ),
]
BackbonePreprocessing = Annotated[
    Preprocessing | None,
    typer.Option(
        "--backbone-preprocessing",
        help="How pixels are scaled for it; a file must say.",
        rich_help_panel=_BACKBONES,
    ),
]
HeadOption = Annotated[
    Head | None,
    typer.Option("--head", help="What is trained on its features.", rich_help_panel=_BACKBONES),
]
PoolingOption = Annotated[
    Pooling | None,
    typer.Option("--pooling", help="How its maps become a vector.", rich_help_panel=_BACKBONES),
]
Trials = Annotated[
    int | None,
    typer.Option(
        "--trials",
        help="Configurations that tuned tries in each fold. Default: 12.",
        rich_help_panel=_SEARCH,
    ),
]
TuningTime = Annotated[
    float | None,
    typer.Option(
        "--tuning-time",
        help="Seconds after which tuned tries no further one; the choice then depends on the "
        "machine.",
        rich_help_panel=_SEARCH,
    ),
]
Push = Annotated[
    int | None,
    typer.Option(
        "--push",
        help="Train what tuned chose so many times as long as well, and show what happens.",
        rich_help_panel=_SEARCH,
    ),
]
Stages = Annotated[
    int | None,
    typer.Option(
        "--stages",
        help="How many of its last stages learn in finetune; VGG16's block 5 is one. Default: 1.",
        min=1,
        rich_help_panel=_BACKBONES,
    ),
]
Members = Annotated[
    str | None,
    typer.Option(
        "--members",
        help="Recipes that ensemble averages, with commas between. Default: all others chosen, or "
        "fisher,augmented.",
    ),
]
