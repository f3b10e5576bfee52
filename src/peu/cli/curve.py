"""`peu curve`: accuracy against images a class, and how many more are needed."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.chosen_recipes import Change, choose_recipes
from peu.cli.cluster import runner_on
from peu.cli.config import read_config, write_config
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.recipe_options import BACKBONE, recipe_options
from peu.cli.run_folder import is_same_run, run_config, run_folder
from peu.cli.training_part import UseAll, training_part

if TYPE_CHECKING:
    from peu.comparison.learning_curve import LearningCurve
    from peu.comparison.trial import Trial

_RECIPES = "hog,transfer"
_FOLDS, _REPEATS = 5, 2


@handle_errors
@recipe_options(*BACKBONE)
def curve_command(
    *,
    data: options.Data,
    recipes: Annotated[
        str | None,
        typer.Option(
            "--recipes",
            help="Names with commas between; `peu recipes` lists them. Default: hog, transfer.",
        ),
    ] = None,
    target: Annotated[
        float, typer.Option("--target", help="The accuracy wanted, between 0 and 1.")
    ] = 0.95,
    folds: options.Folds = None,
    repeats: options.Repeats = None,
    seed: options.Seed = None,
    use_all: UseAll = False,
    output: options.RunOutput = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    changes: list[Change],
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    config: options.Config = None,
) -> None:
    """Measure accuracy with fewer images than there are, and say what more would bring.

    Run the same command again to go on with an interrupted run, or with another --target.
    """
    settings = read_config(config)
    chosen = choose_recipes(
        recipes or (None if settings.get("recipes") else _RECIPES), settings, changes
    )
    use_all = use_all or settings.get("use_all", False)
    folds = folds or settings.get("folds", _FOLDS)
    repeats = repeats or settings.get("repeats", _REPEATS)
    seed = settings.get("seed", 0) if seed is None else seed

    from peu.comparison.learning_curve import check_target, learning_curve
    from peu.images.loading import load_images
    from peu.images.nested_subsets import nested_splits
    from peu.images.splits import make_splits
    from peu.reports.learning_curve_report import write_learning_curve

    def show_trial(trial: "Trial", done: int, total: int) -> None:
        learnt = f"{trial.recipe.name}, {len(trial.split.train)} images to learn from"
        remark(f"{done:3d}/{total} {learnt}: accuracy {trial.evaluation.accuracy:.3f}", quiet=quiet)

    check_target(target)
    with showing_progress(quiet=quiet), runner_on(cluster, workers) as runner:
        dataset = training_part(load_images(data), use_all=use_all, quiet=quiet)
        # Before the folder is claimed: too few images must leave nothing behind.
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
        nested_splits(dataset, splits)
        # A folder of `peu compare` is another run, whose report stays.
        own = {
            **run_config(data, dataset.fingerprint, folds, repeats, seed, chosen, use_all=use_all),
            "task": "curve",
        }
        folder = run_folder(output, f"{dataset.name}-curve", own, overwrite=overwrite)
        with folder.claim(lambda file: is_same_run(file, own)) as resumed:
            if resumed:
                remark(f"Going on with {folder.path}: finished trials are kept.", quiet=quiet)
            else:
                write_config(folder.path, own)
            found = learning_curve(
                dataset,
                chosen,
                target=target,
                folds=folds,
                repeats=repeats,
                seed=seed,
                run_folder=folder.path,
                workers=workers,
                runner=runner,
                on_trial=show_trial,
                command=shlex.join(["peu", *sys.argv[1:]]),
            )
            page = write_learning_curve(found, folder.path)
    for failure in found.failures:
        remark(f"{failure.name} could not run: {failure.reason}", quiet=quiet)
    if as_json:
        write_result(found.to_dict())
    else:
        _show(found, page)


def _show(found: "LearningCurve", page: Path) -> None:
    names = [curve.name for curve in found.curves]
    columns = ("images a class", *names)
    rows = [
        (
            f"{point.images_per_class:.1f}",
            *(f"{curve.points[at].accuracy.mean:.3f}" for curve in found.curves),
        )
        for at, point in enumerate(found.curves[0].points)
    ]
    now = found.curves[0].now
    for times, meaning in ((1, "all"), (2, "twice as many")):
        expected = [curve.law.accuracy(times * now) for curve in found.curves]
        rows.append(
            (
                f"{meaning}: {times * now:.0f}, expected",
                *(f"{each.mean:.3f} ({each.low:.3f} to {each.high:.3f})" for each in expected),
            )
        )
    show_table(
        columns,
        rows,
        title=f"{found.dataset.name}: {len(found.dataset)} images, "
        f"{len(found.dataset.class_names)} classes; {found.folds} folds x {found.repeats}",
        numbers=columns,
    )
    for curve in found.curves:
        say(curve.sentence())
    say(f"Report: {page}")
