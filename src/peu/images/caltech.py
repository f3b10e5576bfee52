"""A few classes of Caltech 101, extracted from its official archive."""

import re
import shutil
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from peu.errors import ResourceError
from peu.output_folder import replacing_folder
from peu.progress import report

_INNER = "101_ObjectCategories.tar.gz"
_IMAGE_NAME = re.compile(r"image_\d{4}\.jpg")
_MAX_IMAGE_BYTES = 4 << 20


def extract_classes(
    archive: Path,
    folder: Path,
    classes: Mapping[str, int],
) -> Path:
    """Write the images of some classes into class folders, all of them or none.

    Only plain files with the names that the set uses are taken, and the paths they go to are made
    here, so nothing in the archive can choose where it lands.

    Args:
        archive: `caltech-101.zip`, which holds `101_ObjectCategories.tar.gz`.
        folder: the folder to make; it appears when it is complete.
        classes: how many images each wanted class has.

    Returns:
        `folder`.

    Raises:
        ResourceError: the archive is not the official one, or the disk cannot be written.
    """
    try:
        with replacing_folder(folder) as draft:
            for wanted in classes:
                (draft / wanted).mkdir()
            found = _extract(archive, draft, classes)
            if found != classes:
                raise ResourceError(
                    f"Expected {_counts(classes)} images in `{archive}`. Found {_counts(found)}. "
                    "Delete the file and run the same command again."
                )
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise ResourceError(
            f"`{archive}` is not the archive of Caltech 101 or is damaged: "
            f"{' '.join(str(error).split())}. Delete it and run the same command again."
        ) from error
    return folder


def _extract(archive: Path, draft: Path, classes: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    total = sum(classes.values())
    with zipfile.ZipFile(archive) as outer:
        inner = [name for name in outer.namelist() if PurePosixPath(name).name == _INNER]
        if not inner:
            raise zipfile.BadZipFile(f"it holds no {_INNER}")
        with outer.open(inner[0]) as packed, tarfile.open(fileobj=packed, mode="r|gz") as tar:
            for member in tar:
                parts = PurePosixPath(member.name).parts
                if len(parts) < 2 or parts[-2] not in classes or not member.isreg():
                    continue
                if not _IMAGE_NAME.fullmatch(parts[-1]) or member.size > _MAX_IMAGE_BYTES:
                    continue
                content = tar.extractfile(member)
                if content is not None:
                    _copy(content, draft / parts[-2] / parts[-1])
                    found[parts[-2]] += 1
                    report("extracting images", min(sum(found.values()), total), total)
                if sum(found.values()) > total:
                    break
    return dict(found)


def _copy(content: IO[bytes], path: Path) -> None:
    with content, path.open("xb") as stream:
        shutil.copyfileobj(content, stream)


def _counts(classes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(classes.items())) or "none"
