"""Fisher vectors of local descriptors and a linear support vector machine."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.classifiers.base import FloatArray, ImageClassifier, Name
from peu.classifiers.codebook import learn_codebook
from peu.classifiers.linear_machines import fit_linear_machines
from peu.classifiers.registry import recipe
from peu.classifiers.temperature import best_temperature
from peu.classifiers.training_set import HeldOut, TrainingSet
from peu.errors import ResourceError
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.images.workers import in_order
from peu.models.fisher import MOST_SHARES, Codebook, FisherMachine, linear_scores
from peu.models.kernel_machine import softmax
from peu.models.patches import DESCRIPTOR_LENGTH, PatchGrid, describe_patches
from peu.progress import report, showing
from peu.seeds import child_seed
from peu.settings import check_setting

MOST_IMAGES = 5000
_CODEBOOK_IMAGES = 200
_PATCHES_FOR_AXES = 60_000
_PATCHES_FOR_MIXTURE = 20_000
_DEFAULT_TEMPERATURE = 0.3
_BATCH = 64


@recipe("fisher")
class FisherVectors(ImageClassifier):
    """Classify images by Fisher vectors of small patches and a linear support vector machine.

    A Gaussian mixture learns what patches look like in general; an image is described by the
    gradient of the mixture's log-likelihood over its own patches. No network, no pretrained
    weights, some seconds a fold: the best that was known for few images before pretraining.

    Source: Perronnin, Sanchez and Mensink (2010), "Improving the Fisher kernel for large-scale
    image classification"; Tola, Lepetit and Fua (2010) for the patch descriptor (DAISY);
    Sanchez, Perronnin and de Campos (2012) for the position.
    """

    usual_seconds = 3.0
    most_images = MOST_IMAGES

    name: Name = "fisher"
    image_size: Annotated[ImageSize, Field(description="(height, width) in pixels.")] = (96, 96)
    resize_mode: Annotated[
        ResizeMode, Field(description="How images of another shape are resized.")
    ] = "stretch"
    scales: Annotated[
        tuple[Annotated[float, Field(ge=1)], ...],
        Field(
            strict=False,
            min_length=1,
            max_length=10,
            description="Patches are taken from the image shrunk by each of these factors.",
        ),
    ] = (1.0, 1.5, 2.0, 3.0)
    radius: Annotated[
        int, Field(ge=2, le=100, description="Radius of a patch, in pixels of the shrunk image.")
    ] = 6
    step: Annotated[
        int, Field(ge=1, description="Distance of patches, in pixels of the whole image.")
    ] = 3
    dimensions: Annotated[
        int, Field(ge=1, le=136, description="Dimensions kept of a patch's descriptor by PCA.")
    ] = 48
    components: Annotated[
        int, Field(ge=1, le=1024, description="Normal distributions of the mixture.")
    ] = 64
    position_weight: Annotated[
        float,
        Field(ge=0, le=100, description="Weight of a patch's position beside its descriptor."),
    ] = 1.5
    C: Annotated[
        float,
        Field(gt=0, lt=1e9, description="Inverse regularization strength: larger fits closer."),
    ] = 10.0

    def __post_init__(self) -> None:
        smallest = min(self.image_size) / max(self.scales)
        check_setting(
            "scales",
            holds=smallest >= 2 * self.radius + 1,
            expected=f"at most {min(self.image_size) / (2 * self.radius + 1):.1f}, so that a patch "
            f"with a radius of {self.radius} fits into {self.image_size}",
            received=max(self.scales),
            advice="Use a larger `image_size`, or a smaller `radius`.",
        )
        patches = self._grid().count(*self.image_size)
        check_setting(
            "step",
            holds=patches * max(self.components, DESCRIPTOR_LENGTH) <= MOST_SHARES,
            expected=f"so large that an image has at most {MOST_SHARES // 10**6} million pairs of "
            "patches and components",
            received=self.step,
            advice="Use a larger `step`, a smaller `image_size` or fewer `components`.",
        )

    def _fit(self, data: TrainingSet) -> None:
        if len(data) > MOST_IMAGES:
            raise ResourceError(
                f"Fisher vectors take at most {MOST_IMAGES:,} images to learn from, since they are "
                f"held in memory and a machine on more takes minutes. Received: {len(data):,}. Use "
                "`transfer` or `hog` instead, or fewer images."
            )
        folds = data.inner_folds(child_seed(self.seed, "inner folds"))
        codebook = self._learn_codebook(data.images)
        vectors = self._encode(data.images, codebook)
        machines = fit_linear_machines(
            vectors, data.labels, [fit for fit, _ in folds] + [np.arange(len(data))], self.C
        )
        temperature = _DEFAULT_TEMPERATURE
        if folds:
            judged = np.concatenate([judge for _, judge in folds])
            scores = np.concatenate(
                [
                    linear_scores(vectors[judge], *machine)
                    for (_, judge), machine in zip(folds, machines, strict=False)
                ]
            )
            temperature = best_temperature(scores, data.labels[judged])
            self.held_out_ = HeldOut(judged, softmax(scores / temperature))
        weights, intercepts = machines[-1]
        height, width = self.image_size
        self.model_ = FisherMachine(
            codebook=codebook,
            weights=weights,
            intercepts=intercepts,
            temperature=temperature,
            grid=self._grid(),
            height=height,
            width=width,
        )
        mixture = codebook.projection.size + codebook.means.size * 2 + codebook.shares.size
        self.n_parameters_ = self.n_trainable_parameters_ = weights.size + intercepts.size + mixture

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        vectors = self._encode(images, self.model_.codebook)
        return softmax(self.model_.scores(vectors) / self.model_.temperature)

    def _grid(self) -> PatchGrid:
        return PatchGrid(scales=self.scales, radius=self.radius, step=self.step)

    def _described(self, images: ImageDataset) -> Iterator[NDArray[np.uint8]]:
        """Descriptors of some images at a time (b, m, 136), described once in their life."""
        grid = self._grid()

        def describe(batch: ImageDataset) -> NDArray[np.uint8]:
            pixels = batch.pixels(self.image_size, self.resize_mode)
            return np.stack(list(in_order(lambda image: describe_patches(image, grid), pixels)))

        key = ("daisy", self.image_size, self.resize_mode, self.scales, self.radius, self.step)
        for start in range(0, len(images), _BATCH):
            report("Describing patches", start, len(images))
            with showing(None):
                batch = images[start : start + _BATCH]
                yield cached(batch, key, describe, phase="Describing patches")
        report("Describing patches", len(images), max(len(images), 1))

    def _encode(self, images: ImageDataset, codebook: Codebook) -> NDArray[np.float32]:
        """Fisher vectors (n, d) of images."""
        placed = self._grid().positions(*self.image_size)

        def encode(described: NDArray[np.uint8]) -> NDArray[np.float32]:
            return codebook.encode([codebook.project(described, placed)])

        rows = [row for batch in self._described(images) for row in in_order(encode, batch)]
        return np.concatenate(rows)

    def _learn_codebook(self, images: ImageDataset) -> Codebook:
        """Find the main axes of descriptors, and a mixture of patches along them."""
        generator = np.random.default_rng(child_seed(self.seed, "patches"))
        seen = np.sort(generator.permutation(len(images))[:_CODEBOOK_IMAGES])
        places = self._grid().positions(*self.image_size)
        share = min(len(places), max(1, _PATCHES_FOR_AXES // len(seen)))
        drawn = [generator.permutation(len(places))[:share] for _ in seen]
        described = (image for batch in self._described(images[seen]) for image in batch)
        descriptors = np.stack([image[at] for image, at in zip(described, drawn, strict=True)])
        few = max(1, _PATCHES_FOR_MIXTURE // len(seen))
        return learn_codebook(
            descriptors.reshape(-1, DESCRIPTOR_LENGTH),
            descriptors[:, :few].reshape(-1, DESCRIPTOR_LENGTH),
            np.concatenate([places[at[:few]] for at in drawn]),
            dimensions=self.dimensions,
            components=self.components,
            position_weight=self.position_weight,
            seed=int(generator.integers(2**31)),
        )
