"""A comparison of recipes as a report: three sentences first, then everything they rest on."""

import dataclasses
from pathlib import Path
from typing import Any

from peu.comparison.comparison import Comparison
from peu.comparison.overview import overview
from peu.evaluation.metrics import METRICS
from peu.files import read_json
from peu.reports.accuracy_figures import accuracy_figure, paired_figure
from peu.reports.blocks import (
    Block,
    Callout,
    Column,
    Details,
    KeyValues,
    Listing,
    Paragraph,
    Report,
    Section,
    Span,
    Table,
    numbers,
)
from peu.reports.calibration_section import calibration_section
from peu.reports.comparison_json import FORMAT, comparison_to_dict
from peu.reports.dataset_section import dataset_section
from peu.reports.label_errors_section import label_errors_section
from peu.reports.mistakes import mistakes_section
from peu.reports.report_folder import write_report_folder
from peu.reports.search_section import search_section
from peu.reports.threshold_section import threshold_section
from peu.reports.training_curves import curves_figure, phases_table
from peu.reports.wording import (
    as_pairs,
    count,
    duration,
    footer,
    paired_sentence,
    percent,
    with_interval,
)


def write_report(comparison: Comparison, folder: str | Path) -> Path:
    """Write `report.html`, one page that needs nothing else, and `report.json`, its figures.

    Args:
        comparison: what to report.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written; files are old and whole, or new.
    """
    report = comparison_report(comparison)
    return write_report_folder(Path(folder), report, comparison_to_dict(comparison))


def stored_report(comparison: Comparison, folder: str | Path) -> dict[str, Any] | None:
    """The `report.json` of a folder where it says what a new one would, page beside it.

    Figures and small images take longer than reading a finished run.

    Args:
        comparison: what would be reported.
        folder: of the run.

    Returns:
        Its content; None where another version wrote it, or of other trials.
    """
    place = Path(folder)
    try:
        stored: dict[str, Any] = read_json(place / "report.json")
        whole = (place / "report.html").is_file() and "summary" in stored
        same = whole and _gist(stored) == _plain_gist(comparison)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return stored if same else None


def _gist(stored: dict[str, Any]) -> list[Any]:
    return [
        stored["format"],
        stored["provenance"]["peu"],
        stored["dataset"]["fingerprint"],
        len(stored["dataset"]["set_aside"]),
        stored["verdict"],
        stored["left_out"],
        [each["name"] for each in stored["failures"]],
        [
            [
                row["name"],
                [[each["repeat"], each["fold"], each["accuracy"]] for each in row["trials"]],
            ]
            for row in stored["recipes"]
        ],
    ]


def _plain_gist(comparison: Comparison) -> list[Any]:
    dataset = comparison.dataset
    return [
        FORMAT,
        comparison.provenance["peu"],
        dataset.fingerprint,
        len(dataset.set_aside),
        comparison.verdict,
        [dataclasses.asdict(each) for each in comparison.left_out],
        [each.name for each in comparison.failures],
        [
            [
                summary.name,
                [
                    [trial.split.repeat, trial.split.fold, trial.evaluation.accuracy]
                    for trial in comparison.trials_of(summary.name)
                ],
            ]
            for summary in comparison.summaries
        ],
    ]


def comparison_report(comparison: Comparison) -> Report:
    """A comparison as a report.

    Images that can no longer be read are named without being shown.
    """
    dataset = comparison.dataset
    sections: list[Block | None] = [
        *_opening(comparison),
        _recipes(comparison),
        _differences(comparison),
        mistakes_section(comparison),
        threshold_section(comparison),
        calibration_section(comparison),
        label_errors_section(comparison.label_errors),
        _training(comparison),
        search_section(comparison),
        dataset_section(comparison),
        _method(comparison),
        _provenance(comparison),
    ]
    return Report(
        title=f"Which recipe for {dataset.name}?",
        subtitle=(
            f"{count(len(comparison.summaries), 'recipe')} on "
            f"{count(len(dataset), 'image')} in "
            f"{count(len(dataset.class_names), 'class', 'classes')}, "
            f"{count(len(comparison.splits), 'trial')} each"
        ),
        blocks=tuple(section for section in sections if section is not None),
        footer=footer(comparison.provenance.get("peu", "")),
    )


def _opening(comparison: Comparison) -> tuple[Callout, ...]:
    shown: list[tuple[str, str]] = []
    if comparison.summaries:
        best = comparison.summaries[0]
        level = f"{100 * best.accuracy.level:g}%"
        shown = [
            (f"accuracy of {best.name}", percent(best.accuracy.mean)),
            (
                f"its {level} interval",
                f"{percent(best.accuracy.low)} to {percent(best.accuracy.high)}",
            ),
            ("per run", duration(best.seconds_per_trial)),
        ]
    found = overview(comparison)
    if found is None:
        return (Callout("Verdict", comparison.verdict, tone="verdict"),)
    text = f"{found.how_good} {found.how_sure}"
    return (
        Callout("In short", text, tone="verdict", facts=tuple(shown)),
        Callout("What to do next", found.next_step),
    )


