"""How settings were chosen: every configuration is shown, and sentences say what was measured."""

import dataclasses
import re

import numpy as np
import pytest

from peu.classifiers.search_record import Ending, Push, Search, SearchTrial
from peu.classifiers.small_cnn import SmallCNN
from peu.comparison.comparison import Comparison
from peu.networks.training_settings import TrainingSettings
from peu.reports import html as reports_html
from peu.reports.blocks import Figure, Listing, Paragraph, Section
from peu.reports.comparison_json import comparison_to_dict
from peu.reports.comparison_report import comparison_report
from peu.reports.figure import page_svg
from peu.reports.html import render_html
from peu.reports.search_figures import SETTINGS, push_sentence
from peu.reports.search_section import search_section
from peu.reports.table import Table
from table_texts import texts

ENDINGS: tuple[Ending, ...] = ("complete", "pruned", "complete", "diverged", "complete")


def trial(place: int, ending: Ending) -> SearchTrial:
    rng = np.random.default_rng(place)
    whole = ending == "complete"
    looks = () if ending == "diverged" else (1.0, 0.8) if ending == "pruned" else (1.0, 0.7, 0.6)
    return SearchTrial(
        settings={
            "image_size": 64,
            "layers": 2 + place % 2,
            "filters": 8 * (1 + place),
            "batch_norm": place % 2,
            "dropout": float(rng.uniform(0, 0.5)),
            "learning_rate": float(rng.uniform(1e-4, 1e-2)),
            "weight_decay": float(rng.uniform(1e-3, 0.1)),
            "epochs": 20 + 10 * place,
            "augmentation": float(rng.uniform(0.5, 2)),
        },
        ending=ending,
        log_loss=0.6 + place / 100 if whole else None,
        standard_error=0.015 if whole else None,
        accuracy=0.75 if whole else None,
        intermediate=looks,
        epochs=30,
        seconds=1.5,
    )


def push(factor: int, losses: tuple[float, ...]) -> Push:
    epochs = 10
    looks = tuple(range(2, factor * epochs + 1, 2))
    falling = tuple(np.linspace(1, 0.1, factor * epochs).tolist())
    return Push(
        factor=factor,
        epochs=epochs,
        metrics={
            "loss": falling,
            "accuracy": tuple(1 - value for value in falling),
            "val_loss": tuple(np.interp(looks, (2, 10, 20), losses).tolist()),
            "val_accuracy": tuple(np.linspace(0.5, 0.8, len(looks)).tolist()),
            "val_epoch": tuple(map(float, looks)),
        },
    )


def a_search(number: int, *, pushed: Push | None = None) -> Search:
    chosen = SmallCNN(
        image_size=(64, 64),
        filters=(8, 16, 32)[: 2 + number % 2],
        training=TrainingSettings(learning_rate=1e-3 * (1 + number)),
    )
    return Search(
        trials=tuple(trial(place, ending) for place, ending in enumerate(ENDINGS)),
        best=0,
        chosen=chosen,
        importance={"learning_rate": 0.5 + number / 10, "layers": 0.5 - number / 10},
        push=pushed,
    )


@pytest.fixture(scope="module")
def searched(comparison: Comparison) -> Comparison:
    """Return the comparison with a search in each trial of one recipe."""
    trials = tuple(
        dataclasses.replace(each, search=a_search(each.split.fold, pushed=push(2, (1.0, 0.5, 0.9))))
        if each.recipe.name == "cnn"
        else each
        for each in comparison.trials
    )
    return dataclasses.replace(comparison, trials=trials)


@pytest.fixture(scope="module")
def part(searched: Comparison) -> Section:
    section = search_section(searched)
    assert section is not None
    (part,) = section.blocks
    assert isinstance(part, Section)
    assert part.title == "cnn"
    return part


def test_without_a_search_there_is_no_section(comparison: Comparison) -> None:
    assert search_section(comparison) is None
    titles = [b.title for b in comparison_report(comparison).blocks if isinstance(b, Section)]
    assert "How settings were chosen" not in titles


