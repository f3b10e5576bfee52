"""The part of a backbone that learns: what it sees, how it is trained, how far it is moved."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.feature_cache import BATCH, cached_features
from peu.classifiers.fitted_recipe import Indices, TrainingPart
from peu.classifiers.frozen import run_network
from peu.images.dataset import ImageDataset
from peu.networks.augmentation import MIXUP, augmenting
from peu.networks.backbones import (
    BackboneSource,
    feature_network,
    find_backbone,
    load_backbone,
    pooled,
)
from peu.networks.backend import keras
from peu.networks.callbacks import AfterEpoch, TellEpochs
from peu.networks.fit import fit_network
from peu.networks.history import History
from peu.networks.stages import (
    DividedBackbone,
    copy_network,
    divide_backbone,
    every_layer,
    unfreeze,
)
from peu.recipes.finetune import FineTune
from peu.seeds import child_seed

Weights = list[NDArray[np.float32]]
_MOST_CACHED_BYTES = 1 << 30


@dataclass(frozen=True, eq=False, kw_only=True)
class Workbench:
    """Hold what all fine-tunings of one recipe on one image set share.

    Attributes:
        recipe: what learns, and at which rate.
        dataset: the images.
        preprocessing: how pixels are scaled for the backbone.
        image_size: (height, width) of the images.
        divided: the backbone in two.
        below: a keras.Model from pixels to what the tail sees, flattened.
        maps: what the tail sees of every image, or None where that would be too large to keep.
    """

    recipe: FineTune
    dataset: ImageDataset
    preprocessing: str
    image_size: tuple[int, int]
    divided: DividedBackbone
    below: Any
    maps: NDArray[np.float32] | None

    @property
    def unfrozen(self) -> str:
        """Name what learns along with the head."""
        first, last = self.divided.blocks[0][0], self.divided.blocks[-1][-1]
        return f"head and {first}" + (f" to {last}" if last != first else "")

    def see(self, indices: Indices) -> NDArray[np.float32]:
        """Give what the tail sees of images of the set: (m, h, w, d) as a rule."""
        if self.maps is not None:
            rows = self.maps[indices]
        else:
            pixels = self.dataset[indices].pixels(self.image_size, self.recipe.resize_mode)
            rows = np.concatenate(
                [
                    run_network(self.below, pixels[start : start + BATCH])
                    for start in range(0, len(pixels), BATCH)
                ]
            )
        return rows.reshape(-1, *self.divided.tail.input_shape[1:])

    def learner(self, head: Any) -> "Learner":
        """Put a head on a copy of the tail; training changes both, and nothing else."""
        tail = copy_network(self.divided.tail, "tail")
        unfreeze(tail)
        return Learner(self, tail, head)


def open_workbench(
    recipe: FineTune,
    dataset: ImageDataset,
    image_size: tuple[int, int],
) -> Workbench:
    """Divide a recipe's backbone, and compute once what the part that learns will see.

    Args:
        recipe: the backbone, and how many of its stages learn.
        dataset: the images.
        image_size: (height, width) of the backbone's input.

    Returns:
        The workbench.

    Raises:
        PeuError: as `fit_finetune`.
    """
    source = find_backbone(recipe.backbone, recipe.backbone_weights, recipe.backbone_preprocessing)
    divided, below = _divided(source, image_size, recipe.stages)
    maps = None
    if len(dataset) * below.output_shape[-1] * 4 <= _MOST_CACHED_BYTES:
        maps = cached_features(
            dataset,
            image_size,
            recipe.resize_mode,
            identity=f"{source.identity}:{source.preprocessing}:before {divided.blocks[0][0]}",
            compute=functools.partial(run_network, below),
            stage=f"Extracting maps of {recipe.name}",
        )
    return Workbench(
        recipe=recipe,
        dataset=dataset,
        preprocessing=source.preprocessing,
        image_size=image_size,
        divided=divided,
        below=below,
        maps=maps,
    )


@functools.lru_cache(maxsize=2)
def _divided(
    source: BackboneSource, image_size: tuple[int, int], stages: int
) -> tuple[DividedBackbone, Any]:
    backbone = load_backbone(source, None if source.weights is None else image_size)
    if None in backbone.input_shape[1:3]:
        backbone = keras.models.clone_model(backbone, input_tensors=keras.Input((*image_size, 3)))
    divided = divide_backbone(copy_network(backbone, "backbone"), stages)
    divided.trunk.trainable = False
    below = feature_network(divided.trunk, source.preprocessing, "flatten", image_size)
    return divided, below


class Learner:
    """A head on the unfrozen tail of a backbone.

    Args:
        bench: what it shares with others.
        tail: a keras.Model from maps to the backbone's output, its own copy.
        head: a keras.Model from features to probabilities.
    """

    def __init__(self, bench: Workbench, tail: Any, head: Any) -> None:
        self._bench = bench
        self._tail = tail
        self._head = head
        maps = keras.Input(tail.input_shape[1:], name="maps")
        outputs = head(pooled(tail(maps), bench.recipe.pooling))
        self._from_maps = keras.Model(maps, outputs, name="learner")

    @property
    def trainable_parameters(self) -> int:
        """Give how many numbers learn: of the head, and of the tail all but batch statistics."""
        return sum(math.prod(each.shape) for each in self._from_maps.trainable_variables)

    def features(self) -> Any:
        """Give the network from pixels to features, through the trunk and this tail."""
        bench = self._bench
        # A copy, since what is put on a graph stays alive as long as the graph does.
        trunk = copy_network(bench.divided.trunk, "trunk")
        trunk.trainable = False
        whole = keras.Model(trunk.input, self._tail(trunk.output), name="backbone")
        return feature_network(whole, bench.preprocessing, bench.recipe.pooling, bench.image_size)

    def answer(self, indices: Indices) -> NDArray[np.float64]:
        """Give probabilities (m, k) for images of the set."""
        rows = []
        for start in range(0, len(indices), BATCH):
            maps = self._bench.see(indices[start : start + BATCH])
            rows.append(keras.ops.convert_to_numpy(self._from_maps(maps, training=False)))
        if not rows:
            return np.zeros((0, int(self._head.output_shape[-1])))
        found = np.concatenate(rows).astype(np.float64)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def weights(self) -> Weights:
        """Copy what learns."""
        return [
            np.array(keras.ops.convert_to_numpy(each)) for each in self._from_maps.trainable_weights
        ]

    def restore(self, weights: Weights) -> None:
        """Set what learns."""
        for variable, value in zip(self._from_maps.trainable_weights, weights, strict=True):
            variable.assign(value)

    def blend(self, before: Weights, share: float) -> None:
        """Go back towards earlier weights, until `share` of the way from there is left.

        Source: Wortsman et al. (2022), "Robust fine-tuning of zero-shot models", equation 1.
        """
        if share < 1:
            pairs = zip(before, self.weights(), strict=True)
            self.restore([old + share * (new - old) for old, new in pairs])

    def train(
        self,
        labels: NDArray[np.int64],
        part: TrainingPart,
        *,
        epochs: int,
        watch: bool = False,
        after_epoch: AfterEpoch | None = None,
        stage: str = "Fine-tuning",
    ) -> History:
        """Train head and tail together.

        Args:
            labels: (n,) of every image of the set.
            part: which images to learn from.
            epochs: how many; the step size takes its course as if all of the recipe's came.
            watch: evaluate the part's watched images for the curves.
            after_epoch: takes the number and figures of every epoch; it may see the weights.
            stage: what it is called.

        Returns:
            The figures of every epoch.
        """
        bench, recipe = self._bench, self._bench.recipe
        varied = recipe.augmentation.policy != "none"
        if varied or bench.maps is None:
            features = self.features()
            network = augmenting(
                keras.Model(features.input, self._head(features.output)),
                recipe.augmentation,
                bench.image_size,
                seed=child_seed(part.seed, "augmentation"),
            )

            def inputs(indices: Indices) -> NDArray[Any]:
                return bench.dataset[indices].pixels(bench.image_size, recipe.resize_mode)
        else:
            network, inputs = self._from_maps, bench.see
        watched = None
        if watch and part.watched is not None:
            watched = (inputs(part.watched), labels[part.watched])
        return fit_network(
            network,
            inputs(part.train),
            labels[part.train],
            recipe.training,
            seed=child_seed(part.seed, "fine-tuning"),
            watched=watched,
            mixup=MIXUP if recipe.augmentation.policy == "mixup" else 0.0,
            rates=self._rates(),
            epochs=epochs,
            callbacks=() if after_epoch is None else (TellEpochs(after_epoch),),
            stage=stage,
        )

    def _rates(self) -> dict[int, float]:
        """Give each variable of the tail its share of the step size, lower for earlier blocks."""
        layers = {layer.name: layer for layer in every_layer(self._tail)}
        blocks = self._bench.divided.blocks
        rates = {}
        for number, names in enumerate(blocks):
            remaining = (len(blocks) - 1 - number) / max(1, len(blocks) - 1)
            for name in names:
                for variable in layers[name].trainable_variables:
                    rates[id(variable)] = self._bench.recipe.earliest_rate**remaining
        return rates
