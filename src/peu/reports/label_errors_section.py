"""Labels that are probably wrong, each image beside those that are most like it."""

from PIL import Image as PillowImage

from peu.comparison.label_errors import LabelErrors
from peu.errors import PeuError
from peu.evaluation.label_errors import SuspectedLabel
from peu.images.dataset import ImageDataset
from peu.reports.blocks import Block, Details, Gallery, Image, Paragraph, Section
from peu.reports.table import Column, Table
from peu.reports.thumbnails import jpeg_uri, thumbnail
from peu.reports.wording import percent

_SHOWN = 24
_SIDE = 160
_GAP = 6


def label_errors_section(errors: LabelErrors | None) -> Section | None:
    """The suspected labels with images, the most suspicious first; None where none is suspected.

    Args:
        errors: what was found, or None.
    """
    if errors is None or not (errors.suspects or errors.note):
        return None
    if errors.note:
        return Section("Labels worth checking", (Paragraph(errors.note),))
    shown = tuple(zip(errors.suspects, errors.nearest, strict=True))[:_SHOWN]
    blocks: list[Block] = [
        Paragraph(
            f"{errors.sentence()} Another class fits these images better, by models that had not "
            f"seen them ({errors.method}). Look at each: some may be right and only unusual. "
            "`peu labels fix` writes a CSV of corrected labels and changes no file."
        ),
        Gallery(
            caption=f"The most suspicious first{_beside(errors)}.",
            images=tuple(_image(errors.images, one, near) for one, near in shown),
        ),
    ]
    if len(errors.suspects) > _SHOWN:
        blocks.append(Details(f"All {len(errors.suspects)} as a table", (_table(errors),)))
    return Section("Labels worth checking", tuple(blocks))


def _beside(errors: LabelErrors) -> str:
    return ", each beside the images that are most like it" if any(errors.nearest) else ""


def _image(images: ImageDataset, one: SuspectedLabel, nearest: tuple[int, ...]) -> Image:
    key, names = images.keys[one.image], images.class_names
    labels = images.y
    lines = [
        ("given", f"{names[one.given]}, {percent(one.probability_given)}"),
        ("suggested", f"{names[one.suggested]}, {percent(one.probability_suggested)}"),
    ]
    if nearest:
        lines.append(("most like it", ", ".join(str(labels[at]) for at in nearest)))
    try:
        own = jpeg_uri(thumbnail(images.read(one.image)))
        others = _side_by_side(images, nearest)
    except (PeuError, OSError):
        return Image(None, f"{key} can no longer be read.", key, tuple(lines))
    return Image(
        own,
        f"{key}: labelled {names[one.given]}, perhaps {names[one.suggested]}.",
        key,
        tuple(lines),
        others,
        f"Most like it: {', '.join(images.keys[at] for at in nearest)}.",
    )


def _side_by_side(images: ImageDataset, indices: tuple[int, ...]) -> str | None:
    """Small copies of some images in one, one below the other."""
    if not indices:
        return None
    small = [thumbnail(images.read(at), _SIDE) for at in indices]
    height = sum(one.height for one in small) + _GAP * (len(small) - 1)
    sheet = PillowImage.new("RGB", (max(one.width for one in small), height), "white")
    top = 0
    for one in small:
        sheet.paste(one, ((sheet.width - one.width) // 2, top))
        top += one.height + _GAP
    return jpeg_uri(sheet)


def _table(errors: LabelErrors) -> Table:
    keys, names = errors.images.keys, errors.images.class_names
    return Table(
        caption="Suspected labels, the most suspicious first",
        columns=(Column("Image"), Column("Given"), Column("Suggested"), Column("Odds", ",.0f")),
        rows=tuple(
            (keys[one.image], names[one.given], names[one.suggested], min(one.odds, 1e6))
            for one in errors.suspects
        ),
    )
