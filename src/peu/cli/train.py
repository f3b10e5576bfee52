"""`peu train`: one recipe on all images, saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.chosen_recipes import Change, choose_recipes, with_changes
from peu.cli.config import read_config
from peu.cli.console import remark, say, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.recipe_options import NETWORKS, recipe_options
from peu.cli.run_folder import RUNS
from peu.cli.training_part import UseAll, training_part
from peu.errors import RecipeError
from peu.progress import steps
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.classifiers.base import ImageClassifier
    from peu.images.dataset import ImageDataset


@handle_errors
@recipe_options(*NETWORKS)
def train_command(
    *,
    data: options.Data,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="Name of a recipe; `peu recipes` lists them. Default: by a comparison of these "
            "images the fastest of those that are not shown to be worse than the best, or else "
            "what suits their number.",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            help="A run of `peu compare`, or a folder of runs, to choose the recipe by. Default: "
            "runs/ here, or beside the images.",
        ),
    ] = None,
    use_all: UseAll = False,
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
    changes: list[Change],
    config: options.Config = None,
) -> None:
    """Train a model on all images of a set, and save it.

    Without --recipe one is chosen for these images, and the command says why. Use `peu compare` to
    find out how good a recipe is: here no image is left to test on. Images in val/ and test/ are
    never learnt from, unless --use-all is given.
    """
    settings = read_config(config)
    named = recipe is not None or bool(settings.get("recipes"))
    # Wrong settings are refused before any image is read, whichever recipe it will be.
    asked = choose_recipes(recipe, settings, changes)
    if named:
        _check_one(asked)
    if named and run is not None:
        raise RecipeError(
            "`--run` chooses a recipe, and so does `--recipe`. Received: both. Drop one."
        )
    seed = settings.get("seed", 0) if seed is None else seed

    from peu.cache_folder import cache_folder
    from peu.classifiers.search import searches_kept_in
    from peu.comparison.out_of_fold import find_out_of_fold
    from peu.comparison.trust import trusted_predictor
    from peu.images.different_images import about_different_images
    from peu.images.loading import load_images
    from peu.models.bundle import output_folder

    output_folder(output, overwrite=overwrite).check()
    with showing_progress(quiet=quiet), steps(1) as done:
        dataset = load_images(data)
        others = None if none is None else load_images(none, labels_required=False, to_learn=False)
        if dataset.set_aside:
            aside = len(dataset.set_aside)
            remark(f"Set aside: {aside}; `peu describe` lists them with the reasons.", quiet=quiet)
        learnt = training_part(dataset, use_all=use_all, quiet=quiet)
        for sentence in about_different_images(learnt):
            remark(sentence, quiet=quiet)
        kept = len(dataset) - len(learnt)
        runs = _where_runs_are(data, run)
        chosen, reason = (asked[0], None) if named else _choose(learnt, changes, runs, run)
        if reason is not None:
            remark(f"Chose {chosen.name}: {reason}.", quiet=quiet)
        chosen.seed = seed
        if chosen.saves_keras_network:
            # Better to hear of what is missing before a long training than after it.
            from peu.networks.onnx_export import check_exporter

            check_exporter()
        with searches_kept_in(cache_folder() / "searches"):
            chosen.fit(learnt, validation=_to_watch(dataset) if kept else None)
        predictor = trusted_predictor(
            chosen, learnt, predictions=find_out_of_fold(runs, learnt, chosen), none=others
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
                "class_names": [str(each) for each in chosen.classes_],
                "images": len(learnt),
                "left_to_test": kept,
                "parameters": parameters,
                "trainable_parameters": trainable,
                "fingerprint": dataset.fingerprint,
                "seed": seed,
                "trust": predictor.trust.to_dict(),
            }
        )
    else:
        say(
            f"{chosen.name} learnt {len(chosen.classes_)} classes from {len(learnt)} "
            f"images: {trainable:,} of {parameters:,} parameters. Saved to {output}."
        )


def _to_watch(dataset: "ImageDataset") -> "ImageDataset | None":
    """The images of val/, which training curves are shown for."""
    validation = [part == "validation" for part in dataset.parts]
    return dataset[validation] if any(validation) else None


def _where_runs_are(data: str, run: Path | None) -> list[Path]:
    """Folders of comparisons: the one that was named, or `runs/` here and beside the images."""
    if run is not None and not run.is_dir():
        raise RecipeError(
            "`--run` must be a folder: a run of `peu compare`, or several. Received: "
            f"{quoted(run)}. Check the path."
        )
    beside = [Path(data).absolute().parent / RUNS] if Path(data).exists() else []
    return [run] if run is not None else [RUNS, *beside]


def _choose(
    images: "ImageDataset", changes: list[Change], runs: list[Path], run: Path | None
) -> "tuple[ImageClassifier, str]":
    from peu.classifiers.transfer import Transfer
    from peu.comparison.choice import choose_recipe

    backbone = {
        change.target: change.value for change in changes if change.target.startswith("backbone")
    }
    choice = choose_recipe(images, runs=runs, transfer=Transfer(**backbone))
    if run is not None and choice.run is None:
        raise RecipeError(
            f"`--run` must hold a finished comparison of these images. {quoted(run)} has none. Run "
            "`peu compare` on them, or leave `--run` out."
        )
    found = with_changes(choice.recipe, changes)
    _check_one(found)
    return found[0], choice.reason


def _check_one(recipes: "list[ImageClassifier]") -> None:
    if len(recipes) != 1:
        raise RecipeError(
            "`--recipe` and `--augmentation` must name one. Received: "
            f"{', '.join(recipe.name for recipe in recipes)}. `peu compare` takes several."
        )
