"""Where each recipe goes wrong: confusion, classes, and the images themselves."""

from collections.abc import Collection

from peu.comparison.comparison import Comparison
from peu.comparison.trial import Explanation
from peu.errors import PeuError
from peu.reports.blocks import (
    Block,
    Column,
    Details,
    Gallery,
    Image,
    Paragraph,
    Section,
    Table,
    numbers,
)
from peu.reports.confusion import confusion_figure
from peu.reports.heat_map import overlay
from peu.reports.thumbnails import jpeg_uri, thumbnail
from peu.reports.wording import count, percent

_SHOWN_OF_BEST = 12
_SHOWN_OF_OTHERS = 6
_LONG_TABLE = 12


def mistakes_section(comparison: Comparison) -> Section | None:
    """What each recipe took for what, from out-of-fold predictions; None if none could run."""
    if not comparison.summaries:
        return None
    parts: list[Block] = [
        Paragraph(
            "Each image counts once here: its probabilities are the mean over the repeats, each "
            "from a model trained without it. These figures may differ a little from the means "
            "over trials above."
        )
    ]
    for place, summary in enumerate(comparison.summaries):
        limit = _SHOWN_OF_BEST if place == 0 else _SHOWN_OF_OTHERS
        parts.append(_recipe(comparison, summary.name, limit))
    return Section("Where they go wrong", tuple(parts))


def _recipe(comparison: Comparison, name: str, limit: int) -> Section:
    evaluation = comparison.out_of_fold(name)
    table = Table(
        caption=f"{name} by class",
        columns=(Column("Class"), *numbers("Precision", "Recall", "F1"), Column("Images", ",")),
        rows=tuple(
            (each.name, each.precision, each.recall, each.f1, each.support)
            for each in evaluation.per_class
        ),
    )
    long = len(evaluation.per_class) > _LONG_TABLE
    return Section(
        name,
        (
            confusion_figure(name, evaluation.confusion, evaluation.class_names),
            Details(f"{name} by class: precision and recall", (table,)) if long else table,
            _gallery(comparison, name, limit),
        ),
    )


def _gallery(comparison: Comparison, name: str, limit: int) -> Block:
    wrong = comparison.wrong(name, limit)
    if not wrong:
        return Paragraph(f"{name} made no mistake.")
    explained = _explanations(comparison, name, {index: answer for index, answer, _ in wrong})
    images = tuple(
        _image(comparison, name, index, predicted, probability, explained.get(index))
        for index, predicted, probability in wrong
    )
    return Gallery(
        caption=f"{name}, the most certain mistakes first: {count(len(images), 'image')}."
        + _heat_map_words(explained.values(), len(images)),
        images=images,
    )


def _heat_map_words(explained: Collection[Explanation], images: int) -> str:
    if not explained:
        return ""
    where = "" if len(explained) == images else f", in {len(explained)} of them"
    methods = " or ".join(sorted({each.method for each in explained}))
    return f" Highlighted{where}: the areas behind the wrong prediction ({methods})."


def _explanations(
    comparison: Comparison, name: str, answers: dict[int, int]
) -> dict[int, Explanation]:
    """The explanation of each image's wrong class, by index of the image.

    Repeats may disagree on the class that an image is taken for; a heat map of another class
    than the one that is named beside it would mislead.
    """
    found: dict[int, Explanation] = {}
    for trial in comparison.trials_of(name):
        said = dict(
            zip(trial.split.test.tolist(), trial.probabilities.argmax(axis=1).tolist(), strict=True)
        )
        for each in trial.explanations:
            if each.image in answers and said.get(each.image) == answers[each.image]:
                found.setdefault(each.image, each)
    return found


def _image(
    comparison: Comparison,
    name: str,
    index: int,
    predicted: int,
    probability: float,
    explanation: Explanation | None,
) -> Image:
    dataset = comparison.dataset
    key = dataset.keys[index]
    truth = dataset.class_names[int(dataset.labels[index])] if dataset.labels is not None else "?"
    taken_for = dataset.class_names[int(predicted)]
    lines = (("true", truth), ("predicted", f"{taken_for}, {percent(probability)}"))
    try:
        small = thumbnail(dataset.read(index))
    except (PeuError, OSError):
        return Image(None, f"{key} can no longer be read.", key, lines)
    alternative = f"{key}: {truth}, taken for {taken_for}."
    if explanation is None:
        return Image(jpeg_uri(small), alternative, key, lines)
    recipe = next(each.recipe for each in comparison.summaries if each.name == name)
    heat = overlay(
        small,
        explanation.heatmap,
        resize_mode=recipe.resize_mode,
        input_size=recipe.image_size or (1, 1),
    )
    return Image(
        jpeg_uri(small),
        alternative,
        key,
        lines,
        jpeg_uri(heat),
        f"The same image, highlighted where {explanation.method} finds evidence for {taken_for}.",
    )
