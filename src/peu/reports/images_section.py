"""What the images of a comparison are, and which could not be used."""

import numpy as np

from peu.comparison.comparison import Comparison
from peu.images.checks import describe_dataset
from peu.reports.comparison_json import class_counts, duplicate_paths
from peu.reports.image_figures import balance_figure, sizes_figure
from peu.reports.report import (
    Block,
    Callout,
    Column,
    Details,
    KeyValues,
    Listing,
    Paragraph,
    Section,
    Table,
)
from peu.reports.wording import count

_MOST_GROUPS = 200


def images_section(comparison: Comparison) -> Section:
    """Show how many images there are, how large, which are the same, and what was set aside."""
    dataset = comparison.dataset
    counts = class_counts(comparison)
    sizes = [(each.width, each.height) for each in dataset.facts]
    smallest, largest = min(counts.values()), max(counts.values())
    pairs = [
        ("images used", f"{len(dataset):,}"),
        ("classes", f"{len(counts):,}, of {smallest:,} to {largest:,} images"),
    ]
    blocks: list[Block] = [balance_figure(counts)]
    if sizes:
        widths, heights = np.array(sizes).T
        pairs.append(
            (
                "size",
                (
                    f"{int(np.median(widths))} \u00d7 {int(np.median(heights))} pixels in the "
                    f"median, {widths.min()} to {widths.max()} wide, "
                    f"{heights.min()} to {heights.max()} high"
                ),
            )
        )
        blocks.append(Details("Sizes of the images", (sizes_figure(sizes),)))
    duplicates = duplicate_paths(comparison)
    pairs += [
        ("the same image again", count(len(duplicates), "group") if duplicates else "none found"),
        ("set aside", count(len(dataset.set_aside), "file") if dataset.set_aside else "none"),
    ]
    blocks.insert(0, KeyValues(tuple(pairs)))
    warnings = describe_dataset(dataset).warnings
    if warnings:
        blocks.insert(1, Callout("Worth knowing", "", tone="warning", items=warnings))
    if duplicates:
        blocks.append(Section("The same image more than once", _duplicates(duplicates)))
    if dataset.set_aside:
        blocks.append(
            Section(
                "Set aside",
                (
                    Paragraph("These files were not used, neither to train nor to test."),
                    Table(
                        caption="Files set aside, and why",
                        columns=(Column("File"), Column("Reason")),
                        rows=tuple((each.path, each.reason) for each in dataset.set_aside),
                    ),
                ),
            )
        )
    return Section("The images", tuple(blocks))


def _duplicates(groups: list[list[str]]) -> tuple[Block, ...]:
    rest = len(groups) - _MOST_GROUPS
    blocks: list[Block] = [
        Paragraph(
            "Copies, mirrored, resized and re-encoded ones too. They stay on one side of every "
            "split, so that no model is tested on an image it was trained on."
        ),
        Listing(tuple(" = ".join(group) for group in groups[:_MOST_GROUPS])),
    ]
    if rest > 0:
        blocks.append(Paragraph(f"And {count(rest, 'further group')}, named in report.json."))
    return tuple(blocks)
