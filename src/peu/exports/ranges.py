"""Images of which a file in whole numbers learns the range of every layer."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from peu.exports.agreement import CheckImages, learnt_images, training_images
from peu.images.dataset import ImageDataset
from peu.models.predictor import Predictor

MOST_IMAGES = 100


@dataclass(frozen=True, eq=False)
class RangeImages:
    """Images that a quantised network's ranges come from.

    Attributes:
        images: at most `MOST_IMAGES`, evenly spaced.
        source: what they are, in a few words.
    """

    images: ImageDataset = field(repr=False)
    source: str

    def read(self) -> list[Image.Image]:
        """Upright RGB images, whole."""
        return [self.images.read(at) for at in range(len(self.images))]


def range_images(predictor: Predictor, check: CheckImages) -> RangeImages:
    """Choose them: training images, so that what the file is checked on stays new to it.

    Those of the images at hand that the model learnt from; else its training images, where they
    are found by their name; else whatever it is checked on.

    Args:
        predictor: the model.
        check: the images that the file is checked on.
    """
    learnt = learnt_images(predictor, check.images)
    if learnt is None:
        learnt = training_images(predictor)
    if learnt is None:
        return RangeImages(_few(check.images), check.source)
    return RangeImages(_few(learnt), "the training images")


def _few(images: ImageDataset) -> ImageDataset:
    count = min(MOST_IMAGES, len(images))
    return images[np.linspace(0, len(images) - 1, count).round().astype(int)]
