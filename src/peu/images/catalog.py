"""Public and built-in image sets by name: where they come from and their licences."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from peu.cache_folder import cache_folder
from peu.images.caltech import extract_classes
from peu.images.digits import digits_set
from peu.images.download import download
from peu.images.kept_folder import kept_folder
from peu.images.samples import sample_set
from peu.output_folder import one_at_a_time

SAMPLES = "samples"
DIGITS = "digits"
BUILT_IN = (SAMPLES, DIGITS)


@dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    """A public image set.

    Attributes:
        name: what the user types.
        title: what it is, in a few words.
        url: its official address.
        checksum: of the file at `url`: algorithm, colon, hexadecimal digest.
        size: of the file at `url`, in bytes.
        licence: what may be done with the images.
        citation: whom to name.
        local_name: the file or folder that stands for the set under `PEU_DATA`.
        classes: for an archive, the classes to take out and the images in each; empty for a
            file that is used as it comes.
    """

    name: str
    title: str
    url: str
    checksum: str
    size: int
    licence: str
    citation: str
    local_name: str
    classes: Mapping[str, int] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """The name of the file at `url`."""
        return self.url.partition("?")[0].rsplit("/", 1)[-1]


CATALOG: Mapping[str, CatalogEntry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            CatalogEntry(
                name="caltech4",
                title="Accordions, anchors, barrels and binoculars from Caltech 101 (177 images)",
                url="https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip?download=1",
                checksum="md5:3138e1922a9193bfa496528edbbc45d0",
                size=137_414_764,
                licence="CC BY 4.0",
                citation=(
                    "Li, F.-F., Andreeto, M., Ranzato, M., & Perona, P. (2022). Caltech 101 (1.0). "
                    "CaltechDATA. https://doi.org/10.22002/D1.20086"
                ),
                local_name="caltech4",
                classes={"accordion": 55, "anchor": 42, "barrel": 47, "binocular": 33},
            ),
            CatalogEntry(
                name="mnist",
                title="Handwritten digits (70,000 images of 28 x 28)",
                url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
                checksum=(
                    "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
                ),
                size=11_490_434,
                licence="CC BY-SA 3.0",
                citation=(
                    "LeCun, Y., Cortes, C., & Burges, C. J. C. (1998). The MNIST database of "
                    "handwritten digits."
                ),
                local_name="mnist.npz",
            ),
        )
    }
)


def find_named(name: str) -> Path | None:
    """The folder or file of a named set, made or downloaded where it must be.

    Args:
        name: "samples" or "digits" for built-in images, or a name in `CATALOG`.

    Returns:
        A path that `load_images` takes; None where no set has this name.

    Raises:
        ResourceError: a set that cannot be downloaded or stored.
    """
    if name == SAMPLES:
        return sample_set()
    if name == DIGITS:
        return digits_set()
    return fetch(CATALOG[name]) if name in CATALOG else None


def is_at_hand(name: str) -> bool:
    """Whether a named set needs no download."""
    if name in BUILT_IN:
        return True
    return name in CATALOG and any(place.exists() for place in _places(CATALOG[name]))


def fetch(entry: CatalogEntry) -> Path:
    """The folder or file of a public set, downloaded only if needed.

    First the user's own copy under `PEU_DATA`, then the cache, then the network.

    Args:
        entry: from `CATALOG`.

    Returns:
        A path that `load_images` takes.

    Raises:
        ResourceError: the set is not on this machine and cannot be downloaded or stored; the
            message says what to do instead.
    """
    *own, ready = _places(entry)
    for place in own:
        if place.exists():
            return place.resolve()
    archive = ready.with_name(entry.file_name)

    def downloaded() -> Path:
        return download(
            entry.url,
            archive,
            checksum=entry.checksum,
            size=entry.size,
            advice=_advice(entry, archive),
        )

    if not entry.classes:
        with one_at_a_time(archive):
            return downloaded()
    kept_folder(ready, lambda draft: extract_classes(downloaded(), draft, entry.classes))
    archive.unlink(missing_ok=True)
    return ready


def _places(entry: CatalogEntry) -> list[Path]:
    """Where a set may lie: the user's own copy under `PEU_DATA`, then the cache."""
    own = os.environ.get("PEU_DATA")
    places = [Path(own).expanduser() / entry.local_name] if own else []
    return [*places, cache_folder() / "catalog" / entry.local_name]


def _advice(entry: CatalogEntry, target: Path) -> str:
    return (
        f"Or download it by hand and save it as `{target}`; or set PEU_DATA to a folder that holds "
        f"{entry.local_name}; or try the built-in images: {' or '.join(BUILT_IN)}."
    )
