import json
from pathlib import Path

import pytest
from PIL import Image

from broken_images import drawing, encoded, write_classes, write_image
from peu.app.marker import MARKER
from peu.app.workspace import Workspace
from peu.errors import DataError, ResourceError
from peu.images.loading import load_images

PNG = encoded(Image.fromarray(drawing()))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


def names(workspace: Workspace, class_name: str | None = None) -> list[str]:
    return [one.key for one in workspace.images(class_name)]


def add(workspace: Workspace, class_name: str, *files: str, batch: str = "") -> list[str]:
    return [
        workspace.add(class_name, file, PNG, format_name="PNG", batch=batch).id for file in files
    ]


def test_images_that_are_added_are_a_set_for_the_command_line(workspace: Workspace) -> None:
    for seed, class_name in enumerate(("red", "red", "blue", "blue")):
        content = encoded(Image.fromarray(drawing(seed=seed)))
        workspace.add(class_name, "same.png", content, format_name="PNG")
    loaded = load_images(workspace.images_folder)
    assert loaded.class_names == ("blue", "red")
    assert loaded.keys == ("blue/same-2.png", "blue/same.png", "red/same-2.png", "red/same.png")
    assert workspace.classes() == {"red": 2, "blue": 2}


def test_a_workspace_is_found_again_as_it_was_left(workspace: Workspace) -> None:
    add(workspace, "red", "a.png")
    workspace.new_class("empty")
    again = Workspace(workspace.root)
    assert again.classes() == {"empty": 0, "red": 1}
    assert names(again) == ["red/a.png"]
    assert again.last_action() == workspace.last_action()


def test_everything_can_be_undone_in_order(workspace: Workspace) -> None:
    states = [workspace.classes()]

    def done() -> None:
        states.append(workspace.classes())

    first = add(workspace, "red", "a.png", "b.png", batch="one")
    done()
    add(workspace, "blue", "a.png", batch="two")
    done()
    workspace.new_class("empty")
    done()
    workspace.move(first, "blue")
    done()
    workspace.remove([workspace.images("blue")[0].id])
    done()
    workspace.rename_class("blue", "sea")
    done()
    workspace.remove_class("sea")
    done()
    assert workspace.classes() == {"empty": 0, "red": 0}
    while workspace.last_action() is not None:
        assert workspace.classes() == states.pop()
        workspace.undo()
        assert workspace.classes() == states[-1]
    assert states == [{}]
    assert workspace.undo() is None


def test_undone_images_keep_their_content(workspace: Workspace) -> None:
    add(workspace, "red", "a.png")
    workspace.remove([workspace.images()[0].id])
    add(workspace, "red", "a.png")
    workspace.undo()
    workspace.undo()
    assert names(workspace) == ["red/a.png"]
    assert workspace.images()[0].path.read_bytes() == PNG


def test_one_drop_is_undone_at_once_and_another_is_not(workspace: Workspace) -> None:
    add(workspace, "red", "a.png", batch="one")
    add(workspace, "red", "b.png", "c.png", batch="two")
    action = workspace.undo()
    assert action is not None
    assert len(action.moves) == 2
    assert names(workspace) == ["red/a.png"]


def test_an_action_that_was_killed_half_way_is_undone(workspace: Workspace) -> None:
    ids = add(workspace, "red", "a.png", "b.png")
    workspace.move(ids, "blue")
    # As if the program had ended before the second file was renamed.
    (workspace.images_folder / "blue" / "b.png").rename(workspace.images_folder / "red" / "b.png")
    again = Workspace(workspace.root)
    again.undo()
    assert names(again) == ["red/a.png", "red/b.png"]


def test_a_history_cut_off_in_the_middle_loses_that_line_alone(workspace: Workspace) -> None:
    add(workspace, "red", "a.png", batch="one")
    add(workspace, "red", "b.png", batch="two")
    log = workspace.root / "history.jsonl"
    log.write_bytes(log.read_bytes()[:-10])
    again = Workspace(workspace.root)
    action = again.last_action()
    assert action is not None
    assert action.batch == "one"


