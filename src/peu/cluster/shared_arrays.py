"""What is computed from images, kept on one machine of a cluster for all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from peu.images.array_store import ArrayStore


class ArrayKeeper:
    """Serves the cache folder of the machine that it runs on; made as a Ray actor.

    So a network looks at each image once in a cluster, and a comparison that ran there goes on
    here with what was computed.

    Args:
        folder: of the stores.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, store: str, images: Sequence[str]) -> dict[str, NDArray[Any]]:
        """The arrays that are stored."""
        return dict(ArrayStore(self._folder / f"{store}.sqlite").read(images))

    def write(self, store: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store arrays."""
        ArrayStore(self._folder / f"{store}.sqlite").write(arrays)


class KeptArrays:
    """An `ArrayKeeper` as machines of the cluster use it; one that has gone holds nothing.

    Args:
        keeper: the actor's handle.
    """

    def __init__(self, keeper: Any) -> None:
        self._keeper = keeper

    def read(self, store: str, images: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        """Ask for arrays."""
        import ray

        try:
            found: Mapping[str, NDArray[Any]] = ray.get(self._keeper.read.remote(store, images))
        except ray.exceptions.RayError:
            return {}
        return found

    def write(self, store: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Send arrays."""
        import ray

        try:
            ray.get(self._keeper.write.remote(store, dict(arrays)))
        except ray.exceptions.RayError:
            return
