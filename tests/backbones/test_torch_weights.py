"""Weights files are read without PyTorch, by their pinned hash alone, and run no code."""

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.backbones import torch_weights
from peu.backbones.torch_weights import read_torch_weights
from peu.errors import BundleError

VALUES = np.arange(24, dtype="<f4")


def _file(state: bytes, *, count: int = len(VALUES), magic: int = 0x1950A86A20F9469CFC6C) -> bytes:
    parts = [pickle.dumps(magic, 2), pickle.dumps(1001, 2), pickle.dumps({}, 2), state]
    parts += [pickle.dumps(["0"], 2), count.to_bytes(8, "little"), VALUES.tobytes()]
    return b"".join(parts)


def _state(offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """A state dictionary with one tensor, as PyTorch pickles it, written by hand."""
    storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x18NtQ"
    # Without the protocol's two bytes in front and the stop at the end.
    arguments = b"".join(pickle.dumps(each, 2)[2:-1] for each in (offset, shape, strides))
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + arguments + b"tR"
    return b"\x80\x02}U\x06weight" + tensor + b"s."


def _read(tmp_path: Path, content: bytes) -> dict[str, Any]:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    return read_torch_weights(path, hashlib.sha256(content).hexdigest())


def test_a_tensor_is_read_with_its_own_strides(tmp_path: Path) -> None:
    found = _read(tmp_path, _file(_state(0, (2, 3, 4), (12, 1, 3))))
    expected = VALUES.reshape(2, 4, 3).transpose(0, 2, 1)
    np.testing.assert_array_equal(found["weight"], expected)


def test_a_tensor_may_begin_within_its_storage(tmp_path: Path) -> None:
    found = _read(tmp_path, _file(_state(20, (4,), (1,))))
    np.testing.assert_array_equal(found["weight"], VALUES[20:])


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (25,), (1,)), (21, (4,), (1,)), (0, (2, 3), (12, 13)), (0, (3,), (-1,))],
)
def test_a_tensor_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    with pytest.raises(BundleError):
        _read(tmp_path, _file(_state(offset, shape, strides)))


def test_a_file_of_another_hash_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(_file(_state(0, (4,), (1,))))
    monkeypatch.setattr(torch_weights, "_read", lambda _: pytest.fail("it was opened"))
    with pytest.raises(BundleError, match="another"):
        read_torch_weights(path, "0" * 64)


class _Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch touched",)


@pytest.mark.parametrize(
    "state",
    [
        pickle.dumps({"weight": _Evil()}),
        pickle.dumps({"weight": io.BytesIO()}),
        b"\x80\x02cbuiltins\neval\n.",
        b"",
    ],
    ids=["system", "bytes", "eval", "empty"],
)
def test_code_in_a_weights_file_never_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError):
        _read(tmp_path, _file(state))
    assert not Path("touched").exists()


@pytest.mark.parametrize("damage", [lambda c: c[:100], lambda c: c[:-8], lambda c: b"x" + c])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Any) -> None:
    with pytest.raises(BundleError):
        _read(tmp_path, damage(_file(_state(0, (24,), (1,)))))


def test_another_magic_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        _read(tmp_path, _file(_state(0, (4,), (1,)), magic=7))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="Install"):
        read_torch_weights(tmp_path / "nowhere.pth", "0" * 64)
