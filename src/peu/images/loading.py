"""From a source to its usable images: find, read, set aside, check that enough is left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.layouts import (
    Candidate,
    Layout,
    find_in_folder,
    is_image_name,
)
from peu.images.metadata import read_records
from peu.images.records import ImageRecord, SetAside
from peu.images.tables import find_in_table, has_label_columns
from peu.wording import first_few, quoted

_AT_LEAST = 2
_MADE_BY_PEU = {"manifest.json", "report.json"}


def load_images(
    source: str | Path, *, labels_required: bool = True, to_learn: bool = True
) -> ImageDataset:
    """Load images from a folder, a file or by the name of a public or built-in set.

    Each image is decoded once; what cannot be used is set aside. What was read is remembered:
    the next time only new files are decoded.

    Args:
        source: a folder of class folders; a folder with `train/`, `val|valid|validation/` and
            `test/` of class folders; a CSV with the columns image,label; a .zip of one of
            these; an .npz of arrays. Where no such path exists: "samples" or "digits" for
            built-in images, or a name in `peu.images.catalog.CATALOG`.
        labels_required: ask for classes. Where False, a folder of images and a single image
            are taken too, labels are given where the source has them, and one usable image is
            enough.
        to_learn: ask for two classes or more of two images or more, one to learn from and one
            to test on. Where False, one image with a label is enough.

    Returns:
        The usable images in the order of their names; a named set is called by that name.

    Raises:
        DataError: nothing there, nothing usable, too few classes or images, classes that cannot
            be distinguished, or an archive that is not safe.
        ResourceError: an archive or a named set cannot be downloaded or stored.

    Example:
        >>> len(load_images("samples"))  # doctest: +SKIP
        128
    """
    name = str(source)
    path = Path(source).expanduser()
    exists = name != "" and path.exists()
    if not exists:
        # A prediction starts without what only named sets, arrays and archives need.
        from peu.images.catalog import BUILT_IN, CATALOG, find_named

        named = find_named(name)
        if named is None:
            raise DataError(
                f"There is no {quoted(name)}. Expected {_kinds(labels_required)}, or one of the "
                f"sets {', '.join((*BUILT_IN, *CATALOG))}. Check the path."
            )
        path = named
    path = path.absolute()
    if path.suffix.lower() == ".npz" and path.is_file():
        from peu.images.arrays import load_arrays

        images = load_arrays(path, labels_required=labels_required)
    else:
        images = _from_files(path, find_candidates(path, labels_required=labels_required))
    if labels_required:
        _check_enough(path, images, _AT_LEAST if to_learn else 1)
    return images if exists else replace(images, name=name)


def find_candidates(source: Path, *, labels_required: bool) -> Layout:
    """Find the files of a set that should be images, without opening them.

    Args:
        source: absolute path of a folder, a CSV, a .zip or an image.
        labels_required: as in `load_images`.

    Raises:
        DataError: nothing of the kind, or an archive that is not safe.
        ResourceError: an archive cannot be stored.
    """
    if source.is_dir():
        return find_in_folder(source, labels_required=labels_required)
    suffix = source.suffix.lower()
    if suffix == ".csv":
        return find_in_table(source, labels_required=labels_required)
    if suffix == ".zip":
        return _in_archive(source, labels_required=labels_required)
    if not is_image_name(source) or labels_required:
        raise DataError(
            f"Expected {_kinds(labels_required)}; received the file {quoted(source)}. Check the "
            "path, or give the folder above it."
        )
    only = Candidate(source, source.name, None)
    return Layout(source.stem, source.parent, (only,), labelled=False)


def _kinds(labels_required: bool) -> str:
    if labels_required:
        return "a folder of class folders, a CSV with the columns image,label, a .zip or an .npz"
    return "an image, a folder of images, a CSV with the column image, a .zip or an .npz"


def _in_archive(source: Path, *, labels_required: bool) -> Layout:
    from peu.images.archives import extract_zip

    folder = extract_zip(source)
    visible = [one for one in folder.iterdir() if one.name != "__MACOSX" and one.name[0] != "."]
    inner = visible[0] if len(visible) == 1 and visible[0].is_dir() else folder
    tables = [one for one in inner.glob("*.csv") if has_label_columns(one)]
    if len(tables) == 1:
        layout = find_in_table(
            tables[0], labels_required=labels_required, confined=True, shown=source
        )
    else:
        layout = find_in_folder(folder, labels_required=labels_required, shown=source)
    return replace(layout, name=source.stem)


def _from_files(source: Path, layout: Layout) -> ImageDataset:
    if not layout.candidates:
        advice = "Give the folder that holds them."
        if source.is_dir() and _MADE_BY_PEU & {one.name for one in source.iterdir()}:
            advice = "This is a folder that peu wrote: give the images instead."
        raise DataError(
            f"Expected images in {quoted(source)}; found none{_reasons(layout.set_aside)}. {advice}"
        )
    read = read_records(layout.candidates)
    found = list(zip(layout.candidates, read, strict=True))
    usable = [(one, record) for one, record in found if isinstance(record, ImageRecord)]
    left = [SetAside(one.key, reason) for one, reason in found if isinstance(reason, str)]
    set_aside = sorted((*layout.set_aside, *left), key=lambda one: one.path)
    if not usable:
        raise DataError(
            f"None of the {len(found)} images of {quoted(source)} can be used{_reasons(set_aside)}."
        )
    class_names = sorted({one.label for one in layout.candidates if one.label is not None})
    labels = None
    if layout.labelled:
        number = {name: at for at, name in enumerate(class_names)}
        labels = np.array([number[one.label or ""] for one, _ in usable], np.int64)
    return ImageDataset(
        name=layout.name,
        root=layout.root,
        records=tuple(record for _, record in usable),
        labels=labels,
        class_names=tuple(class_names),
        set_aside=tuple(set_aside),
    )


def _check_enough(source: Path, images: ImageDataset, least: int) -> None:
    """Refuse what nothing can be learnt from: fewer classes than `least`, or of fewer images."""
    names = images.class_names
    if len(names) < least:
        found = f"one, {quoted(names[0])}" if names else "none"
        raise DataError(
            f"Expected at least {least} classes in {quoted(source)}; found {found}. Add a "
            "folder with images of something else, for instance of what it may be mistaken for."
        )
    counts = Counter([] if images.labels is None else images.labels.tolist())
    short = [
        f"{quoted(name)} has {counts[at] or 'none'}"
        for at, name in enumerate(names)
        if counts[at] < least
    ]
    if short:
        raise DataError(
            f"Expected at least {_AT_LEAST} usable images in each class of {quoted(source)}, one "
            f"to learn from and one to test on: {first_few(short)}"
            f"{_reasons(images.set_aside)}. Add images, or take the class away."
        )


def _reasons(set_aside: Sequence[SetAside]) -> str:
    if not set_aside:
        return ""
    return f" (set aside: {first_few([f'{quoted(one.path)}: {one.reason}' for one in set_aside])})"
