"""`peu train`: one recipe on all images, saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.recipe_options import Settings, taking_settings
from peu.cli.run_folder import RUNS
from peu.cli.settings import choose_recipes, read_config, with_settings
from peu.errors import RecipeError
from peu.recipes.frozen import Transfer
from peu.wording import printable

if TYPE_CHECKING:
    from peu.images.dataset import ImageDataset
    from peu.recipes.registry import Recipe


@ending_well
@taking_settings
def train_command(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist."
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="descriptors, fisher, frozen, finetune, augmented, scratch, tuned or ensemble. "
            "Default: what a comparison of these images in runs/ showed, or else what suits "
            "their number.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    *,
    options_given: Settings,
    config: options.Config = None,
) -> None:
    """Learn a model from all images of a set, and save it.

    Without --recipe one is chosen for these images, and the reason said.
    How good it is, `peu compare` tells: here no image is left to test on.
    """
    settings = read_config(config)
    named = recipe is not None or bool(settings.get("recipes"))
    # Wrong settings are refused before any image is read, whichever recipe it will be.
    asked = choose_recipes(recipe, settings, options_given)
    if named and len(asked) != 1:
        raise RecipeError(
            f"`--recipe` must name one recipe. Received: {recipe or len(asked)!r}. Name one here; "
            "`peu compare` takes several."
        )
    seed = settings.get("seed", 0) if seed is None else seed

    from peu.classifiers.fit import fit_classifier
    from peu.images.cache import cache_folder
    from peu.images.catalog import open_dataset
    from peu.models.bundle import check_destination

    check_destination(output, overwrite=overwrite)
    with showing_progress(quiet=quiet):
        dataset = open_dataset(data)
        if dataset.set_aside:
            remark(f"{len(dataset.set_aside)} files set aside; see `peu describe`.", quiet=quiet)
        chosen, reason = (asked[0], None) if named else _choose(dataset, options_given)
        if reason is not None:
            remark(f"Chose {chosen.name}: {reason}.", quiet=quiet)
        classifier = fit_classifier(
            chosen,
            dataset,
            seed=seed,
            search_folder=cache_folder() / "searches",
        )
        classifier.save(output, overwrite=overwrite)
    for note in classifier.provenance["notes"]:
        remark(note, quiet=quiet)
    facts = {
        "format": 1,
        "output": str(output),
        "recipe": chosen.name,
        "reason": reason,
        "class_names": list(classifier.class_names),
        "images": len(dataset),
        "parameters": classifier.provenance["parameters"],
        "trainable_parameters": classifier.provenance["trainable_parameters"],
        "fingerprint": dataset.fingerprint,
        "seed": seed,
    }
    if as_json:
        write_result(facts)
        return
    results().print(
        f"{chosen.name} learnt {len(classifier.class_names)} classes from {len(dataset)} "
        f"images: {facts['trainable_parameters']:,} of {facts['parameters']:,} parameters. "
        f"Saved to {printable(str(output))}.",
        soft_wrap=True,
    )


def _choose(dataset: "ImageDataset", settings: Settings) -> "tuple[Recipe, str]":
    from peu.comparison.choice import choose_recipe

    frozen = with_settings(Transfer(), settings)[0]
    choice = choose_recipe(dataset, runs=RUNS, frozen=cast("Transfer", frozen))
    found = with_settings(choice.recipe, settings)
    if len(found) > 1:
        raise RecipeError(
            f"`--augmentation` must name one policy. Received: {settings.augmentation!r}. `peu "
            "compare` takes several."
        )
    return found[0], choice.reason
