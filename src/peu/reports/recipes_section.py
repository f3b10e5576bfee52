"""The recipes of a comparison: verdict, table, intervals, and which differences are real."""

from peu.comparison.comparison import Comparison
from peu.evaluation.metrics import METRICS
from peu.reports.accuracy_figures import accuracy_figure, paired_figure
from peu.reports.blocks import Block, Callout, Details, Listing, Paragraph, Section
from peu.reports.table import Column, Span, Table, numbers
from peu.reports.wording import duration, number, paired_sentence, percent, with_interval


def recipes_section(comparison: Comparison) -> Section:
    """The verdict, a table of the recipes, and what could not run or was left out."""
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
            Column("Time per trial", numeric=True),
            Column("Time per image", numeric=True),
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
                "" if each.seconds_per_image is None else _milliseconds(each.seconds_per_image),
                each.parameters,
                each.trainable_parameters,
            )
            for each in comparison.summaries
        ),
    )


def _milliseconds(seconds: float) -> str:
    return f"{number(1000 * seconds, 0 if seconds >= 0.01 else 1)} ms"


def _interval_details(comparison: Comparison) -> Details:
    return Details(
        "What the columns mean, and all intervals",
        (
            Listing(
                (
                    *(f"{each.title}: {each.description}." for each in METRICS.values()),
                    "Time per trial: training and testing on one split, on the machine below.",
                    "Time per image: predicting one of a few decoded images, fitted and warm.",
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


def differences_section(comparison: Comparison) -> Section | None:
    """Every pair of recipes in words and as a figure; None where there is no pair."""
    if not comparison.paired:
        return None
    return Section(
        "Which differences are real",
        (
            Listing(tuple(paired_sentence(pair) for pair in comparison.paired)),
            paired_figure(comparison.paired),
        ),
    )
