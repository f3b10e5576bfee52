"""A comparison of recipes as a report: three sentences first, then everything they rest on."""

import dataclasses
from pathlib import Path
from typing import Any

from peu.comparison.comparison import Comparison
from peu.comparison.overview import overview
from peu.files import read_json, without_checksum
from peu.reports.blocks import (
    Block,
    Callout,
    KeyValues,
    Paragraph,
    Report,
    Section,
)
from peu.reports.calibration_section import calibration_section
from peu.reports.comparison_json import FORMAT, comparison_to_dict
from peu.reports.dataset_section import dataset_section
from peu.reports.label_errors_section import label_errors_section
from peu.reports.mistakes import mistakes_section
from peu.reports.recipes_section import differences_section, recipes_section
from peu.reports.report_folder import PAGE, page_language, write_report_folder
from peu.reports.search_section import search_section
from peu.reports.threshold_section import threshold_section
from peu.reports.training_curves import curves_figure, phases_table
from peu.reports.translation import names_of_users, translated_report
from peu.reports.wording import (
    as_pairs,
    count,
    duration,
    footer,
    percent,
)
from peu.translations.language import LanguageCode
from peu.translations.sentences import Translator


def write_report(
    comparison: Comparison, folder: str | Path, *, language: LanguageCode = "en"
) -> Path:
    """Write `report.html`, one page that needs nothing else, and `report.json`, its figures.

    Args:
        comparison: what to report.
        folder: made if missing; files of these names in it are replaced.
        language: of the page; the JSON file is in English.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written; files are old and whole, or new.
    """
    report = comparison_report(comparison, language=language)
    return write_report_folder(Path(folder), report, comparison_to_dict(comparison))


def stored_report(
    comparison: Comparison, folder: str | Path, *, language: LanguageCode = "en"
) -> dict[str, Any] | None:
    """The `report.json` of a folder where it says what a new one would, page beside it.

    Figures and small images take longer than reading a finished run.

    Args:
        comparison: what would be reported.
        folder: of the run.
        language: that the page is to be in.

    Returns:
        Its content; None where another version wrote it, in another language, or of other trials.
    """
    place = Path(folder)
    try:
        stored: dict[str, Any] = without_checksum(read_json(place / "report.json"))
        whole = page_language(place / PAGE) == language and "summary" in stored
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


def comparison_report(comparison: Comparison, *, language: LanguageCode = "en") -> Report:
    """A comparison as a report.

    Images that can no longer be read are named without being shown.

    Args:
        comparison: what to report.
        language: of its texts, numbers and plots.
    """
    report = _english_report(comparison)
    if language == "en":
        return report
    say = Translator("report", "engine", names=_names(comparison))
    return translated_report(report, say, language)


def _english_report(comparison: Comparison) -> Report:
    dataset = comparison.dataset
    sections: list[Block | None] = [
        *_opening(comparison),
        recipes_section(comparison),
        differences_section(comparison),
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


def _names(comparison: Comparison) -> frozenset[str]:
    """Names in a report that are no words of it: classes, files, recipes, versions, machines."""
    dataset, errors = comparison.dataset, comparison.label_errors
    return names_of_users(
        dataset.name,
        *dataset.class_names,
        *dataset.keys,
        *(each.path for each in dataset.set_aside),
        *(each.name for each in comparison.summaries),
        *(each.name for each in comparison.failures),
        *(value for _, value in as_pairs(comparison.provenance)),
        # It ends with what it rests on, a recipe or a backbone.
        "" if errors is None else errors.method.rpartition(" ")[2],
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
            ("per trial", duration(best.seconds_per_trial)),
        ]
    found = overview(comparison)
    if found is None:
        return (Callout("Verdict", comparison.verdict, tone="verdict"),)
    text = f"{found.how_good} {found.how_sure}"
    return (
        Callout("In short", text, tone="verdict", facts=tuple(shown)),
        Callout("What to do next", found.next_step),
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
