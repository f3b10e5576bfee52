"""Fisher vectors of local descriptors and a linear support vector machine."""

import dataclasses
import warnings
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.classifiers.base import FloatArray, ImageClassifier, Name
from peu.classifiers.registry import recipe
from peu.classifiers.temperature import best_temperature
from peu.classifiers.training_set import HeldOut, Labels, TrainingSet
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.models.fisher import Codebook, FisherMachine, linear_scores
from peu.models.kernel_machine import softmax
from peu.models.patches import PatchGrid, describe_patches
from peu.progress import report
from peu.seeds import child_seed
from peu.settings import check_setting

Described = tuple[NDArray[np.float32], NDArray[np.float32]]
MOST_IMAGES = 5000
_CODEBOOK_IMAGES = 200
_PATCHES_FOR_AXES = 60_000
_PATCHES_FOR_MIXTURE = 20_000
_MIXTURE_STEPS = 30
_DEFAULT_TEMPERATURE = 0.3
_LEAST_VARIANCE = 1e-6
_STEPS = 20_000
_BATCH = 16


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

    def _fit(self, data: TrainingSet) -> None:
        if len(data) > MOST_IMAGES:
            raise ResourceError(
                f"Fisher vectors take at most {MOST_IMAGES:,} images to learn from, since all of "
                f"them are held in memory. Received: {len(data):,}. Use `hog` instead, or fewer "
                "images."
            )
        generator = np.random.default_rng(child_seed(self.seed, "patches"))
        seen = np.sort(generator.permutation(len(data))[:_CODEBOOK_IMAGES])
        described = dict(zip(seen.tolist(), self._describe(data.images[seen]), strict=True))
        codebook = self._learn_codebook(list(described.values()), generator)
        vectors = self._encode(data.images, codebook, described)
        temperature = _DEFAULT_TEMPERATURE
        folds = data.inner_folds(child_seed(self.seed, "inner folds"))
        if folds:
            judged = np.concatenate([judge for _, judge in folds])
            scores = np.concatenate(
                [
                    linear_scores(vectors[judge], *self._fit_linear(vectors[fit], data.labels[fit]))
                    for fit, judge in folds
                ]
            )
            temperature = best_temperature(scores, data.labels[judged])
            self.held_out_ = HeldOut(judged, softmax(scores / temperature))
        weights, intercepts = self._fit_linear(vectors, data.labels)
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
        vectors = self._encode(images, self.model_.codebook, {})
        return softmax(self.model_.scores(vectors) / self.model_.temperature)

    def _grid(self) -> PatchGrid:
        return PatchGrid(scales=self.scales, radius=self.radius, step=self.step)

    def _describe(self, images: ImageDataset) -> Iterator[Described]:
        done = 0
        for pixels in images.batches(self.image_size, self.resize_mode, _BATCH):
            for image in pixels:
                report("Describing patches", done, len(images))
                yield describe_patches(image, self._grid())
                done += 1
        report("Describing patches", done, max(done, 1))

    def _encode(
        self, images: ImageDataset, codebook: Codebook, described: dict[int, Described]
    ) -> NDArray[np.float32]:
        """Fisher vectors (n, d); descriptors that are in `described` are not computed again."""
        new = [index for index in range(len(images)) if index not in described]
        others = self._describe(images[new])
        return codebook.encode(
            codebook.project(*(described.pop(index, None) or next(others)))
            for index in range(len(images))
        )

    def _learn_codebook(
        self, described: list[Described], generator: np.random.Generator
    ) -> Codebook:
        """Find the main axes of descriptors, and a mixture of patches along them."""
        from sklearn.decomposition import PCA
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        def draw(most: int) -> Described:
            share = max(1, most // len(described))
            chosen = [generator.permutation(len(each))[:share] for each, _ in described]
            pairs = list(zip(described, chosen, strict=True))
            return (
                np.concatenate([descriptors[at] for (descriptors, _), at in pairs]),
                np.concatenate([positions[at] for (_, positions), at in pairs]),
            )

        descriptors, _ = draw(_PATCHES_FOR_AXES)
        axes = PCA(min(self.dimensions, *descriptors.shape), svd_solver="full").fit(descriptors)
        spread = float(np.sqrt(axes.explained_variance_.sum()))
        blank = Codebook(
            centre=axes.mean_.astype(np.float64),
            projection=axes.components_.T.astype(np.float64),
            # At a weight of 1, positions are as far apart as descriptors are.
            place_weight=self.position_weight * max(spread, _LEAST_VARIANCE),
            shares=np.ones(1),
            means=np.zeros((1, 1)),
            variances=np.ones((1, 1)),
        )
        sample = blank.project(*draw(_PATCHES_FOR_MIXTURE))
        mixture = GaussianMixture(
            min(self.components, len(sample)),
            covariance_type="diag",
            max_iter=_MIXTURE_STEPS,
            reg_covar=_LEAST_VARIANCE,
            random_state=int(generator.integers(2**31)),
        )
        with warnings.catch_warnings():
            # So many steps settle the Fisher vectors, if not the mixture's last digits; and
            # images of one colour have fewer different patches than it has components.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(sample)
        return dataclasses.replace(
            blank, shares=mixture.weights_, means=mixture.means_, variances=mixture.covariances_
        )

    def _fit_linear(
        self, vectors: NDArray[np.float32], labels: Labels
    ) -> tuple[FloatArray, FloatArray]:
        """Fit one machine per class against the rest: weights (k, d) and intercepts (k,)."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        with warnings.catch_warnings():
            # At so large a C an image may stay on the wrong side; only last digits still move.
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine = LinearSVC(C=self.C, loss="hinge", max_iter=_STEPS, random_state=0).fit(
                vectors.astype(np.float64), labels
            )
        weights, intercepts = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:
            # Two classes have one score, for the second and against the first.
            weights, intercepts = np.vstack([-weights, weights]), np.append(-intercepts, intercepts)
        return weights, intercepts