def _recipes(comparison: Comparison) -> Section:
    blocks: list[Block] = []
    if comparison.summaries:
        figure = accuracy_figure(
            {each.name: each.accuracy for each in comparison.summaries},
            {
                each.name: [trial.evaluation.accuracy for trial in comparison.trials_of(each.name)]
                for each in comparison.summaries
            },
        )
        blocks += [
            Paragraph(comparison.verdict),
            _recipe_table(comparison),
            figure,
            _interval_details(comparison),
        ]
    else:
        blocks.append(Paragraph("No recipe could run on these images."))
    if comparison.failures:
        blocks.append(
            Callout(
                "Could not run",
                "These recipes are missing above; the others are not affected.",
                tone="warning",
                items=tuple(f"{each.name}: {each.reason}" for each in comparison.failures),
            )
        )
    if comparison.left_out:
        blocks.append(
            Callout(
                "Left out for want of time",
                "The same command with more time goes on from here.",
                tone="warning",
                items=tuple(f"{each.name or 'All'}: {each.reason}" for each in comparison.left_out),
            )
        )
    return Section("The recipes", tuple(blocks))


def _recipe_table(comparison: Comparison) -> Table:
    lowest = min(each.accuracy.low for each in comparison.summaries)
    minimum = max(0.0, int(lowest * 10) / 10)
    minimum = minimum if minimum < 1 else 0.0
    others = [metric for metric in METRICS.values() if metric.name != "accuracy"]
    return Table(
        caption="The best first. The bars run from "
        f"{percent(minimum)} to 100%; the line is the interval.",
        columns=(
            Column("Recipe"),
            Column("Accuracy"),
            *numbers(*(metric.title for metric in others)),
            Column("Time per run", numeric=True),
            Column("Parameters", ","),
            Column("Trained", ","),
        ),
        rows=tuple(
            (
                each.name,
                Span(
                    with_interval(each.accuracy),
                    each.accuracy.low,
                    each.accuracy.mean,
                    each.accuracy.high,
                    minimum,
                ),
                *(each.metrics[metric.name].mean for metric in others),
                duration(each.seconds_per_trial),
                each.parameters,
                each.trainable_parameters,
            )
            for each in comparison.summaries
        ),
    )


def _interval_details(comparison: Comparison) -> Details:
    return Details(
        "What the columns mean, and all intervals",
        (
            Listing(
                (
                    *(f"{each.title}: {each.description}." for each in METRICS.values()),
                    "Time per run: training and testing on one split, on the machine named below.",
                    "Parameters: numbers in the model; trained: those set from these images.",
                )
            ),
            Table(
                caption="Means with their intervals",
                columns=(
                    Column("Recipe"),
                    *(Column(metric.title, numeric=True) for metric in METRICS.values()),
                ),
                rows=tuple(
                    (each.name, *(with_interval(each.metrics[name]) for name in METRICS))
                    for each in comparison.summaries
                ),
            ),
        ),
    )


def _differences(comparison: Comparison) -> Section | None:
    if not comparison.paired:
        return None
    return Section(
        "Which differences are real",
        (
            Listing(tuple(paired_sentence(pair) for pair in comparison.paired)),
            paired_figure(comparison.paired),
        ),
    )


def _training(comparison: Comparison) -> Section | None:
    blocks: list[Block] = []
    for summary in comparison.summaries:
        trials = comparison.trials_of(summary.name)
        if histories := [trial.history for trial in trials if any(trial.history.values())]:
            blocks.append(curves_figure(summary.name, histories))
        if phases := [trial.phases for trial in trials if trial.phases]:
            blocks.append(phases_table(summary.name, phases))
    return Section("How training went", tuple(blocks)) if blocks else None


def _method(comparison: Comparison) -> Section:
    tested = count(comparison.repeats, "time")
    return Section(
        "How it was measured",
        (
            Paragraph(
                f"Every recipe was trained and tested on the same {len(comparison.splits)} splits: "
                f"{count(comparison.folds, 'fold')}, {count(comparison.repeats, 'repeat')}, each "
                "with the classes in the same proportions. Each image was tested "
                f"{tested}, always by a model trained without it and without its near-duplicates."
            ),
            Paragraph(
                "Intervals come from the images: how much each class's images differ in how often "
                "they were right, near-duplicates counted as one. The variance is multiplied by "
                "1 + n_test/n_train for training sets that overlap (Nadeau and Bengio, 2003), and "
                "the interval of an accuracy is Jeffreys' below and Clopper and Pearson's above, "
                "on as many independent images. It allows for a final model that learns from more "
                "images than a fold does."
            ),
            Paragraph(
                "Whether such intervals hold the truth as often as they say was measured on "
                "hundreds of tasks drawn from real images: docs/measured.md has the figures, and "
                "benchmarks/coverage.py measures them again."
            ),
            Paragraph(
                "Differences are computed image by image: all recipes were tested on the same "
                "images. Whatever a recipe tuned, it tuned on its training images alone."
            ),
        ),
    )


def _provenance(comparison: Comparison) -> Section:
    known = dict(comparison.provenance)
    first = {
        "seed": comparison.seed,
        "folds": comparison.folds,
        "repeats": comparison.repeats,
        "images' fingerprint (SHA-256)": comparison.dataset.fingerprint,
    }
    command = {"command": known.pop("command")} if known.get("command") else {}
    known = {name: value for name, value in known.items() if name not in ("seed", "fingerprint")}
    return Section("Reproduce this run", (KeyValues(as_pairs({**command, **first, **known})),))
