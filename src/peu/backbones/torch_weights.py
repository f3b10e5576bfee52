"""Read a weights file that PyTorch wrote before version 1.6, without PyTorch.

Such a file is five pickles (magic number, protocol, sizes, the state dictionary, storage keys),
then for each key an int64 count and as many little-endian values. A pickle can run code: only a
file whose hash is pinned is opened, and the unpickler knows three names.
"""

import collections
import hashlib
import io
import pickle
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from peu.errors import BundleError

_STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C


class _Storage:
    """A storage's values, filled in after the pickles were read."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.values: NDArray[Any] = np.empty(0, dtype)


class _View:
    """A tensor: part of a storage with a shape and strides."""

    def __init__(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> NDArray[Any]:
        values = self.storage.values
        last = self.offset + sum(
            (size - 1) * step for size, step in zip(self.shape, self.strides, strict=True)
        )
        if self.offset < 0 or last >= len(values) or min(self.strides, default=0) < 0:
            raise ValueError("a tensor reaches outside its storage")
        size = values.dtype.itemsize
        # With the strides given: convolution weights are stored permuted.
        view = as_strided(values[self.offset :], self.shape, [step * size for step in self.strides])
        return np.ascontiguousarray(view)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _View(
                storage, offset, shape, strides
            )
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a weights file")

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid
        return self.storages.setdefault(str(key), _Storage(dtype))


def read_torch_weights(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    """Read the tensors of a weights file.

    Args:
        path: the file.
        sha256: of its content, in hexadecimal; another file is not opened.

    Returns:
        Arrays by the name of the parameter.

    Raises:
        BundleError: the file is missing, is another one, or does not hold weights.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"`{path}` must be readable. It is not: {error.strerror or error}. Install its "
            "package again."
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BundleError(
            f"`{path}` must be the weights file that peu knows. Its content is another: it is "
            "damaged or of another version. Install its package again."
        )
    try:
        return _read(content)
    except (pickle.UnpicklingError, ValueError, EOFError, KeyError, TypeError) as error:
        _refuse(path, error)


def _read(content: bytes) -> dict[str, NDArray[Any]]:
    stream = io.BytesIO(content)
    if _Unpickler(stream).load() != _MAGIC_NUMBER:
        raise ValueError("no magic number")
    for _ in ("protocol", "sizes"):
        _Unpickler(stream).load()
    unpickler = _Unpickler(stream)
    state = unpickler.load()
    for key in _Unpickler(stream).load():
        storage = unpickler.storages[key]
        count = int.from_bytes(stream.read(8), "little")
        data = stream.read(count * storage.dtype.itemsize)
        storage.values = np.frombuffer(data, storage.dtype)
    return {name: view.array() for name, view in state.items()}


def _refuse(path: Path, error: Exception) -> NoReturn:
    raise BundleError(
        f"`{path}` must hold PyTorch weights. It could not be read: {error}. Install its package "
        "again."
    ) from error
