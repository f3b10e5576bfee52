"""From a source to its usable images: find, read, set aside, check that enough is left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.archives import extract_zip
from peu.images.arrays import array_facts, load_arrays
from peu.images.facts import ImageFacts, study_images
from peu.images.layouts import (
    Candidate,
    Layout,
    SetAside,
    find_in_folder,
    is_image_name,
)
from peu.images.tables import find_in_table, has_label_columns
from peu.wording import shown, some

_AT_LEAST = 2
_MADE_BY_PEU = {"manifest.json", "report.json"}


@dataclass(frozen=True, eq=False)
class LoadedSet:
    """Hold the fields of an `ImageDataset` before it is one."""

    name: str
    root: Path
    paths: tuple[Path, ...]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    facts: tuple[ImageFacts, ...]
    set_aside: tuple[SetAside, ...]
    parts: tuple[str, ...]
    stamps: tuple[tuple[int, int], ...] = ()
    array: NDArray[np.uint8] | None = None


def load_set(source: Path, *, labels_required: bool, to_learn: bool) -> LoadedSet:
    """Load whatever `load_dataset` takes.

    Raises:
        DataError: see `load_dataset`.
        ResourceError: see `load_dataset`.
    """
    source = source.expanduser().absolute()
    if source.suffix.lower() == ".npz" and source.is_file():
        loaded = _from_arrays(source, labels_required=labels_required)
    else:
        layout = _layout(source, labels_required=labels_required)
        loaded = _from_files(source, layout)
    if labels_required:
        _check_enough(source, loaded, _AT_LEAST if to_learn else 1)
    return loaded


def _layout(source: Path, *, labels_required: bool) -> Layout:
    if source.is_dir():
        return find_in_folder(source, labels_required=labels_required)
    if not source.exists():
        raise DataError(
            f"There is no {shown(source)}. Expected {_kinds(labels_required)}. Check the path."
        )
    suffix = source.suffix.lower()
    if suffix == ".csv":
        return find_in_table(source, labels_required=labels_required)
    if suffix == ".zip":
        return _in_archive(source, labels_required=labels_required)
    if not is_image_name(source) or labels_required:
        raise DataError(
            f"Expected {_kinds(labels_required)}; received the file {shown(source)}. Check the "
            "path, or give the folder above it."
        )
    only = Candidate(source, source.name, None)
    return Layout(source.stem, source.parent, (only,), labelled=False)


def _kinds(labels_required: bool) -> str:
    if labels_required:
        return "a folder of class folders, a CSV with the columns image,label, a .zip or an .npz"
    return "an image, a folder of images, a CSV with the column image, a .zip or an .npz"


def _in_archive(source: Path, *, labels_required: bool) -> Layout:
    folder = extract_zip(source)
    visible = [one for one in folder.iterdir() if one.name != "__MACOSX" and one.name[0] != "."]
    inner = visible[0] if len(visible) == 1 and visible[0].is_dir() else folder
    tables = [one for one in inner.glob("*.csv") if has_label_columns(one)]
    if len(tables) == 1:
        layout = find_in_table(tables[0], labels_required=labels_required, confined=True)
    else:
        layout = find_in_folder(folder, labels_required=labels_required)
    return replace(layout, name=source.stem)


def _from_files(source: Path, layout: Layout) -> LoadedSet:
    if not layout.candidates:
        advice = "Give the folder that holds them."
        if source.is_dir() and _MADE_BY_PEU & {one.name for one in source.iterdir()}:
            advice = "This is a folder that peu wrote: give the images instead."
        raise DataError(
            f"Expected images in {shown(source)}; found none{_reasons(layout.set_aside)}. {advice}"
        )
    studied = study_images([one.path for one in layout.candidates], layout.root)
    usable = [
        (one, result)
        for one, result in zip(layout.candidates, studied, strict=True)
        if result.facts is not None
    ]
    set_aside = list(layout.set_aside)
    set_aside += [
        SetAside(one.key, result.reason)
        for one, result in zip(layout.candidates, studied, strict=True)
        if result.facts is None
    ]
    set_aside.sort(key=lambda one: one.path)
    if not usable:
        raise DataError(
            f"None of the {len(studied)} images of {shown(source)} can be used"
            f"{_reasons(set_aside)}."
        )
    class_names = tuple(sorted({one.label for one in layout.candidates if one.label is not None}))
    labels = None
    if layout.labelled:
        number = {name: at for at, name in enumerate(class_names)}
        labels = np.array([number[one.label or ""] for one, _ in usable], np.int64)
    return LoadedSet(
        name=layout.name,
        root=layout.root,
        paths=tuple(one.path for one, _ in usable),
        labels=labels,
        class_names=class_names,
        facts=tuple(result.facts for _, result in usable if result.facts is not None),
        set_aside=tuple(set_aside),
        parts=tuple(one.part for one, _ in usable),
        stamps=tuple(result.stamp for _, result in usable),
    )


def _from_arrays(source: Path, *, labels_required: bool) -> LoadedSet:
    arrays = load_arrays(source, labels_required=labels_required)
    count = len(arrays.images)
    if count == 0:
        raise DataError(f"Expected images in {shown(source)}; its arrays are empty.")
    return LoadedSet(
        name=source.stem,
        root=source,
        paths=tuple(source / f"{number:05d}.png" for number in range(count)),
        labels=arrays.labels,
        class_names=arrays.class_names,
        facts=array_facts(arrays.images),
        set_aside=(),
        parts=arrays.parts,
        array=arrays.images,
    )


def _check_enough(source: Path, loaded: LoadedSet, least: int) -> None:
    """Refuse what nothing can be learnt from: fewer classes than `least`, or of fewer images."""
    names = loaded.class_names
    if len(names) < least:
        found = f"one, {shown(names[0])}" if names else "none"
        raise DataError(
            f"Expected at least {least} classes in {shown(source)}; found {found}. Add a "
            "folder with images of something else, for instance of what it may be mistaken for."
        )
    counts = Counter([] if loaded.labels is None else loaded.labels.tolist())
    short = [
        f"{shown(name)} has {counts[at] or 'none'}"
        for at, name in enumerate(names)
        if counts[at] < least
    ]
    if short:
        raise DataError(
            f"Expected at least {_AT_LEAST} usable images in each class of {shown(source)}, one "
            f"to learn from and one to test on: {some(short)}{_reasons(loaded.set_aside)}. Add "
            "images, or take the class away."
        )


def _reasons(set_aside: Sequence[SetAside]) -> str:
    if not set_aside:
        return ""
    return f" (set aside: {some([f'{shown(one.path)}: {one.reason}' for one in set_aside])})"
