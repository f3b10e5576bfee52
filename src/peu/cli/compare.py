"""`peu compare`: recipes on the same folds, and an honest report."""

import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli import options
from peu.cli.chosen_recipes import Change, choose_recipes
from peu.cli.cluster import runner_on
from peu.cli.config import read_config, write_config
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.recipe_options import NETWORKS, recipe_options
from peu.cli.run_folder import is_same_run, run_config, run_folder
from peu.cli.training_part import UseAll, training_part
from peu.errors import RecipeError
from peu.translations.language import LanguageCode

if TYPE_CHECKING:
    from peu.comparison.comparison import Comparison
    from peu.comparison.trial import Trial
    from peu.images.dataset import ImageDataset

_FOLDS, _REPEATS = 5, 2
_QUICK, _THOROUGH = (3, 1), (5, 4)
_MOST_REMARKS = 3
# Python's own start, before a clock could be looked at.
_SECONDS_TO_START = 1.0


@handle_errors
@recipe_options(*NETWORKS)
def compare_command(
    *,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist. Default: samples.",
            show_default=False,
        ),
    ] = None,
    recipes: Annotated[
        str | None,
        typer.Option(
            "--recipes",
            help="Names with commas between; `peu recipes` lists them. Default: hog, fisher, "
            "transfer.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="3 folds, once.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="5 folds, 4 times.")] = False,
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
    time_limit: options.CommandTimeLimit = None,
    config: options.Config = None,
    language: Annotated[
        LanguageCode, typer.Option("--language", help="Language of the report.")
    ] = "en",
) -> None:
    """Compare recipes on the same repeated folds, and report which differences are real.

    Cheap recipes run first, and a line says how each did as soon as it is known. Run the same
    command again to go on with an interrupted run, or to see its result at once. Images in val/
    and test/ are left out, unless --use-all is given: measure a model on them with `peu evaluate`.
    """
    begun = time.monotonic()
    limit = None if time_limit is None else options.read_duration(time_limit)
    if quick and thorough:
        raise RecipeError(
            "`--quick` and `--thorough` exclude each other. Received: both. Drop one."
        )
    settings = read_config(config)
    chosen = choose_recipes(recipes, settings, changes)
    preset = _QUICK if quick else _THOROUGH if thorough else (None, None)
    folds = folds or preset[0] or settings.get("folds", _FOLDS)
    repeats = repeats or preset[1] or settings.get("repeats", _REPEATS)
    seed = settings.get("seed", 0) if seed is None else seed
    data = data or settings.get("data", "samples")
    use_all = use_all or settings.get("use_all", False)

    from peu.comparison.compare import compare
    from peu.comparison.set_size import about_set_size
    from peu.images.loading import load_images
    from peu.images.splits import make_splits
    from peu.reports.comparison_json import comparison_to_dict
    from peu.reports.comparison_report import stored_report, write_report

    def show_trial(trial: "Trial", done: int, total: int) -> None:
        where = f"repeat {trial.split.repeat + 1}, fold {trial.split.fold + 1}"
        figures = f"accuracy {trial.evaluation.accuracy:.3f}, {trial.seconds:.1f} s"
        remark(f"{done:3d}/{total} {trial.recipe.name}, {where}: {figures}", quiet=quiet)

    def show_recipe(trials: "Sequence[Trial]", left: float) -> None:
        accuracy, seconds = (
            sum(each) / len(trials)
            for each in ([t.evaluation.accuracy for t in trials], [t.seconds for t in trials])
        )
        told = f"{trials[0].recipe.name} is done: accuracy {accuracy:.3f}, {seconds:.1f} s a trial."
        remark(f"{told} About {left:.0f} s left." if left else told, quiet=quiet)

    with showing_progress(quiet=quiet), runner_on(cluster, workers) as runner:
        dataset = load_images(data)
        _tell_set_aside(dataset, quiet=quiet)
        dataset = training_part(dataset, use_all=use_all, quiet=quiet)
        # Before the folder is claimed: impossible folds must leave nothing behind.
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
        for sentence in about_set_size(chosen, max(len(each.train) for each in splits)):
            remark(sentence, quiet=quiet)
        own = run_config(data, dataset.fingerprint, folds, repeats, seed, chosen, use_all=use_all)
        output_folder = run_folder(output, dataset.name, own, overwrite=overwrite)
        folder = output_folder.path
        with output_folder.claim(lambda file: is_same_run(file, own)) as resumed:
            if resumed:
                remark(f"Going on with {folder}: finished trials are kept.", quiet=quiet)
            else:
                write_config(folder, own)
                planned = len(chosen) * len(splits)
                remark(f"{len(dataset)} images; {planned} trials in {folder}.", quiet=quiet)
            comparison = compare(
                dataset,
                chosen,
                seed=seed,
                splits=splits,
                run_folder=folder,
                workers=workers,
                runner=runner,
                on_trial=show_trial,
                on_recipe=show_recipe,
                time_limit=limit,
                time_spent=time.monotonic() - begun + _SECONDS_TO_START,
                command=shlex.join(["peu", *sys.argv[1:]]),
            )
            stored = None if overwrite else stored_report(comparison, folder, language=language)
            if stored is None:
                write_report(comparison, folder, language=language)
    for failure in comparison.failures:
        remark(f"{failure.name} could not run: {failure.reason}", quiet=quiet)
    if as_json:
        write_result(stored or comparison_to_dict(comparison))
    else:
        _show(comparison)
        _show_next_step(comparison, stored)
        say(f"Report: {folder / 'report.html'}")


def _tell_set_aside(dataset: "ImageDataset", *, quiet: bool) -> None:
    for item in dataset.set_aside[:_MOST_REMARKS]:
        remark(f"Set aside: {item.path}: {item.reason}", quiet=quiet)
    if len(dataset.set_aside) > _MOST_REMARKS:
        more = len(dataset.set_aside) - _MOST_REMARKS
        remark(f"... and {more} more; see the report.", quiet=quiet)


def _show(comparison: "Comparison") -> None:
    dataset = comparison.dataset
    figures = ("accuracy", "95% interval", "log loss", "seconds per trial", "parameters")
    show_table(
        ("recipe", *figures),
        [
            (
                each.name,
                f"{each.accuracy.mean:.3f}",
                f"{each.accuracy.low:.3f} to {each.accuracy.high:.3f}",
                f"{each.log_loss.mean:.3f}",
                f"{each.seconds_per_trial:.1f}",
                f"{each.parameters:,}",
            )
            for each in comparison.summaries
        ],
        title=f"{dataset.name}: {len(dataset)} images, {len(dataset.class_names)} classes; "
        f"{comparison.folds} folds x {comparison.repeats}",
        numbers=figures,
    )
    say(comparison.verdict)


def _show_next_step(comparison: "Comparison", stored: Mapping[str, Any] | None) -> None:
    """What the report advises, read where it was written before; the verdict says the rest."""
    from peu.comparison.overview import overview

    if stored is None:
        found = overview(comparison)
        summary = None if found is None else found.to_dict()
    else:
        summary = stored["summary"]
    if summary is not None:
        say(f"Next: {summary['next_step']}")
