"""Files are old and whole or new and whole, whatever happens in between."""

import errno
import json
import math
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from child_processes import kill, start
from peu.errors import ResourceError
from peu.files import (
    canonical_json,
    read_bytes,
    read_json,
    replacing,
    sha256_of_file,
    sha256_of_text,
    with_checksum,
    without_checksum,
    write_bytes,
    write_json,
    write_text,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # JSON has no half characters, and UTF-8 neither.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé"), inner),
    max_leaves=10,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "figures.txt"
    write_text(target, "old")
    write_text(target, "naïve\n")
    assert target.read_bytes() == "naïve\n".encode()
    assert [path.name for path in target.parent.iterdir()] == ["figures.txt"]


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_bytes(tmp_path / "figures.txt", b"42")
    finally:
        os.umask(before)
    assert (tmp_path / "figures.txt").stat().st_mode & 0o777 == 0o644


def _failing(real: Callable[..., Any], code: int, at: int) -> Callable[..., Any]:
    calls = 0

    def call(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    return call


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("peu.files.tempfile", "mkstemp"),
        ("pathlib.Path", "write_bytes"),
        ("os", "fsync"),
        ("pathlib.Path", "chmod"),
        ("pathlib.Path", "replace"),
    ],
)
def test_a_fault_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str, code: int
) -> None:
    target = tmp_path / "figures.txt"
    write_text(target, "old")
    # The first file is written, the second one meets the fault.
    first = tmp_path / "first.txt"
    real: Any = {"mkstemp": __import__("tempfile").mkstemp, "fsync": os.fsync}.get(name)
    monkeypatch.setattr(f"{place}.{name}", _failing(real or getattr(Path, name), code, at=2))
    write_text(first, "first")
    with pytest.raises(ResourceError) as caught:
        write_text(target, "new and longer")
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures.txt", "first.txt"]
    message = str(caught.value)
    assert "\n" not in message
    assert str(target) in message
    assert os.strerror(code) in message
    roomless = code in {errno.ENOSPC, errno.EDQUOT}
    assert ("disk space" in message) == roomless


def test_a_disk_that_fills_up_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    target = tmp_path / "figures.bin"
    write_bytes(target, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ResourceError, match="disk space"):
            write_bytes(target, bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_gives_up_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "figures.txt"
    write_text(target, "old")

    def give_up() -> None:
        with replacing(target) as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_way_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "taken", tmp_path / "file" / "below"):
        with pytest.raises(ResourceError, match="could not be written"):
            write_text(target, "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


_STOP_HALF_WAY = """
import sys, time
from pathlib import Path
from peu.files import replacing
with replacing(Path(sys.argv[1])) as draft:
    draft.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "figures.txt"
    write_text(target, "old")
    kill(start(_STOP_HALF_WAY, target))
    assert target.read_text() == "old"
    write_text(target, "new")
    assert target.read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and locks")
def test_what_a_killed_writer_left_goes_with_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peu.files._swept", set())
    kill(start(_STOP_HALF_WAY, tmp_path / "figures.txt"))
    living = start(_STOP_HALF_WAY, tmp_path / "others.txt")
    (tmp_path / ".peu-model.lock").touch()
    assert len(list(tmp_path.glob(".peu-*.txt"))) == 1
    try:
        write_text(tmp_path / "new.txt", "new")
        left = {one.name for one in tmp_path.iterdir()} - {"new.txt", ".peu-model.lock"}
        assert len(left) == 1  # what is still being written
    finally:
        kill(living)
    monkeypatch.setattr("peu.files._swept", set())
    write_text(tmp_path / "new.txt", "newer")
    assert {one.name for one in tmp_path.iterdir()} == {"new.txt", ".peu-model.lock"}


def test_a_file_without_an_end_is_not_read() -> None:
    endless = Path("/proc/self/status")
    if not endless.exists():
        pytest.skip("there is no such file on this system")
    with pytest.raises(ValueError, match="grew"):
        read_bytes(endless)


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "figures.txt"
    texts = [letter * 50_000 for letter in "abcd"]
    threads = [threading.Thread(target=write_text, args=(target, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_text() in texts
    assert list(tmp_path.iterdir()) == [target]


@given(JSON)
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert read_json(path) == value
    assert json.loads(canonical_json(value)) == value


def test_json_is_sorted_and_readable(tmp_path: Path) -> None:
    write_json(tmp_path / "value.json", {"b": (1, 2.5), "a": "é"})
    text = (tmp_path / "value.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": "é",\n  "b": [\n    1,\n    2.5\n  ]\n}\n'
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_has_no_word_for_nan(tmp_path: Path, value: float) -> None:
    path = tmp_path / "value.json"
    write_text(path, "old")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"loss": [value]})
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(value)
    assert path.read_text() == "old"


def test_hashes_are_sha256(tmp_path: Path) -> None:
    # The first example of FIPS 180-2, and a file larger than what is read at once.
    assert sha256_of_text("abc").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
    (tmp_path / "large").write_bytes(b"a" * 3_000_000)
    assert sha256_of_file(tmp_path / "large") == sha256_of_text("a" * 3_000_000)


def test_only_regular_files_of_a_sensible_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, [1, 2, 3])
    assert read_json(path) == [1, 2, 3]
    with pytest.raises(ValueError, match="bytes"):
        read_json(path, most_bytes=10)
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match="nested"):
        read_json(path)
    with pytest.raises(OSError, match="regular"):
        read_json(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(OSError, match="regular"):
        read_json(tmp_path / "pipe.json")


def test_a_checksum_holds_for_what_was_written_and_for_nothing_else(tmp_path: Path) -> None:
    value = {"accuracy": 0.1 + 0.2, "names": ["é", "b"], "n": 3, "none": None}
    write_json(tmp_path / "x.json", with_checksum(value))
    content = (tmp_path / "x.json").read_bytes()
    assert without_checksum(read_json(tmp_path / "x.json")) == value
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        (tmp_path / "x.json").write_bytes(changed)
        try:
            read = without_checksum(read_json(tmp_path / "x.json"))
        except ValueError:
            continue
        assert read == value


@pytest.mark.parametrize("value", [None, [], 3, {}, {"sha256": 1}])
def test_what_has_no_checksum_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"checksum|object"):
        without_checksum(value)
