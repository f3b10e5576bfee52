"""A comparison of recipes as a report: the verdict first, then everything it rests on."""

from pathlib import Path

from peu.comparison.comparison import Comparison
from peu.files import write_json, write_text
from peu.reports.comparison_json import comparison_to_dict
from peu.reports.figures import accuracy_figure, curves_figure, paired_figure
from peu.reports.html import render_html
from peu.reports.images_section import images_section
from peu.reports.mistakes import mistakes_section
from peu.reports.phases import phases_table
from peu.reports.report import (
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
)
from peu.reports.search_section import search_section
from peu.reports.wording import count, duration, facts, paired_sentence, percent, with_interval


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
    folder = Path(folder)
    write_json(folder / "report.json", comparison_to_dict(comparison))
    page = folder / "report.html"
    write_text(page, render_html(comparison_report(comparison)))
    return page


def comparison_report(comparison: Comparison) -> Report:
    """Give a comparison as a report.

    Images that can no longer be read are named without being shown.
    """
    dataset = comparison.dataset
    sections: list[Block] = [_verdict(comparison), _recipes(comparison)]
    if comparison.paired:
        sections.append(_differences(comparison))
    if comparison.summaries:
        sections.append(mistakes_section(comparison))
    training = _training(comparison)
    if training:
        sections.append(Section("How training went", training))
    searched = search_section(comparison)
    if searched is not None:
        sections.append(searched)
    sections += [images_section(comparison), _method(comparison), _provenance(comparison)]
    version = comparison.provenance.get("peu", "")
    return Report(
        title=f"Which recipe for {dataset.name}?",
        subtitle=(
            f"{count(len(comparison.summaries), 'recipe')} on "
            f"{count(len(dataset), 'image')} in "
            f"{count(len(dataset.class_names), 'class', 'classes')}, "
            f"{count(len(comparison.splits), 'trial')} each"
        ),
        blocks=tuple(sections),
        footer=f"Made by peu {version}".rstrip()
        + ". This page needs no network and no other file.",
    )


def _verdict(comparison: Comparison) -> Callout:
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
            ("a trial", duration(best.seconds_per_trial)),
        ]
    return Callout("Verdict", comparison.verdict, tone="verdict", facts=tuple(shown))


def _recipes(comparison: Comparison) -> Section:
    blocks: list[Block] = []
    if comparison.summaries:
        figure = accuracy_figure(
            {each.name: each.accuracy for each in comparison.summaries},
            {each.name: _accuracies(comparison, each.name) for each in comparison.summaries},
        )
        blocks += [_recipe_table(comparison), figure, _interval_details(comparison)]
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
    return Section("The recipes", tuple(blocks))


def _recipe_table(comparison: Comparison) -> Table:
    lowest = min(each.accuracy.low for each in comparison.summaries)
    minimum = max(0.0, int(lowest * 10) / 10)
    minimum = minimum if minimum < 1 else 0.0
    return Table(
        caption="The best first. The bars run from "
        f"{percent(minimum)} to 100%; the line is the interval.",
        columns=(
            Column("Recipe"),
            Column("Accuracy"),
            Column("Balanced", numeric=True),
            Column("Log loss", numeric=True),
            Column("Time a trial", numeric=True),
            Column("Parameters", numeric=True),
            Column("Trained", numeric=True),
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
                f"{each.balanced_accuracy.mean:.3f}",
                f"{each.log_loss.mean:.3f}",
                duration(each.seconds_per_trial),
                f"{each.parameters:,}" if each.parameters else "none",
                f"{each.trainable_parameters:,}" if each.trainable_parameters else "none",
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
                    "Accuracy: share of images whose most probable class is the true one.",
                    "Balanced: mean over the classes of the share that is right in each.",
                    "Log loss: how far the probabilities are from the truth; 0 is perfect.",
                    "Time a trial: training and testing on one split, on the machine named below.",
                    "Parameters: numbers in the model; trained: those that these images set.",
                )
            ),
            Table(
                caption="Means with their intervals",
                columns=(
                    Column("Recipe"),
                    Column("Accuracy", numeric=True),
                    Column("Balanced accuracy", numeric=True),
                    Column("Log loss", numeric=True),
                ),
                rows=tuple(
                    (
                        each.name,
                        with_interval(each.accuracy),
                        with_interval(each.balanced_accuracy),
                        with_interval(each.log_loss),
                    )
                    for each in comparison.summaries
                ),
            ),
        ),
    )


def _differences(comparison: Comparison) -> Section:
    return Section(
        "What can be told apart",
        (
            Listing(tuple(paired_sentence(pair) for pair in comparison.paired)),
            paired_figure(comparison.paired),
        ),
    )


def _training(comparison: Comparison) -> tuple[Block, ...]:
    figures: list[Block] = []
    for summary in comparison.summaries:
        histories = [
            trial.history
            for trial in comparison.trials_of(summary.name)
            if any(trial.history.values())
        ]
        if histories:
            figures.append(curves_figure(summary.name, histories))
        phases = [trial.phases for trial in comparison.trials_of(summary.name) if trial.phases]
        if phases:
            figures.append(phases_table(summary.name, phases))
    return tuple(figures)


def _method(comparison: Comparison) -> Section:
    tested = count(comparison.repeats, "time")
    return Section(
        "How it was measured",
        (
            Paragraph(
                f"Every recipe was trained and tested on the same {len(comparison.splits)} splits: "
                f"{count(comparison.folds, 'fold')}, {count(comparison.repeats, 'repeat')}, each "
                "with the classes in the same proportions. Each image was tested "
                f"{tested}, always by a model that had not seen it, nor a copy of it."
            ),
            Paragraph(
                "The training sets of different splits overlap, so trials are not independent and "
                "the usual interval would be too narrow. The intervals here widen the variance "
                "to (1/J + n_test/n_train) s\u00b2 over J trials, after Nadeau and Bengio (2003)."
            ),
            Paragraph(
                "Differences are taken trial by trial, since all recipes met the same images. "
                "Whatever a recipe tuned, it tuned within its training images."
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
    return Section("To do it again", (KeyValues(facts({**command, **first, **known})),))


def _accuracies(comparison: Comparison, name: str) -> list[float]:
    return [trial.evaluation.accuracy for trial in comparison.trials_of(name)]