def test_the_counts_are_those_of_the_trials(part: Section) -> None:
    opening = part.blocks[0]
    assert isinstance(opening, Paragraph)
    assert "3 searches" in opening.text
    assert "tried 15 configurations" in opening.text
    assert "9 were judged on every inner fold, 3 were stopped early" in opening.text
    assert "3 did not train" in opening.text


def test_a_row_for_the_choice_of_each_split(part: Section) -> None:
    (table,) = (block for block in part.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == [f"repeat 1, fold {fold}" for fold in (1, 2, 3)]
    assert [row[2] for row in table.rows] == ["8, 16", "8, 16, 32", "8, 16"]
    # 0.60, 0.62 and 0.64 with a standard error of 0.015.
    assert {row[-1] for row in table.rows} == {"1 of 5"}
    assert {row[-3:-1] for row in texts(table)} == {("0.600", "0.750")}


def test_what_the_splits_agree_on_is_said(part: Section) -> None:
    (listing,) = (block for block in part.blocks if isinstance(block, Listing))
    assert "hardly any other configuration" in listing.items[0]
    assert "64 pixels, 2 to 3 layers and learning rates of 0.001 to 0.003" in listing.items[1]


def test_every_configuration_is_in_the_figure_and_its_table(part: Section) -> None:
    figures = [block for block in part.blocks if isinstance(block, Figure)]
    assert len(figures) == 3
    drawn = figures[0].table
    # What diverged has no loss to be drawn at.
    assert len(drawn.rows) == 12
    assert [row[-1] for row in drawn.rows].count("chosen") == 3
    assert [column.title for column in drawn.columns[1:-2]] == list(SETTINGS.values())
    importance = texts(figures[1].table)
    assert [row[0] for row in importance] == ["learning rate", "layers"]
    assert importance[0][1:] == ("0.600", "0.500", "0.700")


def test_longer_training_is_told_as_it_was_measured() -> None:
    worse = push_sentence([push(2, (1.0, 0.5, 0.9))])
    assert "went from 63.3% at the chosen epochs to 80.0% at the end" in worse
    assert "lowest at 1 times the chosen epochs (0.50) and ended at 0.90" in worse
    assert "overfitting" in worse
    better = push_sentence([push(2, (1.0, 0.5, 0.4)), push(2, (1.0, 0.6, 0.5))])
    assert "ended at 0.45" in better
    assert "no overfitting" in better


def test_the_page_and_the_json_hold_the_searches(
    searched: Comparison, part: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {block.caption for block in part.blocks if isinstance(block, Figure)}
    drawn: list[str] = []

    def draw_own(plot: Figure, salt: str) -> str:
        if plot.caption not in own:
            return "<svg/>"
        drawn.append(plot.caption)
        return page_svg(plot, salt)

    # The other figures have tests of their own.
    monkeypatch.setattr(reports_html, "page_svg", draw_own)
    page = render_html(comparison_report(searched))
    assert len(drawn) == 3
    assert "How settings were chosen" in page
    assert "more certain of its mistakes" in page
    recipes = {each["name"]: each for each in comparison_to_dict(searched)["recipes"]}
    stored = recipes["cnn"]["trials"][1]["search"]
    assert len(stored["trials"]) == len(ENDINGS)
    assert stored["near_best"] == [0]
    assert stored["chosen"]["filters"] == [8, 16, 32]
    assert all(each["search"] is None for each in recipes["hog"]["trials"])
    assert not re.search(r"\bnan\b", page, flags=re.IGNORECASE)


def test_a_search_without_a_single_verdict(comparison: Comparison) -> None:
    empty = Search(trials=(), best=None, chosen=SmallCNN(), ended_by="time")
    trials = tuple(
        dataclasses.replace(each, search=empty) if each.recipe.name == "cnn" else each
        for each in comparison.trials[:4]
    )
    section = search_section(dataclasses.replace(comparison, trials=trials))
    assert section is not None
    (part,) = section.blocks
    assert isinstance(part, Section)
    (listing,) = (block for block in part.blocks if isinstance(block, Listing))
    assert "the starting point was taken" in listing.items[0]
    assert "One search" in listing.items[1]
