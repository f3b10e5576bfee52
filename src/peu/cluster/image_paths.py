"""Images that every machine of a cluster opens by itself: files, and what object stores hold."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from peu.errors import DataError, ResourceError
from peu.images.finding import FoundImage, find_images
from peu.images.records import SetAside

_URI = "://"


class ImagePaths:
    """The images of some sources, by path.

    Attributes:
        stores: what opens images of object stores, by what their paths begin with; it goes to the
            machines, as the address of a store may say how it is reached.

    Args:
        sources: images, folders and patterns of this machine, or folders in an object store, as
            s3://bucket/folder.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = sources
        self.stores: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        """List the images; folders of object stores are opened on the way.

        Raises:
            DataError: machines cannot read a source by themselves.
            ResourceError: a folder in an object store cannot be listed.
        """
        for source in self._sources:
            if _URI in source:
                yield from self._stored(source)
                continue
            for found in find_images([source]):
                if isinstance(found, SetAside):
                    # It becomes a row with the reason that reading it gives.
                    yield str(Path(found.path).absolute())
                elif found.path is None:
                    raise DataError(
                        "Expected images that every machine of the cluster can open. Received: "
                        f"{source!r}, whose images are no files. Unpack it into a folder first."
                    )
                else:
                    yield str(Path(found.path).absolute())

    def _stored(self, source: str) -> Iterator[str]:
        import pyarrow as pa
        from pyarrow import fs

        from peu.images.layouts import is_image_name

        scheme, rest = source.split(_URI, maxsplit=1)
        shown = f"{scheme}{_URI}{rest.split('?', maxsplit=1)[0].rsplit('@', maxsplit=1)[-1]}"
        try:
            system, path = fs.FileSystem.from_uri(source)
            listed = system.get_file_info(fs.FileSelector(path, recursive=True))
        except (OSError, pa.ArrowException, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ResourceError(
                f"Expected a folder that can be listed. Received: {shown!r}, {reason}. Check the "
                "address, and that this machine may read it."
            ) from error
        self.stores[f"{scheme}{_URI}{path}"] = system
        for each in sorted(listed, key=lambda one: str(one.path)):
            if each.is_file and is_image_name(Path(each.base_name)):
                yield f"{scheme}{_URI}{each.path}"


def open_image(name: str, stores: Mapping[str, Any]) -> FoundImage:
    """An image of this machine, or the content of one in an object store.

    Args:
        name: as `ImagePaths` lists it.
        stores: of the same.
    """
    if _URI not in name:
        return FoundImage(name, Path(name))
    import pyarrow as pa

    from peu.images.content import MAX_FILE_BYTES

    system = next(each for begins, each in stores.items() if name.startswith(begins))
    try:
        with system.open_input_stream(name.split(_URI, maxsplit=1)[1]) as stream:
            return FoundImage(name, content=stream.read(MAX_FILE_BYTES))
    except (OSError, pa.ArrowException, ValueError):
        # Empty: the row says that it cannot be read.
        return FoundImage(name, content=b"")
