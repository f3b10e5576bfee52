"""A comparison's page: the verdict first, everything it rests on, and no image it cannot read."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.comparison.comparison import Comparison
from peu.comparison.overview import overview
from peu.images.checks import describe_dataset
from peu.images.loading import load_images
from peu.reports.blocks import Block, Callout, Details, Figure, Gallery, Paragraph, Report, Section
from peu.reports.comparison_report import comparison_report, write_report
from peu.reports.html import render_html
from peu.reports.table import Table
from undrawn_pages import undrawn_pages


def _all_blocks(blocks: tuple[Block, ...]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, (Section, Details)):
            found += _all_blocks(block.blocks)
    return found


def _surer(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = probabilities**8
    surer: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return surer


@pytest.fixture(scope="module")
def report(comparison: Comparison) -> Report:
    return comparison_report(comparison)


def test_three_sentences_come_first_and_the_verdict_then(
    report: Report, comparison: Comparison
) -> None:
    opening, step, recipes = report.blocks[:3]
    found = overview(comparison)
    assert isinstance(opening, Callout)
    assert isinstance(recipes, Section)
    assert found is not None
    assert opening.text == f"{found.how_good} {found.how_sure}"
    assert step == Callout("What to do next", found.next_step)
    assert opening.facts[0] == ("accuracy of hog", "80.0%")
    assert recipes.blocks[0] == Paragraph(comparison.verdict)


def test_prediction_time_and_size_are_in_the_table(report: Report) -> None:
    table = next(block for block in _all_blocks(report.blocks) if isinstance(block, Table))
    titles = [column.title for column in table.columns]
    time, size = titles.index("Time per image"), titles.index("Parameters")
    assert [(row[time], row[size]) for row in table.rows] == [("", 0), ("4.3 ms", 20090296)]


def test_every_section_is_there(report: Report) -> None:
    titles = [block.title for block in report.blocks if isinstance(block, Section)]
    assert titles == [
        "The recipes",
        "Which differences are real",
        "Where they go wrong",
        "When an answer can be relied on",
        "Can the probabilities be believed?",
        "Labels worth checking",
        "How training went",
        "The images",
        "How it was measured",
        "Reproduce this run",
    ]


def test_what_may_go_wrong_with_the_images_is_said(report: Report, comparison: Comparison) -> None:
    warnings = [
        block.items
        for block in _all_blocks(report.blocks)
        if isinstance(block, Callout) and block.title == "Worth knowing"
    ]
    assert warnings == [describe_dataset(comparison.dataset).warnings]


def test_figures_for_every_recipe(report: Report) -> None:
    figures = [block for block in _all_blocks(report.blocks) if isinstance(block, Figure)]
    # accuracy, differences, a confusion and a reliability each, the best recipe's thresholds,
    # curves of the network, balance, sizes
    assert len(figures) == 10


def test_wrong_images_with_the_heat_map_of_the_class_that_is_named(
    report: Report, comparison: Comparison
) -> None:
    galleries = [block for block in _all_blocks(report.blocks) if isinstance(block, Gallery)]
    for name in ("hog", "cnn"):
        own = [gallery for gallery in galleries if gallery.caption.startswith(f"{name},")]
        images = [image for gallery in own for image in gallery.images]
        # Every mistake is shown, the later ones folded away.
        assert [each.title for each in images] == [
            comparison.dataset.keys[index] for index, _, _ in comparison.wrong(name, 100)
        ]
        assert all((each.second is not None) == (name == "cnn") for each in images)
        assert ("Grad-CAM" in own[0].caption) == (name == "cnn")


def test_no_heat_map_of_another_class(comparison: Comparison) -> None:
    trials = tuple(
        dataclasses.replace(trial, probabilities=trial.probabilities[:, ::-1].copy())
        if trial.recipe.name == "cnn"
        else trial
        for trial in comparison.trials
    )
    # A second repeat, surer and without heat maps, decides which class is named.
    sure = tuple(
        dataclasses.replace(
            trial,
            probabilities=_surer(np.roll(trial.probabilities, 1, axis=1)),
            explanations=(),
        )
        for trial in comparison.trials
        if trial.recipe.name == "cnn"
    )
    both = dataclasses.replace(comparison, trials=trials + sure)
    galleries = [
        block
        for block in _all_blocks(comparison_report(both).blocks)
        if isinstance(block, Gallery) and block.caption.startswith("cnn")
    ]
    assert galleries
    named = {index: answer for index, answer, _ in both.wrong("cnn", 100)}
    said = {
        int(index): int(answer)
        for trial in trials
        if trial.recipe.name == "cnn"
        for index, answer in zip(trial.split.test, trial.probabilities.argmax(axis=1), strict=True)
    }
    keys = {comparison.dataset.keys[index] for index in named if said[index] == named[index]}
    assert len(keys) < len(galleries[0].images)
    for image in galleries[0].images:
        assert (image.second is not None) == (image.title in keys)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render_html(report)


def test_names_are_escaped_on_the_page(page: str) -> None:
    assert "<script" not in page
    assert "onerror=alert(1)&gt;.jpg" in page
    assert "No &lt;weights&gt;: give a file." in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_the_files_are_the_same_twice(comparison: Comparison, page: str, tmp_path: Path) -> None:
    written = write_report(comparison, tmp_path / "new")
    assert written == tmp_path / "new" / "report.html"
    first = {file.name: file.read_bytes() for file in written.parent.iterdir()}
    assert set(first) == {"report.html", "report.json"}
    assert first["report.html"] == page.encode()
    with undrawn_pages():
        write_report(comparison, str(tmp_path / "new"))
    again = {file.name: file.read_bytes() for file in written.parent.iterdir()}
    assert again["report.json"] == first["report.json"]
    assert again["report.html"] != first["report.html"]
    assert json.loads(first["report.json"])["format"] == 1


def test_an_image_that_went_away_is_named(comparison: Comparison, tmp_path: Path) -> None:
    shutil.copytree(comparison.dataset.root, tmp_path / "copy")
    dataset = load_images(tmp_path / "copy")
    for path in dataset.paths:
        path.unlink()
    with undrawn_pages():
        page = render_html(comparison_report(dataclasses.replace(comparison, dataset=dataset)))
    assert "can no longer be read" in page
    assert "<img" not in page


def test_no_recipe_at_all(comparison: Comparison) -> None:
    empty = dataclasses.replace(
        comparison, trials=(), summaries=(), paired=(), verdict="Nothing ran."
    )
    page = render_html(comparison_report(empty))
    assert "No recipe could run" in page
    assert "Nothing ran." in page


def test_real_images_are_shown_small(
    comparison: Comparison, peu_data: Path, tmp_path: Path
) -> None:
    sources = sorted((peu_data / "caltech4").glob("*/*.jpg"))[:18]
    for place, source in enumerate(sources):
        folder = tmp_path / f"class {place // 6}"
        folder.mkdir(exist_ok=True)
        shutil.copy(source, folder / source.name)
    dataset = load_images(tmp_path)
    report = comparison_report(dataclasses.replace(comparison, dataset=dataset))
    galleries = [block for block in _all_blocks(report.blocks) if isinstance(block, Gallery)]
    shown = [image for gallery in galleries for image in gallery.images]
    assert shown
    assert all(image.image is not None for image in shown)
    assert len(render_html(report)) < 1_500_000
