"""`peu train`: one recipe on all images, saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.chosen_recipes import Change, choose_recipes, read_changes, with_changes
from peu.cli.config import read_config
from peu.cli.console import remark, say, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.run_folder import RUNS
from peu.errors import RecipeError
from peu.progress import steps

if TYPE_CHECKING:
    from peu.classifiers.base import ImageClassifier
    from peu.images.dataset import ImageDataset


@handle_errors
def train_command(
    data: options.Data,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="Name of a recipe; `peu recipes` lists them. Default: the best in a comparison of "
            "these images in runs/, or else what suits their number.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    none: Annotated[
        Path | None,
        typer.Option(
            "--none",
            metavar="FOLDER",
            help="Images of something else, which sharpen how the model tells that an image shows "
            "none of its classes.",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    image_size: options.ImageSize = None,
    augmentation: options.AugmentationOption = None,
    backbone: options.Backbone = None,
    backbone_weights: options.BackboneWeights = None,
    backbone_preprocessing: options.BackbonePreprocessing = None,
    assignments: options.Assignments = None,
    config: options.Config = None,
) -> None:
    """Train a model on all images of a set, and save it.

    Without --recipe one is chosen for these images, and the command says why. Use `peu compare` to
    find out how good a recipe is: here no image is left to test on.
    """
    settings = read_config(config)
    named = recipe is not None or bool(settings.get("recipes"))
    changes = read_changes(
        assignments,
        epochs=epochs,
        image_size=image_size,
        augmentation=augmentation,
        backbone=backbone,
        backbone_weights=backbone_weights,
        backbone_preprocessing=backbone_preprocessing,
    )
    # Wrong settings are refused before any image is read, whichever recipe it will be.
    asked = choose_recipes(recipe, settings, changes)
    if named:
        _check_one(asked)
    seed = settings.get("seed", 0) if seed is None else seed

    from peu.classifiers.search import searches_kept_in
    from peu.comparison.out_of_fold import find_out_of_fold
    from peu.comparison.trust import trusted_predictor
    from peu.images.cache import cache_folder
    from peu.images.loading import load_images
    from peu.models.bundle import output_folder

    output_folder(output, overwrite=overwrite).check()
    with showing_progress(quiet=quiet), steps(1) as done:
        dataset = load_images(data)
        others = None if none is None else load_images(none, labels_required=False, to_learn=False)
        if dataset.set_aside:
            aside = len(dataset.set_aside)
            remark(f"Set aside: {aside}; `peu describe` lists them with the reasons.", quiet=quiet)
        chosen, reason = (asked[0], None) if named else _choose(dataset, changes)
        if reason is not None:
            remark(f"Chose {chosen.name}: {reason}.", quiet=quiet)
        chosen.seed = seed
        with searches_kept_in(cache_folder() / "searches"):
            chosen.fit(dataset)
        predictor = trusted_predictor(
            chosen, dataset, predictions=find_out_of_fold(RUNS, dataset, chosen), none=others
        )
        predictor.save(output, overwrite=overwrite)
        done(1)
    for note in (*chosen.notes_, *predictor.trust.describe()):
        remark(note, quiet=quiet)
    parameters, trainable = chosen.n_parameters_, chosen.n_trainable_parameters_
    if as_json:
        write_result(
            {
                "format": 1,
                "output": str(output),
                "recipe": chosen.name,
                "reason": reason,
                "class_names": list(dataset.class_names),
                "images": len(dataset),
                "parameters": parameters,
                "trainable_parameters": trainable,
                "fingerprint": dataset.fingerprint,
                "seed": seed,
                "trust": predictor.trust.to_dict(),
            }
        )
    else:
        say(
            f"{chosen.name} learnt {len(dataset.class_names)} classes from {len(dataset)} "
            f"images: {trainable:,} of {parameters:,} parameters. Saved to {output}."
        )


def _choose(dataset: "ImageDataset", changes: list[Change]) -> "tuple[ImageClassifier, str]":
    from peu.classifiers.transfer import Transfer
    from peu.comparison.choice import choose_recipe

    backbone = {
        change.target: change.value for change in changes if change.target.startswith("backbone")
    }
    choice = choose_recipe(dataset, runs=RUNS, transfer=Transfer(**backbone))
    found = with_changes(choice.recipe, changes)
    _check_one(found)
    return found[0], choice.reason


def _check_one(recipes: "list[ImageClassifier]") -> None:
    if len(recipes) != 1:
        raise RecipeError(
            "`--recipe` and `--augmentation` must name one. Received: "
            f"{', '.join(recipe.name for recipe in recipes)}. `peu compare` takes several."
        )
