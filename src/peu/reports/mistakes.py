"""Where each recipe goes wrong: confusion, classes, and the images themselves."""

from peu.comparison.comparison import Comparison
from peu.comparison.explanations import Explanation
from peu.evaluation.confused import ConfusedPair, confused_pairs
from peu.evaluation.metrics import Evaluation
from peu.reports.blocks import Block, Details, Paragraph, Section
from peu.reports.confusion import confusion_figure
from peu.reports.mistake_gallery import Mistake, MistakeHeatMap, mistake_blocks
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import percent

# Every mistake is listed; so many are shown, at some 20 KB each.
_OPEN_OF_BEST, _MOST_OF_BEST = 12, 120
_OPEN_OF_OTHERS, _MOST_OF_OTHERS = 6, 40
_LONG_TABLE = 12
_MOST_PAIRS = 10


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
        parts.append(_recipe(comparison, summary.name, best=place == 0))
    return Section("Where they go wrong", tuple(parts))


def _recipe(comparison: Comparison, name: str, *, best: bool) -> Section:
    mistakes = find_mistakes(comparison, name)
    return Section(
        name,
        (
            *confusion_blocks(name, comparison.out_of_fold(name)),
            *mistake_blocks(
                name,
                comparison.dataset,
                mistakes,
                open_ones=_OPEN_OF_BEST if best else _OPEN_OF_OTHERS,
                most=_MOST_OF_BEST if best else _MOST_OF_OTHERS,
            ),
        ),
    )


def confusion_blocks(name: str, evaluation: Evaluation) -> tuple[Block, ...]:
    """The most confused pairs of classes, the confusion matrix, and figures of each class.

    Args:
        name: of the recipe or model.
        evaluation: its predictions.
    """
    table = Table(
        caption=f"{name} by class",
        columns=(Column("Class"), *numbers("Precision", "Recall", "F1"), Column("Images", ",")),
        rows=tuple(
            (each.name, each.precision, each.recall, each.f1, each.support)
            for each in evaluation.per_class
        ),
    )
    long = len(evaluation.per_class) > _LONG_TABLE
    return (
        *_pairs(name, evaluation),
        confusion_figure(name, evaluation.confusion, evaluation.class_names),
        Details(f"{name} by class: precision and recall", (table,)) if long else table,
    )


def _pairs(name: str, evaluation: Evaluation) -> tuple[Block, ...]:
    pairs = confused_pairs(evaluation.confusion, evaluation.class_names)
    if not pairs:
        return ()
    mistakes = sum(pair.mistakes for pair in pairs)
    rest = len(pairs) - _MOST_PAIRS
    return (
        Table(
            caption=f"{name}: classes most often mistaken for each other"
            + (f"; {rest} more pairs are left out" if rest > 0 else ""),
            columns=(
                Column("Classes"),
                Column("Mistakes", ","),
                Column("Of all mistakes", numeric=True),
                Column("How"),
            ),
            rows=tuple(
                (
                    f"{pair.first} and {pair.second}",
                    pair.mistakes,
                    percent(pair.mistakes / mistakes),
                    _how(pair),
                )
                for pair in pairs[:_MOST_PAIRS]
            ),
        ),
    )


def _how(pair: ConfusedPair) -> str:
    return (
        f"{pair.first_as_second} of {pair.of_first} {pair.first} taken for {pair.second}, "
        f"{pair.second_as_first} of {pair.of_second} the other way"
    )


def find_mistakes(comparison: Comparison, name: str) -> tuple[Mistake, ...]:
    """The images that a recipe took for something else, the most confident mistake first.

    Args:
        comparison: of the recipe and others.
        name: of the recipe.
    """
    wrong = comparison.wrong(name, len(comparison.dataset))
    explained = _explanations(comparison, name, {index: answer for index, answer, _ in wrong})
    recipe = next(each.recipe for each in comparison.summaries if each.name == name)
    names, labels = comparison.dataset.class_names, comparison.dataset.y

    def heat_map(index: int) -> MistakeHeatMap | None:
        found = explained.get(index)
        if found is None:
            return None
        return MistakeHeatMap(
            found.heatmap, found.method, recipe.resize_mode, recipe.image_size or (1, 1)
        )

    return tuple(
        Mistake(index, str(labels[index]), names[answer], probability, heat_map(index))
        for index, answer, probability in wrong
    )


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
