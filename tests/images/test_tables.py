"""Tables of images: paths relative to the table, unusable lines, encodings."""

import os
from pathlib import Path

import pytest

from broken_images import write_classes
from loaded_sets import reasons, refused
from peu.images.loading import load_images


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_table_names_images_relative_to_itself(tmp_path: Path) -> None:
    write_classes(tmp_path, {"p": 4})
    lines = "Label;Image;who\nb;p/3.png;x\na;p/0.png;\n\na;p/1.png\nb;./p/2.png;y\n"

    dataset = load_images(table(tmp_path, lines, "utf-8-sig"))

    assert dataset.keys == ("p/0.png", "p/1.png", "p/2.png", "p/3.png")
    assert dataset.class_names == ("a", "b")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 0, 1, 1]


def test_lines_that_cannot_be_used_are_set_aside(tmp_path: Path) -> None:
    write_classes(tmp_path, {"p": 4})
    lines = "image,label\np/0.png,a\np/1.png,a\np/2.png,b\np/3.png,b\np/4.png,b\np/3.png,\n,b\n"

    found = reasons(load_images(table(tmp_path, lines)))

    assert "No such file" in found["p/4.png"]
    assert found["p/3.png"] == "its line has no label"
    assert found["(no name)"] == "its line names no image"


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ("", "found nothing"),
        ("image,label\n", "it has none"),
        ("path,class\nx,y\n", "`path`, `class`"),
        ("image\nx.png\n", "columns image,label"),
        ("image,label\np/0.png,a\np/0.png,b\n", "two labels"),
        ("image,label\np/0.png,a\np/1.png,A\n", "case or Unicode form"),
        ('image,label\n"p/0.png,a\n', "not a readable CSV"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path: Path, lines: str, word: str) -> None:
    write_classes(tmp_path, {"p": 2})

    assert word in refused(table(tmp_path, lines))


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    assert "UTF-8" in refused(table(tmp_path, "image,label\nö.png,a\n", "latin-1"))


def test_a_header_of_one_enormous_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label," + "x" * 200_000 + "\na.png,b\n")
    assert "not a readable CSV" in refused(tmp_path / "t.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    assert "regular file" in refused(tmp_path / "t.csv")
