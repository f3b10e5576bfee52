"""`peu train`: one recipe on all pictures, saved."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.settings import Knobs, choose_recipes, read_config
from peu.data.wording import printable
from peu.errors import RecipeError


@ending_well
def train_command(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist."
        ),
    ],
    recipe: Annotated[
        str, typer.Option("--recipe", help="descriptors, frozen, augmented or scratch.")
    ] = "frozen",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    patience: options.Patience = None,
    time_limit: options.TimeLimit = None,
    image_size: options.ImageSize = None,
    fit: options.FitOption = None,
    augmentation: options.AugmentationOption = None,
    flips: options.FlipsOption = None,
    no_flip: options.NoFlip = False,
    backbone: options.Backbone = None,
    backbone_weights: options.BackboneWeights = None,
    backbone_preprocessing: options.BackbonePreprocessing = None,
    head: options.HeadOption = None,
    pooling: options.PoolingOption = None,
    config: options.Config = None,
) -> None:
    """Learn a model from all pictures of a set, and save it.

    How good it is, `peu compare` tells: here no picture is left to test on.
    """
    settings = read_config(config)
    chosen = choose_recipes(
        recipe,
        settings,
        Knobs(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            patience=patience,
            time_limit=time_limit,
            image_size=image_size,
            fit=fit,
            augmentation=augmentation,
            flips="none" if no_flip else flips,
            backbone=backbone,
            backbone_weights=backbone_weights,
            backbone_preprocessing=backbone_preprocessing,
            head=head,
            pooling=pooling,
        ),
    )
    if len(chosen) != 1:
        raise RecipeError(
            f"`--recipe` must name one recipe. Received: {recipe!r}. Name one here; `peu compare` "
            "takes several."
        )
    seed = settings.get("seed", 0) if seed is None else seed

    from peu.data.catalog import open_dataset
    from peu.fitted.bundle import check_destination
    from peu.strategies.fit import fit_classifier

    check_destination(output, overwrite=overwrite)
    with showing_progress(quiet=quiet) as progress:
        dataset = open_dataset(data, progress=progress)
        if dataset.set_aside:
            remark(f"{len(dataset.set_aside)} files set aside; see `peu describe`.", quiet=quiet)
        classifier = fit_classifier(chosen[0], dataset, seed=seed, progress=progress)
        classifier.save(output, overwrite=overwrite)
    for note in classifier.provenance["notes"]:
        remark(note, quiet=quiet)
    facts = {
        "format": 1,
        "output": str(output),
        "recipe": chosen[0].name,
        "class_names": list(classifier.class_names),
        "pictures": len(dataset),
        "parameters": classifier.provenance["parameters"],
        "trainable_parameters": classifier.provenance["trainable_parameters"],
        "fingerprint": dataset.fingerprint,
        "seed": seed,
    }
    if as_json:
        write_result(facts)
        return
    results().print(
        f"{chosen[0].name} learnt {len(classifier.class_names)} classes from {len(dataset)} "
        f"pictures: {facts['trainable_parameters']:,} of {facts['parameters']:,} parameters. "
        f"Saved to {printable(str(output))}.",
        soft_wrap=True,
    )
