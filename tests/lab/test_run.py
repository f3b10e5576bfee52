"""A lab goes on where it was, keeps to its settings, and outlives a section that fails."""

import dataclasses
import math
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peu.errors import DataError, RecipeError, ResourceError
from peu.lab import context as lab_context
from peu.lab.context import LabContext
from peu.lab.findings import SectionResult, read_result, write_result
from peu.lab.run import run_lab
from peu.lab.sections import KEYS, LabSection, choose_sections
from peu.lab.settings import LabSettings
from small_set import drawn_images

SETTINGS = LabSettings(quick=True)


@dataclasses.dataclass(frozen=True)
class Found:
    seed: int
    shares: tuple[float, ...]


def _section(key: str, done: list[str], trouble: type[Exception] | None = None) -> LabSection:
    def measure(lab: LabContext) -> Found:
        done.append(key)
        if trouble is not None:
            raise trouble(f"{key} is broken. Mend it.")
        return Found(seed=lab.settings.seed, shares=(0.5, math.inf))

    return LabSection(key, measure, Found)


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    done: list[str] = []
    sections = [_section("1.1", done), _section("1.2", done)]
    first = run_lab(SETTINGS, tmp_path, sections=sections[:1])
    again = run_lab(SETTINGS, tmp_path, sections=sections)
    assert done == ["1.1", "1.2"]
    assert [one.section for one in again] == ["1.1", "1.2"]
    assert again[0].seconds == first[0].seconds


def test_a_section_that_fails_is_said_and_tried_again(tmp_path: Path) -> None:
    done: list[str] = []
    sections = [_section("1.1", done, DataError), _section("1.2", done)]
    reported: list[str] = []
    found = run_lab(
        SETTINGS, tmp_path, sections=sections, on_section=lambda _, one: reported.append(one.failed)
    )
    assert [one.failed for one in found] == ["1.1 is broken. Mend it.", ""] == reported
    assert [one.trouble for one in found] == ["images", ""]
    mended = run_lab(SETTINGS, tmp_path, sections=[_section("1.1", done), sections[1]])
    assert [one.failed for one in mended] == ["", ""]
    assert done == ["1.1", "1.2", "1.1"]


def test_an_error_of_our_own_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_lab(SETTINGS, tmp_path, sections=[_section("1.1", [], ZeroDivisionError)])


def test_findings_survive_a_round_trip_and_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    result = SectionResult(section="1.1", findings=Found(3, (1.0, math.inf)), seconds=1.5)
    write_result(tmp_path, result)
    assert read_result(tmp_path, "1.1", Found) == result
    (tmp_path / "parts" / "1.1.json").write_text("{", encoding="utf-8")
    assert read_result(tmp_path, "1.1", Found) is None
    assert read_result(tmp_path, "9.9", Found) is None


def test_other_settings_are_refused_unless_overwriting_is_asked(tmp_path: Path) -> None:
    done: list[str] = []
    run_lab(SETTINGS, tmp_path, sections=[_section("1.1", done)])
    other = dataclasses.replace(SETTINGS, seed=1)
    with pytest.raises(ResourceError, match="other settings or images"):
        run_lab(other, tmp_path, sections=[_section("1.1", done)])
    (found,) = run_lab(other, tmp_path, sections=[_section("1.1", done)], overwrite=True)
    assert found.findings == Found(1, (0.5, math.inf))
    assert done == ["1.1", "1.1"]


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(ResourceError, match="a lab of peu"):
        run_lab(SETTINGS, tmp_path, sections=[], overwrite=True)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "mine"
    with pytest.raises(ResourceError, match="must be a folder"):
        run_lab(SETTINGS, tmp_path / "thesis.tex", sections=[])


def test_a_wrong_name_is_said_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    for wrong in (
        LabSettings(data="nowhere"),
        LabSettings(digits="nowhere"),
        LabSettings(image=Path("nowhere.jpg")),
    ):
        with pytest.raises(DataError, match="nowhere"):
            run_lab(wrong, tmp_path / "lab", sections=[])
    assert not (tmp_path / "lab").exists()


def test_images_that_changed_are_not_mixed_with_what_was_found(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shutil.copytree(drawn_images(tmp_path_factory), tmp_path / "photos")
    settings = LabSettings(data=str(tmp_path / "photos"), quick=True)
    done: list[str] = []
    run_lab(settings, tmp_path / "lab", sections=[_section("1.1", done)])
    min((tmp_path / "photos" / "anchor").iterdir()).unlink()
    with pytest.raises(ResourceError, match="other settings or images"):
        run_lab(settings, tmp_path / "lab", sections=[_section("1.2", done)])
    run_lab(settings, tmp_path / "lab", sections=[_section("1.2", done)], overwrite=True)
    assert done == ["1.1", "1.2"]
    assert read_result(tmp_path / "lab", "1.1", Found) is None


def test_a_set_that_was_chosen_for_want_of_another_stays_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun without MNIST, a lab must not go on with it when it can be had."""
    opened = {name: SimpleNamespace(name=name, fingerprint=name) for name in ("mnist", "digits")}

    def only_digits(name: str, **_: object) -> object:
        if name == "mnist":
            raise ResourceError("No network.")
        return opened[name]

    monkeypatch.setattr(lab_context, "load_images", only_digits)
    for _ in range(2):
        assert LabContext(settings=SETTINGS, folder=tmp_path).digits.fingerprint == "digits"
    monkeypatch.setattr(lab_context, "load_images", lambda name, **_: opened[name])
    with pytest.raises(ResourceError, match="begun on others"):
        _ = LabContext(settings=SETTINGS, folder=tmp_path).digits


def test_sections_are_named_by_number() -> None:
    assert [one.key for one in choose_sections("2.3, 1.2")] == ["1.2", "2.3"]
    assert [one.key for one in choose_sections("2")] == ["2.1", "2.2", "2.3"]
    assert tuple(one.key for one in choose_sections(None)) == KEYS
    for wrong in ("4", "1.9", "", "one"):
        with pytest.raises(RecipeError, match="`--sections` must be"):
            choose_sections(wrong)


def test_a_single_class_fails_where_it_must_and_nowhere_else(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    photos = drawn_images(tmp_path_factory)
    shutil.copytree(photos / "anchor", tmp_path / "photos" / "anchor")
    settings = LabSettings(data=str(tmp_path / "photos"), digits="digits", quick=True)
    found = run_lab(settings, tmp_path / "lab", sections=choose_sections("1.1,1.2,1.7,3.3"))
    failed = {one.section: one.failed for one in found}
    assert failed["1.1"] == failed["3.3"] == ""
    assert "class" in failed["1.2"]
    assert "class" in failed["1.7"]
    images: Any = found[0].findings
    assert "class" in images.refused
