"""Wrongly predicted images, the most confident first, with heat maps where there are any."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from peu.errors import PeuError
from peu.images.dataset import ImageDataset
from peu.images.resizing import ResizeMode
from peu.reports.blocks import Block, Details, Gallery, Image, Paragraph
from peu.reports.heat_map import overlay
from peu.reports.table import Column, Table
from peu.reports.thumbnails import jpeg_uri, thumbnail
from peu.reports.wording import count, percent

_SIDE, _SMALL = 280, 160


@dataclass(frozen=True)
class MistakeHeatMap:
    """The areas of an image behind its wrong prediction.

    Attributes:
        values: coarse grid, rows of values in [0, 1].
        method: "Grad-CAM", "class activation map" or "occlusion".
        resize_mode: how the image was resized for the model.
        input_size: (height, width) of the model's input; only their ratio counts.
    """

    values: Sequence[Sequence[float]]
    method: str
    resize_mode: ResizeMode
    input_size: tuple[int, int]


@dataclass(frozen=True)
class Mistake:
    """A wrongly predicted image.

    Attributes:
        image: its index in the dataset.
        truth: its class.
        taken_for: the predicted class.
        probability: of that class, in [0, 1].
        heat_map: the areas behind the prediction, if known.
    """

    image: int
    truth: str
    taken_for: str
    probability: float
    heat_map: MistakeHeatMap | None = None


def mistake_blocks(
    name: str, images: ImageDataset, mistakes: Sequence[Mistake], *, open_ones: int, most: int
) -> tuple[Block, ...]:
    """All mistakes: the first ones open, the others folded away, those beyond `most` as a table.

    Args:
        name: of the recipe or model.
        images: the dataset.
        mistakes: the most confident first.
        open_ones: number of images that are shown at once.
        most: number of images that are shown at all; the page would grow too large.
    """
    if not mistakes:
        return (Paragraph(f"{name} made no mistake."),)
    first, folded = mistakes[:open_ones], mistakes[open_ones:most]
    maps = [each.heat_map for each in mistakes if each.heat_map is not None]
    blocks: list[Block] = [
        Gallery(
            caption=f"{name}, the most certain mistakes first: {_of_all(len(first), mistakes)}."
            + _heat_map_words(maps, len(mistakes)),
            images=tuple(_image(images, each, _SIDE) for each in first),
        )
    ]
    rest: list[Block] = []
    if folded:
        rest.append(
            Gallery(
                caption=f"{name}, less certain mistakes: {count(len(folded), 'image')}.",
                images=tuple(_image(images, each, _SMALL) for each in folded),
            )
        )
    if len(mistakes) > most:
        rest.append(_table(name, images, mistakes[most:]))
    if rest:
        blocks.append(Details(f"The other {len(mistakes) - len(first)} mistakes", tuple(rest)))
    return tuple(blocks)


def _of_all(shown: int, mistakes: Sequence[Mistake]) -> str:
    if shown == len(mistakes):
        return count(shown, "image")
    return f"{shown} of {len(mistakes):,} images, the others below"


def _heat_map_words(maps: Collection[MistakeHeatMap], mistakes: int) -> str:
    if not maps:
        return ""
    where = "" if len(maps) == mistakes else f", in {len(maps)} of {mistakes}"
    methods = " or ".join(sorted({each.method for each in maps}))
    return f" Highlighted{where}: the areas behind the wrong prediction ({methods})."


def _image(images: ImageDataset, mistake: Mistake, side: int) -> Image:
    key = images.keys[mistake.image]
    lines = (
        ("true", mistake.truth),
        ("predicted", f"{mistake.taken_for}, {percent(mistake.probability)}"),
    )
    try:
        small = thumbnail(images.read(mistake.image, shorter=side), side)
    except (PeuError, OSError):
        return Image(None, f"{key} can no longer be read.", key, lines)
    alternative = f"{key}: {mistake.truth}, taken for {mistake.taken_for}."
    heat_map = mistake.heat_map
    if heat_map is None:
        return Image(jpeg_uri(small), alternative, key, lines)
    heat = overlay(
        small,
        heat_map.values,
        resize_mode=heat_map.resize_mode,
        input_size=heat_map.input_size,
    )
    return Image(
        jpeg_uri(small),
        alternative,
        key,
        lines,
        jpeg_uri(heat),
        f"The same image, highlighted where {heat_map.method} finds evidence for "
        f"{mistake.taken_for}.",
    )


def _table(name: str, images: ImageDataset, mistakes: Sequence[Mistake]) -> Table:
    return Table(
        caption=f"{name}, the least certain mistakes: {count(len(mistakes), 'image')}",
        columns=(
            Column("Image"),
            Column("True"),
            Column("Predicted"),
            Column("Probability", ".3f"),
        ),
        rows=tuple(
            (images.keys[each.image], each.truth, each.taken_for, each.probability)
            for each in mistakes
        ),
    )
