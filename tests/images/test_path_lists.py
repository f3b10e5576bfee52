"""Lists of paths are read as they come, in lines or ended by NUL characters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peu.errors import DataError, RecipeError
from peu.images.path_lists import check_sources, read_paths


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a.jpg\nb c.jpg\n\nd.jpg", ["a.jpg", "b c.jpg", "d.jpg"]),
        (b"\xef\xbb\xbfa.jpg\r\nb.jpg\r\n", ["a.jpg", "b.jpg"]),
        (b"a.jpg\0two\nlines.jpg\0", ["a.jpg", "two\nlines.jpg"]),
        ("é.jpg\n猫.jpg".encode(), ["é.jpg", "猫.jpg"]),
        (b"caf\xe9.jpg\n", [os.fsdecode(b"caf\xe9.jpg")]),
        (b"one.jpg", ["one.jpg"]),
        (b"", []),
        (b"\n" + b"long/" * 30_000 + b"a.jpg\nb.jpg\n", ["long/" * 30_000 + "a.jpg", "b.jpg"]),
    ],
)
def test_paths_end_with_lines_or_nul(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    assert list(read_paths(str(file))) == expected


def test_a_file_whose_first_line_never_ends_is_no_list(tmp_path: Path) -> None:
    with (tmp_path / "disk.img").open("wb") as file:
        file.write(b"x" * (3 << 20))
        file.truncate(1 << 40)
    with pytest.raises(DataError, match="a line of more than 1 MiB"):
        next(read_paths(str(tmp_path / "disk.img")))


def test_a_missing_list_is_bad_data(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.txt", tmp_path):
        with pytest.raises(DataError, match="--paths-from"):
            list(read_paths(str(path)))


def test_urls_are_no_sources() -> None:
    check_sources(["a.jpg", "c:/b.jpg", "folder//x", "-"])
    for url in ("https://example.org/a.jpg", "S3://bucket/a.jpg", "file:///a.jpg"):
        with pytest.raises(RecipeError, match="URL"):
            check_sources(["a.jpg", url])


def test_a_path_comes_before_the_next_is_written() -> None:
    code = (
        "from peu.images.path_lists import read_paths\n"
        "for path in read_paths('-'): print(path, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("a.jpg", "b.jpg"):
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{name}\n"
        process.stdin.close()
