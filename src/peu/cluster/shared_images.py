"""Image sets that go through a cluster's object store, once for all machines."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.colours import UnreadableImage
from peu.images.content import read_content
from peu.images.dataset import ImageDataset
from peu.wording import quoted


@dataclass(frozen=True)
class PackedFiles:
    """The bytes of a set's files in one array, which machines map instead of copying it.

    Attributes:
        ends: (n,) where each file ends.
        content: uint8, the files one after the other; none for images in memory.
    """

    ends: NDArray[np.int64]
    content: NDArray[np.uint8]


def pack_files(dataset: ImageDataset) -> PackedFiles:
    """Read the files of a set.

    Raises:
        DataError: a file was removed or cannot be read.
    """
    contents = []
    for record in dataset.records:
        try:
            contents.append(b"" if record.array is not None else read_content(record.path))
        except UnreadableImage as error:
            raise DataError(
                f"Expected the images of {quoted(dataset.name)} as they were read. Received "
                f"{quoted(record.key)}, of which {error}. Run the same command again."
            ) from error
    ends = np.cumsum([len(each) for each in contents], dtype=np.int64)
    return PackedFiles(ends, np.frombuffer(b"".join(contents), np.uint8))


def unpack_files(dataset: ImageDataset, files: PackedFiles | None) -> ImageDataset:
    """The set as another machine works on it.

    Args:
        dataset: as it was where the files are.
        files: its files, or None where this machine has them too.
    """
    if files is None:
        return dataset
    starts = np.concatenate([[0], files.ends[:-1]])
    records = tuple(
        record
        if record.array is not None
        else replace(record, stamp=None, content=files.content[start:end])
        for record, start, end in zip(dataset.records, starts, files.ends, strict=True)
    )
    unpacked = replace(dataset, records=records)
    # Near-duplicates were found already; their numbers come along.
    vars(unpacked)["groups"] = dataset.groups
    return unpacked


def is_of_one_machine(ray: Any) -> bool:
    """Whether all nodes of the cluster are on this machine, which has the files."""
    import platform

    hosts = {node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}
    return hosts <= {platform.node()}
