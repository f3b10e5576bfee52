"""A saved model on other images as a page: how good, how sure, where it errs, what to rely on."""

from pathlib import Path

import numpy as np

from peu.comparison.evaluate import ClassifierEvaluation
from peu.evaluation.reliability import Reliability, reliability
from peu.images.dataset import ImageDataset
from peu.models.predictor import Predictor
from peu.reports.blocks import Block, Callout, Figure, KeyValues, Paragraph, Report, Section
from peu.reports.calibration_section import RELIABILITY_CAPTION, reliability_panel
from peu.reports.figure import FIRST, figure
from peu.reports.mistake_gallery import Mistake, MistakeHeatMap, mistake_blocks
from peu.reports.mistakes import confusion_blocks
from peu.reports.report_folder import write_report_folder
from peu.reports.table import Table, numbers
from peu.reports.threshold_section import threshold_blocks
from peu.reports.wording import as_pairs, count, footer, number, percent
from peu.version import __version__

_OPEN, _MOST = 12, 120
_EXPLAINED = 24
"""A heat map takes as long as dozens of predictions where no network draws it."""


def write_evaluation(
    found: ClassifierEvaluation,
    predictor: Predictor,
    images: ImageDataset,
    folder: str | Path,
    *,
    model: str = "",
) -> Path:
    """Write `report.html`, one page that needs nothing else, and `report.json`.

    Args:
        found: by `evaluate`, of this model on these images.
        predictor: the model; it explains its most certain mistakes.
        images: labelled.
        folder: made if missing; files of these names in it are replaced.
        model: its name on the page.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
        DataError: an image was changed or removed meanwhile.
    """
    page = evaluation_report(found, predictor, images, model=model)
    return write_report_folder(Path(folder), page, {"format": 1, **found.to_dict()})


def evaluation_report(
    found: ClassifierEvaluation, predictor: Predictor, images: ImageDataset, *, model: str = ""
) -> Report:
    """An evaluation as a report; arguments as of `write_evaluation`."""
    name = model or str(predictor.recipe.get("name", "the model"))
    blocks: list[Block] = [_verdict(found, name)]
    if found.seen:
        blocks.append(
            Callout(
                "Too optimistic",
                f"The model was trained on {found.seen:,} of these {len(images):,} images.",
                tone="warning",
            )
        )
    evaluation = found.evaluation
    blocks += [
        Section(
            "Where it goes wrong",
            (
                *confusion_blocks(name, evaluation),
                *mistake_blocks(
                    name, images, _mistakes(found, predictor, images), open_ones=_OPEN, most=_MOST
                ),
            ),
        ),
        Section(
            "When an answer can be relied on",
            (
                Paragraph(
                    "Where only answers above a probability are taken and a person looks at the "
                    "others: how many images are answered, and how many of these answers are "
                    "right."
                ),
                *threshold_blocks(name, evaluation.probabilities, evaluation.labels),
            ),
        ),
        _reliability(name, reliability(evaluation.probabilities, evaluation.labels)),
        _model(predictor, images),
    ]
    return Report(
        title=f"How good is {name} on {images.name}?",
        subtitle=f"{count(len(images), 'image')} in "
        f"{count(len(images.class_names), 'class', 'classes')}",
        blocks=tuple(blocks),
        footer=footer(__version__),
    )


def _verdict(found: ClassifierEvaluation, name: str) -> Callout:
    accuracy, evaluation = found.accuracy, found.evaluation
    level = f"{100 * accuracy.level:g}%"
    right, total = int(evaluation.correct.sum()), len(evaluation.labels)
    return Callout(
        "In short",
        f"{name} is right on {right:,} of {total:,} images. On new images like these expect "
        f"{percent(accuracy.low)} to {percent(accuracy.high)} ({level} interval).",
        tone="verdict",
        facts=(
            ("accuracy", percent(accuracy.mean)),
            (f"its {level} interval", f"{percent(accuracy.low)} to {percent(accuracy.high)}"),
            ("balanced accuracy", percent(evaluation.balanced_accuracy)),
            ("log loss", number(evaluation.log_loss)),
        ),
    )


def _mistakes(
    found: ClassifierEvaluation, predictor: Predictor, images: ImageDataset
) -> tuple[Mistake, ...]:
    evaluation = found.evaluation
    confidence = evaluation.probabilities.max(axis=1)
    wrong = np.flatnonzero(evaluation.correct == 0)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")].tolist()
    mistakes = []
    for place, index in enumerate(order):
        taken_for = evaluation.class_names[int(evaluation.predictions[index])]
        heat_map = None
        if place < _EXPLAINED:
            explained = predictor.explain(images.read(index), taken_for)
            heat_map = MistakeHeatMap(
                explained.values.tolist(),
                explained.method,
                predictor.resize_mode,
                predictor.image_size,
            )
        truth = evaluation.class_names[int(evaluation.labels[index])]
        mistakes.append(Mistake(index, truth, taken_for, float(confidence[index]), heat_map))
    return tuple(mistakes)


def _reliability(name: str, found: Reliability) -> Section:
    return Section(
        "Can the probabilities be believed?",
        (
            Paragraph(
                f"Confidence and accuracy differ by {number(found.calibration_error)} on average; "
                f"if every probability were true, by {number(found.by_chance)} by chance."
            ),
            _reliability_figure(name, found),
        ),
    )


def _reliability_figure(name: str, found: Reliability) -> Figure:
    table = Table(
        caption=f"Confidence and accuracy of {name}",
        columns=(*numbers("Confidence", "Accuracy", "Low", "High"), *numbers("Images", format=",")),
        rows=tuple(
            (each.confidence, each.accuracy, each.low, each.high, round(each.images))
            for each in found.bins
        ),
    )
    return figure(
        table,
        reliability_panel(name, found.bins, FIRST),
        caption=RELIABILITY_CAPTION,
        width=3.7,
        height=3.0,
    )


def _model(predictor: Predictor, images: ImageDataset) -> Section:
    known = predictor.provenance
    facts = {
        "recipe": predictor.recipe.get("name", predictor.recipe.get("kind")),
        "classes": list(predictor.class_names),
        "trained on": f"{known.get('images', '?')} images of {known.get('dataset', '?')}",
        "parameters": known.get("parameters"),
        "peu that trained it": known.get("peu"),
        "these images' fingerprint (SHA-256)": images.fingerprint,
    }
    return Section("Model and images", (KeyValues(as_pairs(facts)),))
