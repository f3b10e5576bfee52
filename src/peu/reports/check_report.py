"""The findings of a check as a page: a sentence each, and the images they are about."""

from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from peu.checks.findings import Finding, ImageCheck
from peu.checks.shortcuts import Shortcut
from peu.errors import PeuError
from peu.reports.blocks import (
    Block,
    Callout,
    Details,
    Gallery,
    Image,
    KeyValues,
    Paragraph,
    Report,
    Section,
)
from peu.reports.report_folder import write_report_folder
from peu.reports.table import Column, Table
from peu.reports.thumbnails import jpeg_uri, png_uri, thumbnail
from peu.reports.wording import count, footer, percent
from peu.version import __version__

_TITLES = {
    "unreadable": "Files that cannot be used",
    "classes": "Classes",
    "duplicates_across_parts": "The same image in training and in test",
    "duplicates_across_classes": "The same image in two classes",
    "duplicates": "Copies",
    "shortcut": "Shortcut",
    "blank": "Of one colour",
    "dark": "Nearly black",
    "blurred": "Blurred",
    "tiny": "Tiny",
}
_GROUPS_SHOWN, _IMAGES_SHOWN, _ROWS_SHOWN = 12, 12, 200
_SWATCH = 150


def write_check_report(check: ImageCheck, folder: str | Path) -> Path:
    """Write `report.html`, one page that needs nothing else, and `report.json`.

    Args:
        check: what was found.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    return write_report_folder(Path(folder), check_report(check), {"format": 1, **check.to_dict()})


def check_report(check: ImageCheck) -> Report:
    """A check as a report; images that can no longer be read are named without being shown."""
    images = check.images
    classes = count(len(images.class_names), "class", "classes")
    sections: list[Block] = [_summary(check)]
    sections += [_section(check, one) for one in check.findings]
    return Report(
        title=f"Are the images of {images.name} sound?",
        subtitle=f"{count(len(images), 'image')} in {classes}",
        blocks=tuple(sections),
        footer=footer(__version__),
    )


def _summary(check: ImageCheck) -> Callout:
    if not check.findings:
        return Callout(
            "Nothing wrong was found", "No copies, no shortcuts, no damage.", tone="verdict"
        )
    serious = sum(one.severity == "serious" for one in check.findings)
    return Callout(
        "What was found",
        "The most serious first.",
        tone="warning" if serious else "note",
        items=tuple(one.sentence for one in check.findings),
    )


def _section(check: ImageCheck, finding: Finding) -> Section:
    blocks: list[Block] = [Paragraph(finding.sentence)]
    title = _TITLES[finding.kind]
    if finding.shortcut is not None:
        title = f"Shortcut: {finding.shortcut.cue}"
        blocks += _shortcut_blocks(check, finding.shortcut)
    elif finding.kind == "unreadable":
        reasons = {one.path: one.reason for one in check.images.set_aside}
        rows = tuple((name, reasons[name]) for (name,) in finding.images[:_ROWS_SHOWN])
        blocks.append(Table("Files and reasons", (Column("File"), Column("Reason")), rows))
    elif finding.kind.startswith("duplicates"):
        blocks += _copies(check, finding)
    elif finding.images:
        names = tuple(name for (name,) in finding.images)
        blocks.append(_gallery(check, names[:_IMAGES_SHOWN], _TITLES[finding.kind]))
        blocks += _rest(names)
    return Section(title, tuple(blocks))


def _copies(check: ImageCheck, finding: Finding) -> list[Block]:
    blocks: list[Block] = [
        _gallery(check, group[:_IMAGES_SHOWN], f"{len(group)} times the same image")
        for group in finding.images[:_GROUPS_SHOWN]
    ]
    rest = finding.images[_GROUPS_SHOWN:]
    if rest:
        rows = tuple((" = ".join(group),) for group in rest[:_ROWS_SHOWN])
        table = Table("Further copies", (Column("Files"),), rows)
        blocks.append(Details(f"{count(len(rest), 'further group')}", (table,)))
    return blocks


def _rest(names: tuple[str, ...]) -> list[Block]:
    if len(names) <= _IMAGES_SHOWN:
        return []
    rows = tuple((name,) for name in names[:_ROWS_SHOWN])
    return [Details(f"All {len(names):,}", (Table("Files", (Column("File"),), rows),))]


def _shortcut_blocks(check: ImageCheck, one: Shortcut) -> list[Block]:
    labels = check.images.y
    inside = np.flatnonzero(labels == one.class_name).tolist()
    outside = np.flatnonzero(labels != one.class_name).tolist()
    figures = KeyValues(
        (
            ("right by this cue alone", percent(one.accuracy)),
            ("95% interval", f"{percent(one.low)} to {percent(one.high)}"),
            ("always naming the largest class", percent(one.majority)),
            ("p-value, labels permuted", f"{one.p_value:.3f}"),
            (f"{one.class_name} recognised", f"{one.recognised} of {one.of_class}"),
            (f"called {one.class_name}", count(one.named, "image")),
        )
    )
    return [
        figures,
        _cue_gallery(check, one, _spread(inside), f"Images of {one.class_name}"),
        _cue_gallery(check, one, _spread(outside), "Images of the other classes"),
    ]


def _spread(indices: list[int], most: int = 6) -> list[int]:
    """A few of many, evenly over the list."""
    if len(indices) <= most:
        return indices
    return [indices[round(at)] for at in np.linspace(0, len(indices) - 1, most)]


def _cue_gallery(check: ImageCheck, one: Shortcut, indices: list[int], caption: str) -> Gallery:
    names = [check.images.keys[at] for at in indices]
    shown = [_image(check, name) for name in names]
    pictured = []
    for at, image in zip(indices, shown, strict=True):
        swatch = _swatch(check, one.cue, at)
        seen = None if swatch is None else png_uri(swatch)
        pictured.append(
            Image(
                image.image,
                image.alternative,
                image.title,
                ((one.cue, _cue_words(check, one.cue, at)),) if seen is None else (),
                seen,
                f"Its {one.cue}." if seen else "",
            )
        )
    beside = (
        ", each beside all that the cue shows of it"
        if any(image.second for image in pictured)
        else ""
    )
    return Gallery(f"{caption}{beside}.", tuple(pictured))


def _swatch(check: ImageCheck, cue: str, at: int) -> PillowImage.Image | None:
    """What a cue shows of an image: a patch for each corner, a band for each border, a colour."""
    measured = check.measured
    canvas = PillowImage.new("RGB", (_SWATCH, _SWATCH), "white")
    half, band = _SWATCH // 2, _SWATCH // 5
    if cue == "corner colour":
        places = ((0, 0), (half, 0), (0, half), (half, half))
        boxes = [(left, top, left + half, top + half) for left, top in places]
        colours = measured.corners[at].reshape(4, 3)
    elif cue == "border colour":
        boxes = [
            (0, 0, _SWATCH, band),
            (0, _SWATCH - band, _SWATCH, _SWATCH),
            (0, band, band, _SWATCH - band),
            (_SWATCH - band, band, _SWATCH, _SWATCH - band),
        ]
        colours = measured.borders[at].reshape(4, 3)
    elif cue == "mean colour":
        boxes, colours = [(0, 0, _SWATCH, _SWATCH)], measured.colour[at][:3].reshape(1, 3)
    else:
        return None
    for box, colour in zip(boxes, colours, strict=True):
        red, green, blue = (round(float(each)) for each in colour)
        canvas.paste((red, green, blue), box)
    return canvas


def _cue_words(check: ImageCheck, cue: str, at: int) -> str:
    metadata = check.images.metadata[at]
    if cue == "image size":
        return f"{metadata.width} \u00d7 {metadata.height} pixels"
    if cue == "file format":
        return f"{metadata.format}, {metadata.mode}"
    return f"mean quantisation {check.measured.quantisation[at]:.1f}"


def _gallery(check: ImageCheck, names: tuple[str, ...], caption: str) -> Gallery:
    return Gallery(f"{caption}.", tuple(_image(check, name) for name in names))


def _image(check: ImageCheck, name: str) -> Image:
    images = check.images
    at = images.keys.index(name)
    lines = [("class", str(images.y[at]))] if images.labels is not None else []
    lines.append(("size", f"{images.metadata[at].width} \u00d7 {images.metadata[at].height}"))
    if images.parts[at]:
        lines.append(("part", images.parts[at]))
    try:
        small = jpeg_uri(thumbnail(images.read(at)))
    except (PeuError, OSError):
        return Image(None, f"{name} can no longer be read.", name, tuple(lines))
    return Image(small, name, name, tuple(lines))
