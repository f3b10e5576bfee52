"""Images are found one after the other, wherever they are named."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from broken_images import drawing, write_image
from peu.errors import RecipeError
from peu.images.colours import UnreadableImage
from peu.images.finding import FoundImage, find_images, find_listed
from peu.images.records import SetAside


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, seen from the one above it."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.jpg", "deep/er/c.png", ".hidden/d.png", "deep/Thumbs.db.png"):
        write_image(tmp_path / "inbox" / name)
    (tmp_path / "inbox" / "notes.txt").write_text("no image")
    return Path("inbox")


def _names(*sources: str) -> list[str]:
    found = list(find_images(sources))
    assert all(isinstance(each, FoundImage) for each in found), found
    return [each.name for each in found if isinstance(each, FoundImage)]


def _reason(source: str) -> str:
    (found,) = find_images([source])
    assert isinstance(found, SetAside)
    assert found.path == source
    return found.reason


def test_folders_are_searched_by_name(inbox: Path) -> None:
    inside = ["inbox/a.jpg", "inbox/b.png", "inbox/deep/Thumbs.db.png", "inbox/deep/er/c.png"]
    assert _names("inbox") == inside
    assert _names("inbox/deep/er", "inbox/a.jpg") == [inside[3], inside[0]]


def test_patterns_are_as_a_shells(inbox: Path) -> None:
    assert _names("inbox/*.png") == ["inbox/b.png"]
    assert _names("inbox/[ab].*") == ["inbox/a.jpg", "inbox/b.png"]
    found = ["inbox/b.png", "inbox/deep/Thumbs.db.png", "inbox/deep/er/c.png"]
    assert _names("inbox/**/*.png") == found
    assert len(_names("inbox/**")) == 5
    assert "no file matches" in _reason("inbox/*.tiff")
    write_image(inbox / "x[1].png")
    assert _names("inbox/x[1].png") == ["inbox/x[1].png"]


def test_what_is_not_an_image_has_a_reason(inbox: Path) -> None:
    (inbox / "empty").mkdir()
    assert "no images" in _reason("inbox/empty")
    assert "no such file" in _reason("inbox/nowhere.jpg")
    assert "no such file" in _reason("")
    (inbox / "loop.jpg").symlink_to("loop.jpg")
    assert "link" in _reason("inbox/loop.jpg")
    (inbox / "empty" / "link").symlink_to(inbox.absolute())
    (only,) = find_images(["inbox/empty"])
    assert isinstance(only, SetAside)
    assert "not followed" in only.reason


def test_the_folder_of_results_is_left_out(inbox: Path) -> None:
    found = list(find_images(["inbox"], leave_out=Path("inbox/deep/../deep")))
    assert [each.name for each in found if isinstance(each, FoundImage)] == [
        "inbox/a.jpg",
        "inbox/b.png",
    ]


def test_lists_hold_files_and_folders_but_no_urls(inbox: Path) -> None:
    listed = ["inbox/deep", "inbox/a.jpg", "http://example.org/a.jpg", "inbox/*.png"]
    found = list(find_listed(listed))
    assert [each.name for each in found if isinstance(each, FoundImage)] == [
        "inbox/deep/Thumbs.db.png",
        "inbox/deep/er/c.png",
        "inbox/a.jpg",
    ]
    reasons = [each.reason for each in found if isinstance(each, SetAside)]
    assert "URL" in reasons[0]
    assert len(reasons) == 2
    with pytest.raises(RecipeError, match="URL"):
        list(find_listed(listed[2:]))


def test_tables_archives_and_arrays_hold_images(inbox: Path) -> None:
    Path("table.csv").write_text("image\ninbox/b.png\ninbox/a.jpg\n")
    assert [Path(name).name for name in _names("table.csv")] == ["a.jpg", "b.png"]
    with zipfile.ZipFile("some.zip", "w") as archive:
        archive.write("inbox/b.png", "in/b.png")
    (zipped,) = find_images(["some.zip"])
    assert isinstance(zipped, FoundImage)
    assert zipped.name == "some.zip/in/b.png"
    np.savez("some.npz", x=np.stack([drawing(seed=seed) for seed in range(2)]))
    arrays = [each for each in find_images(["some.npz"]) if isinstance(each, FoundImage)]
    assert len(arrays) == 2
    np.testing.assert_array_equal(np.asarray(arrays[1].read()), drawing(seed=1))
    Path("broken.zip").write_bytes(b"PK")
    assert "broken.zip" in _reason("broken.zip")


def test_nothing_is_read_before_it_is_asked_for(inbox: Path) -> None:
    found = find_images(["inbox", "inbox/gone.png"])
    write_image(inbox / "gone.png")
    names = [each.name for each in found if isinstance(each, FoundImage)]
    assert names[-1] == "inbox/gone.png"
    (inbox / "gone.png").unlink()
    with pytest.raises(UnreadableImage):
        FoundImage("gone", inbox / "gone.png").read()
