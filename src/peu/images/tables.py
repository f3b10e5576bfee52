"""Images and labels listed in a CSV file."""

import csv
import io
import os
from pathlib import Path

from peu.errors import DataError
from peu.files import open_regular, read_bytes
from peu.images.layouts import Candidate, Layout, check_class_names, key_of
from peu.images.records import SetAside
from peu.wording import first_few, quoted

_MOST_BYTES = 64 << 20


def find_in_table(
    table: Path, *, labels_required: bool, confined: bool = False, shown: Path | None = None
) -> Layout:
    """List the images that a CSV file names.

    The first line names the columns, `image` and `label`, in any case and order, among
    others; commas or semicolons stand between them. Paths are relative to the CSV.

    Args:
        table: the CSV file, UTF-8.
        labels_required: refuse a table without labels; where False, labels are given if
            the table has the column.
        confined: leave out images outside the table's folder, as for an unpacked archive.
        shown: what messages call it: for a table in an archive, the archive.

    Returns:
        The images by their names; none has been opened.

    Raises:
        DataError: no such columns, no rows, text that is not CSV, one image with two
            labels, or two labels that differ by case or Unicode normal form only.
    """
    name_shown = quoted(shown or table)
    rows, labelled = _rows(table, labels_required, name_shown)
    root = table.absolute().parent
    candidates: dict[str, Candidate] = {}
    set_aside: list[SetAside] = []
    for name, label in rows:
        path = Path(os.path.normpath(root / name.replace("\\", "/")))
        key = key_of(path, root)
        reason = _obstacle(name, label if labelled else "-", key, confined=confined)
        other = candidates.get(key)
        if other is not None and not reason and other.label != label:
            raise DataError(
                f"{name_shown} gives {quoted(key)} two labels: {quoted(other.label)} and "
                f"{quoted(label)}. Keep one of the two lines."
            )
        if reason:
            set_aside.append(SetAside(name or "(no name)", reason))
        else:
            candidates[key] = Candidate(path, key, label)
    labels = {one.label for one in candidates.values() if one.label is not None}
    check_class_names(labels, shown or table)
    ordered = tuple(candidates[key] for key in sorted(candidates))
    return Layout(table.stem, root, ordered, tuple(set_aside), labelled)


def has_label_columns(table: Path) -> bool:
    """Whether a CSV file begins with the columns that `find_in_table` wants."""
    try:
        with open_regular(table) as stream:
            header = stream.readline(10_000).decode("utf-8-sig")
        return {"image", "label"} <= set(_columns(header))
    except (OSError, ValueError, csv.Error):
        return False


def _rows(
    table: Path, labels_required: bool, shown: str
) -> tuple[list[tuple[str, str | None]], bool]:
    try:
        content = read_bytes(table, most_bytes=_MOST_BYTES)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{shown} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{shown} is not UTF-8 text: save it as UTF-8.") from error
    except ValueError as error:
        raise DataError(f"{shown} is no table of images: {error}.") from error
    header = text.split("\n", 1)[0]
    try:
        columns = _columns(header)
    except csv.Error as error:
        raise DataError(f"{shown} is not a readable CSV: {error}.") from error
    labelled = "label" in columns
    if "image" not in columns or (labels_required and not labelled):
        raise DataError(
            f"Expected the columns image,label in the first line of {shown}; found "
            f"{first_few([quoted(column) for column in columns]) or 'nothing'}. Name them so."
        )
    image_at = columns.index("image")
    label_at = columns.index("label") if labelled else None
    rows: list[tuple[str, str | None]] = []
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=_delimiter(header), strict=True
        )
        next(reader)
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            padded = row + [""] * (len(columns) - len(row))
            label = None if label_at is None else padded[label_at].strip()
            rows.append((padded[image_at].strip(), label))
    except csv.Error as error:
        raise DataError(f"{shown} is not a readable CSV: {error}.") from error
    if not rows:
        raise DataError(f"Expected one line for each image in {shown}; it has none.")
    return rows, labelled


def _columns(header: str) -> list[str]:
    fields = next(csv.reader([header.rstrip("\r\n")], delimiter=_delimiter(header)), [])
    return [field.strip().lower() for field in fields]


def _delimiter(header: str) -> str:
    return ";" if ";" in header and "," not in header else ","


def _obstacle(name: str, label: str | None, key: str, *, confined: bool) -> str:
    if not name or "\0" in name:
        return "its line names no image"
    if not label:
        return "its line has no label"
    if confined and (key == ".." or key.startswith("../")):
        return "it lies outside the archive"
    return ""
