"""A table of labels with corrections, which `load_images` takes."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from peu.cache_folder import cache_folder
from peu.errors import DataError
from peu.files import write_text
from peu.images.dataset import ImageDataset
from peu.wording import quoted


def write_corrected_labels(
    images: ImageDataset, corrections: Mapping[str, str], file: Path
) -> None:
    """Write every image with its label, corrected where asked, as a CSV.

    The columns are `image`, relative to the CSV, `label`, and `given_label`, what it was. No image
    is moved or renamed.

    Args:
        images: labelled, in files.
        corrections: the new class of an image by its key.
        file: where the CSV goes; a file of that name is replaced.

    Raises:
        DataError: the images lie in an archive, an array or in memory, or have no labels.
        ResourceError: the disk is full or cannot be written.
    """
    check_in_files(images)
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("image", "label", "given_label"))
    for record, given in zip(images.records, images.y.tolist(), strict=True):
        name = name_beside(file, record.path)
        table.writerow((name, corrections.get(record.key, given), given))
    write_text(file, text.getvalue())


def check_in_files(images: ImageDataset) -> None:
    """Refuse images that a CSV cannot name.

    Raises:
        DataError: they lie in an archive, an array or in memory.
    """
    cache = cache_folder()
    if any(one.array is not None or cache in one.path.parents for one in images.records):
        raise DataError(
            f"Expected images in files of their own, which a CSV can name; {quoted(images.name)} "
            "is an archive, an array or a built-in set. Unpack it and give the folder."
        )


def name_beside(table: Path, image: Path) -> str:
    """The name of an image in a CSV: relative to it, where both are on one drive."""
    try:
        return Path(os.path.relpath(image, table.absolute().parent)).as_posix()
    except ValueError:
        return image.as_posix()
