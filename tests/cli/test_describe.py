"""`peu describe` says on the screen what a person needs, and nothing a file name can steer."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from broken_images import BROKEN, write_classes, write_image
from peu.cli.main import app


def describe(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["describe", *map(str, arguments)])


def test_counts_sizes_and_kinds_are_told(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 11})
    write_image(folder / "bee" / "wide.jpg", 99, (80, 20))
    Image.new("L", (50, 40)).save(folder / "ant" / "grey.png")
    lines = describe(folder).stdout.splitlines()
    assert lines[0] == "insects: 25 images in 2 classes"
    assert [line.split() for line in lines[2:5]] == [
        ["class", "images"],
        ["ant", "13"],
        ["bee", "12"],
    ]
    assert [line.split() for line in lines[6:10]] == [
        ["size", "smallest", "median", "largest"],
        ["width,", "pixels", "40", "40", "80"],
        ["height,", "pixels", "20", "30", "40"],
        ["width", "/", "height", "1.25", "1.33", "4.00"],
    ]
    assert "Colour modes: colour (RGB): 24; grey (L): 1" in lines
    assert "Formats: PNG: 24; JPEG: 1" in lines
    assert "- Some images are wide and others tall." in "\n".join(lines)


def test_a_pipe_gets_plain_text_without_colours_boxes_or_cut_lines(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    told = describe(folder).stdout
    assert told.isascii()
    assert "\x1b" not in told


def test_what_was_set_aside_is_told_with_its_reason(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    for name, (content, reason) in list(BROKEN.items())[:4]:
        (folder / "ant" / f"{name}.jpg").write_bytes(content)
        assert any(
            line.startswith(f"- `ant/{name}.jpg`: ") and reason in line
            for line in describe(folder).stdout.splitlines()
        )


def test_many_files_set_aside_are_counted(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    for number in range(30):
        (folder / "bee" / f"empty{number}.jpg").write_bytes(b"")
    told = describe(folder).stdout
    assert "- and 10 more: --json lists all" in told
    assert len(json.loads(describe(folder, "--json").stdout)["set_aside"]) == 30


def test_copies_are_told_those_in_several_classes_first(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    one = Image.open(folder / "ant" / "3.png")
    one.save(folder / "ant" / "3 again.png", compress_level=1)
    Image.open(folder / "bee" / "5.png").save(folder / "ant" / "5 again.png", compress_level=1)
    lines = describe(folder).stdout.splitlines()
    at = lines.index("Duplicates:")
    assert lines[at + 1] == "- `ant/5 again.png` = `bee/5.png` (in several classes)"
    assert lines[at + 2] == "- `ant/3 again.png` = `ant/3.png`"


def test_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "[red]insects", {"[bold]ant": 12, "b\x1b[31mee:bug:": 12})
    (folder / "[bold]ant" / "two\nlines\x1b[2J.jpg").write_bytes(b"")
    told = describe(folder).stdout
    assert told.startswith("[red]insects: 24 images")
    assert "[bold]ant " in told
    assert "b\\x1b[31mee:bug: " in told
    assert "`[bold]ant/two\\nlines\\x1b[2J.jpg`: " in told
    assert "\x1b" not in told


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_name_that_is_no_text_is_set_aside(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    try:
        (folder / "ant" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes text only")
    found = describe(folder)
    assert found.exit_code == 0
    assert "is not valid text" in found.stdout


def test_many_classes_stand_side_by_side(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "kinds", {f"kind{number:02d}": 2 for number in range(35)})
    lines = describe(folder).stdout.splitlines()
    assert lines[3].split() == ["kind00", "2", "kind12", "2", "kind24", "2"]
    assert lines[14].split() == ["kind11", "2", "kind23", "2"]


def test_parts_of_a_folder_are_told(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        write_classes(tmp_path / "set" / part, {"ant": 6, "bee": 6})
    assert "Parts: train: 12; validation: 12" in describe(tmp_path / "set").stdout


def test_json_is_one_object_that_says_the_same(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "insects", {"ant": 12, "bee": 12})
    found = json.loads(describe(folder, "--json").stdout)
    assert found["format"] == 1
    assert found["classes"] == {"ant": 12, "bee": 12}
    assert found["widths"] == {"minimum": 40, "median": 40, "maximum": 40}


@pytest.mark.parametrize("made", ["missing", "one class", "empty", "a text file"])
def test_what_cannot_be_described_ends_with_one_line(tmp_path: Path, made: str) -> None:
    path = tmp_path / made
    if made == "one class":
        write_classes(path, {"ant": 3})
    elif made == "empty":
        path.mkdir()
    elif made == "a text file":
        path.write_text("ant")
    found = describe(path)
    assert found.exit_code == 3
    assert found.stdout == ""
    assert found.stderr.startswith("peu: ")
    assert found.stderr.count("\n") == 1


def test_the_lab_sheets_images(peu_data: Path) -> None:
    told = describe(peu_data / "caltech4").stdout
    assert "caltech4: 177 images in 4 classes" in told
    assert "`anchor/image_0005.jpg` = `anchor/image_0016.jpg`" in told
    assert "grey (L): 10" in told
