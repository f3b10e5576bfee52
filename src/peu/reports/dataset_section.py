"""The images of a comparison: classes, sizes, duplicates, and files that were set aside."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from peu.comparison.comparison import Comparison
from peu.images.checks import describe_dataset
from peu.reports.blocks import (
    Block,
    Callout,
    Details,
    Figure,
    KeyValues,
    Listing,
    Paragraph,
    Section,
)
from peu.reports.comparison_json import class_counts, duplicate_paths
from peu.reports.figure import FIRST, figure
from peu.reports.table import Column, Table
from peu.reports.wording import count, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_GROUPS = 200
_MOST_CLASSES = 40
_MOST_SIZES = 50


def dataset_section(comparison: Comparison) -> Section:
    """How many images there are, how large, which are the same, and what was set aside."""
    dataset = comparison.dataset
    counts = class_counts(comparison)
    sizes = [(each.width, each.height) for each in dataset.metadata]
    duplicates = duplicate_paths(comparison)
    pairs = [
        ("images used", f"{len(dataset):,}"),
        (
            "classes",
            f"{len(counts):,}, of {min(counts.values()):,} to {max(counts.values()):,} images",
        ),
    ]
    if sizes:
        widths, heights = np.array(sizes).T
        pairs.append(
            (
                "size",
                (
                    f"median {int(np.median(widths))} \u00d7 {int(np.median(heights))} pixels, "
                    f"{widths.min()} to {widths.max()} wide, "
                    f"{heights.min()} to {heights.max()} high"
                ),
            )
        )
    pairs += [
        ("near-duplicates", count(len(duplicates), "group") if duplicates else "none found"),
        ("set aside", str(len(dataset.set_aside) or "none")),
    ]
    blocks: list[Block] = [KeyValues(tuple(pairs))]
    if warnings := describe_dataset(dataset).warnings:
        blocks.append(Callout("Worth knowing", "", tone="warning", items=warnings))
    blocks.append(balance_figure(counts))
    if sizes:
        blocks.append(Details("Sizes of the images", (sizes_figure(sizes),)))
    if duplicates:
        blocks.append(Section("The same image more than once", _duplicates(duplicates)))
    if dataset.set_aside:
        blocks.append(
            Section(
                "Set aside",
                (
                    Paragraph("These were used neither to train nor to test."),
                    Table(
                        caption="What was set aside, and why",
                        columns=(Column("File"), Column("Reason")),
                        rows=tuple((each.path, each.reason) for each in dataset.set_aside),
                    ),
                ),
            )
        )
    return Section("The images", tuple(blocks))


def balance_figure(counts: Mapping[str, int]) -> Figure:
    """Plot the number of images in each class."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered[:_MOST_CLASSES]
    rest = len(ordered) - len(shown)

    def draw(axes: "Axes") -> None:
        bars = axes.barh(range(len(shown)), [many for _, many in shown], height=0.62, color=FIRST)
        axes.bar_label(bars, padding=5)
        axes.set_yticks(range(len(shown)), [label(name) for name, _ in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(0, 1.1 * max([*counts.values(), 1]))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    return figure(
        Table(
            caption="Images in each class",
            columns=(Column("Class"), Column("Images", ",")),
            rows=tuple(ordered),
        ),
        draw,
        height=0.35 + 0.3 * max(2, len(shown)),
        caption="Images in each class"
        + (f"; {count(rest, 'smaller class', 'smaller classes')} in the table only" * bool(rest))
        + ".",
    )


def sizes_figure(sizes: Sequence[tuple[int, int]]) -> Figure:
    """Plot the width and height of the images.

    Args:
        sizes: (width, height) of each image, in pixels, upright.
    """
    frequent = sorted(Counter(sizes).items(), key=lambda item: (-item[1], item[0]))
    distinct = np.array([size for size, _ in frequent])
    images = np.array([many for _, many in frequent])
    more = len(frequent) - _MOST_SIZES
    low, high = distinct.min(axis=0), distinct.max(axis=0)

    def draw(axes: "Axes") -> None:
        axes.scatter(
            distinct[:, 0], distinct[:, 1], s=14 * np.sqrt(images), color=FIRST, alpha=0.5, lw=0
        )
        axes.set_xlim(0, 1.08 * high[0])
        axes.set_ylim(0, 1.08 * high[1])
        axes.set_xlabel("width, pixels")
        axes.set_ylabel("height, pixels")
        axes.grid()

    return figure(
        Table(
            caption="Sizes, the most frequent first"
            + (f"; {count(more, 'further size')} left out" if more > 0 else ""),
            columns=(Column("Width \u00d7 height, pixels"), Column("Images", ",")),
            rows=tuple(
                (f"{width} \u00d7 {height}", many)
                for (width, height), many in frequent[:_MOST_SIZES]
            ),
        ),
        draw,
        width=4.2,
        height=3.4,
        alternative=(
            f"Sizes of {count(len(sizes), 'image')}: width {low[0]} to {high[0]} pixels, height "
            f"{low[1]} to {high[1]} pixels, {count(len(frequent), 'different size')}."
        ),
        caption="Width and height of the images; a larger dot stands for more of one size.",
    )


def _duplicates(groups: list[list[str]]) -> tuple[Block, ...]:
    rest = len(groups) - _MOST_GROUPS
    blocks: list[Block] = [
        Paragraph(
            "Copies, also mirrored, resized and re-encoded ones. They stay on one side of every "
            "split, so that no model is tested on an image it was trained on."
        ),
        Listing(tuple(" = ".join(group) for group in groups[:_MOST_GROUPS])),
    ]
    if rest > 0:
        blocks.append(Paragraph(f"And {count(rest, 'further group')}, named in report.json."))
    return tuple(blocks)
