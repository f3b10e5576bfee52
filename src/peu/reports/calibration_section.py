"""Whether probabilities are true, before and after calibration, and what prediction sets hold."""

from typing import TYPE_CHECKING

from peu.comparison.calibration import CalibrationSummary, calibration_summary
from peu.comparison.comparison import Comparison
from peu.evaluation.reliability import ReliabilityBin
from peu.reports.blocks import Block, Details, Figure, Paragraph, Section
from peu.reports.figure import FIRST, MUTED, SECOND, Draw, figure
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RELIABILITY_CAPTION = (
    "Dot: predictions of about one confidence, and how many of them are right, with the 95% "
    "interval. On the line every probability is true."
)


def calibration_section(comparison: Comparison) -> Section | None:
    """A table of all recipes, and a reliability diagram of each."""
    found = {each.name: calibration_summary(comparison, each.name) for each in comparison.summaries}
    if not found:
        return None
    blocks: list[Block] = [
        Paragraph(
            "Each fold is calibrated by what the other folds say, and only where that lowers "
            "their log loss by more than its standard error; `peu train` does the same with all "
            "of them. A calibration error near the one by chance is none."
        ),
        _table(found),
    ]
    if any(each.sets for each in found.values()):
        blocks.append(_sets(found))
    blocks.append(
        Details(
            "Reliability diagrams",
            tuple(_diagram(name, each) for name, each in found.items()),
        )
    )
    return Section("Can the probabilities be believed?", tuple(blocks))


def _table(found: dict[str, CalibrationSummary]) -> Table:
    return Table(
        caption="Log loss, Brier score and calibration error on untouched folds",
        columns=(
            Column("Recipe"),
            Column("Calibration"),
            *numbers("Log loss", "Log loss, calibrated"),
            *numbers("Brier score", "Brier score, calibrated"),
            *numbers("Calibration error", "Error, calibrated", "Error by chance"),
        ),
        rows=tuple(
            (
                name,
                each.method or "none helps",
                each.before.log_loss,
                each.after.log_loss,
                each.before.brier,
                each.after.brier,
                each.before.reliability.calibration_error,
                each.after.reliability.calibration_error,
                each.after.reliability.by_chance,
            )
            for name, each in found.items()
        ),
    )


def _sets(found: dict[str, CalibrationSummary]) -> Table:
    return Table(
        caption="Prediction sets: how often they hold the true label, with its 95% interval",
        columns=(
            Column("Recipe"),
            Column("Asked for"),
            Column("Held"),
            *numbers("Labels in a set"),
            Column("Empty"),
        ),
        rows=tuple(
            (
                name,
                percent(each.wanted),
                f"{percent(each.covered)} ({percent(each.low)} to {percent(each.high)})",
                each.mean_size,
                percent(each.empty),
            )
            for name, summary in found.items()
            for each in summary.sets
        ),
    )


def _diagram(name: str, summary: CalibrationSummary) -> Figure:
    before, after = summary.before.reliability.bins, summary.after.reliability.bins
    table = Table(
        caption=f"Confidence and accuracy of {name}",
        columns=(
            Column("Predictions"),
            *numbers("Confidence", "Accuracy", "Low", "High"),
        ),
        rows=tuple(
            (when, each.confidence, each.accuracy, each.low, each.high)
            for when, bins in (("before", before), ("after", after))
            for each in bins
        ),
    )
    panels = [reliability_panel(f"{name}: before", before, SECOND)]
    if summary.method is not None:
        panels.append(reliability_panel("after", after, FIRST))
    return figure(
        table,
        panels,
        caption=RELIABILITY_CAPTION,
        height=3.0,
        columns=2,
    )


def reliability_panel(title: str, bins: tuple[ReliabilityBin, ...], colour: str) -> Draw:
    """Confidence against accuracy: a dot and an interval for each bin, and where they would agree.

    Args:
        title: of the panel.
        bins: one or more, the least confident first.
        colour: of dots and intervals.
    """

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=0.9, ls=":")
        for each in bins:
            axes.plot([each.confidence] * 2, [each.low, each.high], color=colour, lw=1.4)
        axes.plot(
            [each.confidence for each in bins],
            [each.accuracy for each in bins],
            "o",
            color=colour,
            ms=5,
        )
        lowest = min(min(each.confidence, each.low) for each in bins)
        axes.set_xlim(lowest - 0.03, 1.03)
        axes.set_ylim(lowest - 0.03, 1.03)
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title(title)

    return draw