def test_a_history_that_leads_out_of_the_workspace_is_not_followed(workspace: Workspace) -> None:
    victim = write_image(workspace.root.parent / "mine.png")
    line = {"what": "move", "moves": [["images/x.png", "../mine.png"]], "made": []}
    text = json.dumps({**line, "batch": "", "name": ""})
    (workspace.root / "history.jsonl").write_text(text + "\n")
    assert Workspace(workspace.root).undo() is None
    assert victim.is_file()


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../etc", ".. -.. -etc"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("a/b", "a-b"),
        ("line\nbreak\x1b[31m", "linebreak[31m"),
    ],
)
def test_hostile_class_names_stay_inside(workspace: Workspace, name: str, folder: str) -> None:
    if name.startswith("."):
        with pytest.raises(DataError):
            workspace.new_class(name)
        return
    assert workspace.new_class(name) == folder
    assert [one.name for one in workspace.images_folder.iterdir()] == [folder]


@pytest.mark.parametrize("name", ["", " ", ".hidden", "x" * 300, "\0", "Thumbs.db"])
def test_names_that_cannot_be_a_class_are_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(DataError):
        workspace.new_class(name)


@pytest.mark.parametrize(
    "name", ["../../x.png", "/etc/passwd", "C:\\x.png", ".bashrc", "a\nb.png", "é" * 300 + ".png"]
)
def test_hostile_file_names_stay_inside(workspace: Workspace, name: str) -> None:
    found = workspace.add("red", name, PNG, format_name="PNG")
    assert found.path.parent == workspace.images_folder / "red"
    assert found.path.suffix == ".png"
    assert load_images(workspace.images_folder, to_learn=False).keys == (found.key,)


def test_names_that_differ_by_case_are_one_class(workspace: Workspace) -> None:
    add(workspace, "Anchor", "a.png")
    add(workspace, "anchor", "A.PNG")
    assert workspace.classes() == {"Anchor": 2}
    with pytest.raises(DataError):
        workspace.new_class("ANCHOR")


def test_renaming_to_another_class_joins_both(workspace: Workspace) -> None:
    add(workspace, "red", "a.png")
    add(workspace, "blue", "a.png")
    assert workspace.rename_class("red", "BLUE") == "blue"
    assert names(workspace) == ["blue/a-2.png", "blue/a.png"]


def test_an_id_is_no_path_and_survives_no_move(workspace: Workspace) -> None:
    (identity,) = add(workspace, "red", "a.png")
    assert workspace.image("../../etc/passwd") is None
    before = workspace.image(identity)
    workspace.move([identity, "unknown"], "blue")
    assert workspace.image(identity) is None
    after = workspace.image_of_key("blue/a.png")
    assert before is not None
    assert after is not None
    assert after.stamp == before.stamp


def test_what_others_change_in_the_folder_is_noticed(workspace: Workspace) -> None:
    version = workspace.version
    write_classes(workspace.images_folder, {"green": 3})
    workspace.refresh()
    assert workspace.classes() == {"green": 3}
    assert workspace.version > version


def test_a_linked_image_leaves_the_original_when_it_is_removed(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = write_image(tmp_path / "original.png")
    assert workspace.link_all([("red", source), ("red", source), ("blue", source)]) == 3
    assert names(workspace) == ["blue/original.png", "red/original-2.png", "red/original.png"]
    workspace.remove([one.id for one in workspace.images()])
    assert source.is_file()
    assert names(workspace) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ResourceError, match="thesis"):
        Workspace(tmp_path)


def test_a_workspace_of_another_version_is_refused(workspace: Workspace) -> None:
    (workspace.root / MARKER).write_text('{"format": 99}')
    with pytest.raises(DataError):
        Workspace(workspace.root)
