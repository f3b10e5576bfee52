"""Arrays are read whole or refused, and no file makes peu allocate what it does not hold."""

import io
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from peu.npz import array_names, read_npz

VALUES: dict[str, Any] = {
    "x": np.arange(12.0).reshape(3, 4),
    "names": np.array(["a", "é"]),
    "n": np.int64(7),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    np.savez_compressed(tmp_path / "x.npz", allow_pickle=False, **VALUES)
    return tmp_path / "x.npz"


def _with_header(path: Path, header: bytes, body: bytes = b"") -> Path:
    """Write an archive of one array `x`, whose header says what it likes."""
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", content)
    return path


def test_arrays_come_back_as_they_were_written(saved: Path) -> None:
    assert set(array_names(saved)) == set(VALUES)
    read = read_npz(saved)
    for name, value in VALUES.items():
        assert np.array_equal(read[name], value)
        assert read[name].dtype == np.asarray(value).dtype
    assert list(read_npz(saved, ["n"])) == ["n"]


@given(
    value=arrays_of.arrays(
        st.sampled_from([np.uint8, np.float32, np.int64, np.bool_]),
        arrays_of.array_shapes(max_dims=4, max_side=5, min_side=0),
    ),
    fortran=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_any_plain_array_comes_back(
    value: np.ndarray, fortran: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("npz") / "x.npz"
    np.savez(path, x=np.asfortranarray(value) if fortran else value)
    assert np.array_equal(read_npz(path)["x"], value, equal_nan=value.dtype.kind == "f")


def test_a_missing_array_is_named(saved: Path) -> None:
    with pytest.raises(ValueError, match="`weights`"):
        read_npz(saved, ["x", "weights"])


@pytest.mark.parametrize("shape", ["(1000000000,)", "(3000000, 3000000)", "(-1,)", "(2, 'x')"])
def test_a_header_that_declares_more_than_there_is_costs_no_memory(
    shape: str, tmp_path: Path
) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    path = _with_header(tmp_path / "x.npz", header, b"\0" * 80)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"declares|negative|Cannot parse|shape"):
            read_npz(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_zeros_that_unfold_a_thousandfold_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zeros.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.zeros(70 << 20, np.uint8))
        archive.writestr("x.npy", buffer.getvalue())
    with pytest.raises(ValueError, match="unfolds"):
        read_npz(tmp_path / "zeros.npz")


def test_more_bytes_than_allowed_are_refused(saved: Path) -> None:
    with pytest.raises(ValueError, match="most"):
        read_npz(saved, most_bytes=100)


def test_python_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.array([{}, "a"], dtype=object))
    with pytest.raises(ValueError, match="objects"):
        read_npz(tmp_path / "x.npz")


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(ValueError, match="magic"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(OSError, match="regular"):
        read_npz(tmp_path / "x.npz")


def test_damage_is_noticed(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    for at in range(0, len(content), 23):
        for bit in (1, 64):
            changed = content.copy()
            changed[at] ^= bit
            saved.write_bytes(changed)
            try:
                read = read_npz(saved, ["x", "n"])
            except (OSError, ValueError):
                continue
            assert np.array_equal(read["x"], VALUES["x"])
            assert read["n"] == 7
