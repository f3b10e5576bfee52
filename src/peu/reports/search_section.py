"""How settings were chosen: what was tried, what mattered, and how clear the choice was."""

from collections.abc import Mapping

from peu.classifiers.search_record import Search
from peu.comparison.comparison import Comparison
from peu.networks.history import VALIDATION_EPOCH
from peu.reports.blocks import Block, Listing, Paragraph, Section
from peu.reports.search_figures import (
    importance_figure,
    push_figure,
    push_sentence,
    trials_figure,
)
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import count


def search_section(comparison: Comparison) -> Section | None:
    """The searches of every recipe that made some; None if none did."""
    parts = []
    for summary in comparison.summaries:
        searches = {
            f"repeat {trial.split.repeat + 1}, fold {trial.split.fold + 1}": trial.search
            for trial in comparison.trials_of(summary.name)
            if trial.search is not None
        }
        if searches:
            parts.append(Section(summary.name, _recipe(comparison, summary.name, searches)))
    return Section("How settings were chosen", tuple(parts)) if parts else None


def _recipe(comparison: Comparison, name: str, searches: Mapping[str, Search]) -> tuple[Block, ...]:
    trials = [trial for search in searches.values() for trial in search.trials]
    endings = [trial.ending for trial in trials]
    blocks: list[Block] = [
        Paragraph(
            f"{count(len(searches), 'search', 'searches')}, one inside the training images of "
            f"each split, tried {count(len(trials), 'configuration')}: "
            f"{endings.count('complete')} were judged on every inner fold, "
            f"{endings.count('pruned')} were stopped early because others had done better, "
            f"{endings.count('diverged')} did not train at all. Test images were not used."
        ),
        _choices(name, searches),
        Listing((_flatness(searches), _agreement(searches))),
    ]
    if any(trial.intermediate for trial in trials):
        blocks.append(trials_figure(name, searches, len(comparison.dataset.class_names)))
    if any(search.importance for search in searches.values()):
        blocks.append(importance_figure(name, searches))
    pushes = [
        search.push
        for search in searches.values()
        if search.push is not None and VALIDATION_EPOCH in search.push.metrics
    ]
    if pushes:
        blocks += [Paragraph(push_sentence(pushes)), push_figure(name, pushes)]
    return tuple(blocks)


def _choices(name: str, searches: Mapping[str, Search]) -> Table:
    rows = []
    for where, search in searches.items():
        chosen, training = search.chosen, search.chosen.training
        best = None if search.best is None else search.trials[search.best]
        rows.append(
            (
                where,
                f"{chosen.image_size[0]} x {chosen.image_size[1]}",
                ", ".join(map(str, chosen.filters)),
                "yes" if chosen.batch_norm else "no",
                chosen.dropout,
                training.learning_rate,
                training.weight_decay,
                training.epochs,
                f"{chosen.augmentation.policy} x {chosen.augmentation.strength:.2f}",
                "not judged" if best is None else best.log_loss,
                None if best is None else best.accuracy,
                f"{len(search.near_best)} of {len(search.trials)}",
            )
        )
    return Table(
        caption=f"What {name} chose. Log loss and accuracy are those of held-out training "
        "images, and too optimistic: the best of many is partly luck.",
        columns=(
            Column("Split"),
            Column("Pixels", numeric=True),
            Column("Filters"),
            Column("Batch norm"),
            Column("Dropout", ".2f"),
            *numbers("Learning rate", "Weight decay", format=".2g"),
            Column("Final epochs", numeric=True),
            Column("Augmentation"),
            *numbers("Log loss", "Accuracy"),
            Column("As good", numeric=True),
        ),
        rows=tuple(rows),
    )


def _flatness(searches: Mapping[str, Search]) -> str:
    near = [len(search.near_best) for search in searches.values() if search.best is not None]
    if not near:
        return "No configuration could be judged; the starting point was taken."
    mean = sum(near) / len(near)
    if mean < 2:
        return (
            "How flat the optimum is: hardly any other configuration came within one standard "
            "error of the chosen one, so that the choice mattered."
        )
    return (
        f"How flat the optimum is: {mean:.1f} configurations a search lie within one standard "
        "error of the best, the chosen one among them: no real difference between them is shown."
    )


def _agreement(searches: Mapping[str, Search]) -> str:
    if len(searches) == 1:
        return "One search does not show how much its choice depends on the images."
    sides = [search.chosen.image_size[0] for search in searches.values()]
    layers = [len(search.chosen.filters) for search in searches.values()]
    rates = [search.chosen.training.learning_rate for search in searches.values()]
    return (
        f"Between the splits the choice ranges over {_span(sides)} pixels, {_span(layers)} layers "
        f"and learning rates of {min(rates):.2g} to {max(rates):.2g}."
    )


def _span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{low} to {high}"
