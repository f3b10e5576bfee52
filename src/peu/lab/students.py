"""Networks of the student's own, tested on the images that the sheet's are tested on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from peu.evaluation.metrics import evaluate_predictions
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.lab.trials import Score, score, wrong_at

Scaling = Literal["unit", "none", "tf", "caffe"]
# The sheet's own first: of equal ones the first is taken.
_SCALINGS: tuple[Scaling, ...] = ("unit", "none", "tf", "caffe")


@dataclass(frozen=True, kw_only=True)
class StudentFindings(Score):
    """A student's classifier on the test images.

    Attributes:
        name: of its file.
        parameters: numbers in it.
        image_size: (height, width) that images were stretched to.
        scaling: of the pixels, by which it knows the training images best.
        wrong: positions of the test images that it has wrong.
        log_loss: on the test images.
        trained: share of the training images that it has right.
    """

    name: str
    parameters: int
    image_size: tuple[int, int]
    scaling: Scaling
    wrong: tuple[int, ...]
    log_loss: float
    trained: float


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A network that does not fit these images.

    Attributes:
        name: of its file.
        takes: shape of its input.
        gives: shape of its output.
    """

    name: str
    takes: tuple[int, ...]
    gives: tuple[int, ...]


def score_students(lab: LabContext) -> tuple[tuple[StudentFindings, ...], tuple[Misfit, ...]]:
    """Test each network that was handed in, and say which ones do not fit.

    Networks of greyscale images are of parts 2 and 3, and left to them.

    Raises:
        BundleError: a file that is no network.
    """
    from peu.networks.student_network import load_student

    tested, misfits = [], []
    for path in lab.settings.students:
        network = load_student(path)
        takes, gives = (
            tuple(side or 0 for side in shape[1:])
            for shape in (network.input_shape, network.output_shape)
        )
        if takes[-1:] == (1,):
            continue
        if len(takes) == 3 and takes[-1] == 3 and gives == (len(lab.images.class_names),):
            tested.append(_test(lab, path, network, takes))
        else:
            misfits.append(Misfit(name=path.name, takes=takes, gives=gives))
    return tuple(tested), tuple(misfits)


def _test(lab: LabContext, path: Path, network: Any, takes: tuple[int, ...]) -> StudentFindings:
    size = (takes[0] or 224, takes[1] or 224)
    training = {
        scaling: _share(network, lab.training_images, size, scaling) for scaling in _SCALINGS
    }
    scaling = max(_SCALINGS, key=lambda each: training[each])
    found = evaluate_predictions(
        np.asarray(lab.test_images.labels),
        _probabilities(network, lab.test_images, size, scaling),
        lab.images.class_names,
    )
    return StudentFindings(
        name=path.name,
        parameters=int(network.count_params()),
        image_size=size,
        scaling=scaling,
        wrong=wrong_at(found),
        log_loss=found.log_loss,
        trained=training[scaling],
        **score(found),
    )


def _share(network: Any, images: ImageDataset, size: tuple[int, int], scaling: Scaling) -> float:
    found = _probabilities(network, images, size, scaling)
    return float((found.argmax(axis=1) == images.labels).mean())


def _probabilities(
    network: Any, images: ImageDataset, size: tuple[int, int], scaling: Scaling
) -> np.ndarray[Any, np.dtype[np.float64]]:
    from peu.networks.backbones import scaled_pixels
    from peu.networks.inference import run_in_batches

    pixels = scaled_pixels(images.pixels(size, "stretch"), scaling)
    (found,) = run_in_batches(network, pixels, batch_size=32)
    positive = np.maximum(found.astype(np.float64), 0) + 1e-12
    return np.asarray(positive / positive.sum(axis=1, keepdims=True))
