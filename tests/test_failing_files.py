"""The n-th thing that is done to files fails, for every n: what is there is whole."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from sklearn.base import clone
from typer.testing import CliRunner

from command_line import SMALL_HOG, complaint
from failing_files import ALL, BROKEN, FULL, Faults
from peu.cli.main import app
from peu.comparison.compare import compare
from peu.errors import DiskError
from peu.files import DRAFT, write_json
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.bundle import read_manifest, write_bundle
from small_set import PLAIN, drawn_images

SMALL = clone(PLAIN).set_params(image_size=(32, 32))
KINDS: dict[str, dict[str, Any]] = {
    "full": {"error": FULL},
    "full from then on": {"error": FULL, "lasting": True},
    "broken": {"error": BROKEN},
    "interrupt before": {"error": KeyboardInterrupt(), "kinds": ALL},
    "interrupt after": {"error": KeyboardInterrupt(), "kinds": ALL, "afterwards": True},
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="module")
def images(photos: Path) -> ImageDataset:
    return load_images(photos)[::4]


def _save(folder: Path, content: str) -> None:
    def write_files(draft: Path) -> None:
        (draft / "deep").mkdir()
        (draft / "deep" / "weights.bin").write_text(content)
        write_json(draft / "settings.json", [content] * 2000)

    write_bundle(folder, {"kind": "toy", "says": content}, write_files, overwrite=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_is_replaced_is_the_old_or_the_new_one(tmp_path: Path, kind: str) -> None:
    _save(tmp_path / "model", "old")
    counting = Faults((tmp_path,), **KINDS[kind])
    with counting.here():
        _save(tmp_path / "model", "new")
    assert len(counting.calls) > 25
    raised: list[type[BaseException]] = []
    for at in range(1, len(counting.calls) + 1):
        _save(tmp_path / "model", "old")
        with Faults((tmp_path,), at=at, **KINDS[kind]).here():
            try:
                _save(tmp_path / "model", "new")
            except (DiskError, KeyboardInterrupt) as error:
                raised.append(type(error))
        says = read_manifest(tmp_path / "model", "toy")["says"]
        assert says in ("old", "new")
        assert (tmp_path / "model" / "deep" / "weights.bin").read_text() == says
        assert [one.name for one in tmp_path.iterdir()] == ["model"]
    assert len(raised) > len(counting.calls) / 2
    assert set(raised) == {KeyboardInterrupt if kind.startswith("interrupt") else DiskError}


def _figures(images: ImageDataset, folder: Path) -> Any:
    found = compare(images, [SMALL], folds=2, repeats=1, run_folder=folder)
    return [trial.probabilities.tolist() for trial in found.trials]


@pytest.mark.parametrize("kind", ["full", "interrupt after"])
def test_a_comparison_that_was_broken_off_goes_on_to_the_same_figures(
    images: ImageDataset, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faults((tmp_path,), **KINDS[kind]).here() as counting:
        expected = _figures(images, tmp_path / "whole")
    assert len(counting.calls) > 20
    for at in range(2, len(counting.calls) + 1, 9):
        folder = tmp_path / f"run-{at}"
        failing = Faults((tmp_path,), at=at, **KINDS[kind])
        with failing.here(), contextlib.suppress(DiskError, KeyboardInterrupt):
            _figures(images, folder)
        monkeypatch.setattr("peu.files._swept", set())  # as in a new process
        assert _figures(images, folder) == expected
        assert not list(folder.rglob(f"{DRAFT}*"))


@pytest.mark.parametrize("kind", ["full", "interrupt before"])
def test_a_command_says_so_in_one_line(photos: Path, tmp_path: Path, kind: str) -> None:
    model = tmp_path / "model"
    clone(SMALL).fit(load_images(photos)).save(model)
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    arguments = ["train", str(photos), "--recipe", "hog", *SMALL_HOG]
    arguments += ["-o", str(model), "--overwrite", "-q"]
    # What is written to a draft, and its way to where it belongs.
    for calls in (("write",), ("replace",)):
        with Faults((tmp_path,), KINDS[kind]["error"], at=2, kinds=calls).here():
            told = CliRunner().invoke(app, arguments)
        assert told.exit_code == (130 if kind.startswith("interrupt") else 5)
        assert complaint(told)
        assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before
        assert [one.name for one in tmp_path.iterdir()] == ["model"]
