"""A backbone in parts: where one tensor carries everything, and which layers lie between."""

import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peu.networks.backend import keras


@dataclass(frozen=True, eq=False)
class Stage:
    """Describe a stretch of a backbone that works at one resolution.

    Attributes:
        before: the symbolic tensor that carries all that the stretch sees.
        blocks: names of the layers with weights, a tuple for each block: a stretch between two
            places where a single tensor carries everything.
    """

    before: Any
    blocks: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class BackboneParts:
    """A backbone as a trunk that stays frozen, and a tail that may learn.

    Attributes:
        trunk: a keras.Model from scaled pixels to the maps that the tail takes.
        tail: a keras.Model from those maps to the backbone's output.
        blocks: names of the tail's layers with weights, a tuple a block, the earliest first.
    """

    trunk: Any
    tail: Any
    blocks: tuple[tuple[str, ...], ...]


def find_stages(backbone: Any) -> tuple[Stage, ...]:
    """Find a network's stages from its graph alone, whatever its layers are called.

    Blocks end where a single tensor carries everything, so that residual branches and the
    branches of squeeze and excitation stay whole; blocks of one resolution make a stage. In
    VGG16 the stages are the five that its authors counted.

    Args:
        backbone: a keras.Model of one input and one output.

    Returns:
        At least one stage, the earliest first. A graph in which a layer is used twice is one
        stage.
    """
    graph = keras.Model(backbone.input, backbone.output)
    stages: list[Stage] = []
    resolution: Any = None
    before = graph.input
    for after, layers in _blocks(graph):
        names = tuple(layer.name for layer in layers if getattr(layer, "weights", ()))
        if names:
            if not stages or after.shape[1:-1] != resolution:
                stages.append(Stage(before, ()))
                resolution = after.shape[1:-1]
            stages[-1] = Stage(stages[-1].before, (*stages[-1].blocks, names))
            before = after
        elif _size(after) <= _size(before):
            # Of the tensors between two stages the smallest is the cheapest to keep.
            before = after
    return tuple(stages)


def divide_backbone(backbone: Any, stages: int) -> BackboneParts:
    """Divide a backbone before its last stages.

    Args:
        backbone: a keras.Model of one input and one output.
        stages: how many of the last stages the tail has, 1 or more; all, if it has fewer.

    Returns:
        Its two parts, which share its weights.
    """
    found = find_stages(backbone)
    kept = found[-stages:]
    return BackboneParts(
        trunk=keras.Model(backbone.input, kept[0].before, name="trunk"),
        tail=keras.Model(kept[0].before, backbone.output, name="tail"),
        blocks=tuple(block for stage in kept for block in stage.blocks),
    )


def copy_network(network: Any, name: str) -> Any:
    """Copy a network with its weights; what is random in it while training is left out.

    Dropout and its kin draw from global state and have no place where batch statistics stay as
    they are: the copy does the same in training as at work, but for what it learns.

    Args:
        network: a keras.Model.
        name: of the copy.

    Returns:
        A keras.Model of its own weights, as trainable as the original.
    """

    def copy(layer: Any) -> Any:
        if _is_noise(layer):
            return keras.layers.Identity(name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    made = keras.models.clone_model(network, clone_function=copy)
    made.set_weights(network.get_weights())
    # `clone_model` keeps the name.
    made.name = name
    return made


def unfreeze(network: Any) -> None:
    """Let all layers of a network learn but batch normalisation.

    It stays as it was learnt, statistics and scales: with few images a batch says too little
    of what is usual, and a layer that does not learn runs in inference mode.
    """
    for layer in every_layer(network):
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)


def every_layer(network: Any) -> Iterator[Any]:
    """Every layer of a network, those of networks inside it too."""
    for layer in network.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from every_layer(layer)


def _blocks(graph: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Each tensor that carries everything, with the layers since the one before."""
    uses: dict[int, int] = {}
    for operation in graph.operations:
        for tensor in _inputs(operation):
            uses[id(tensor)] = uses.get(id(tensor), 0) + 1
    live: dict[int, Any] = {}
    since: list[Any] = []
    for operation in graph.operations:
        for tensor in _inputs(operation):
            uses[id(tensor)] -= 1
            if not uses[id(tensor)]:
                live.pop(id(tensor), None)
        since.append(operation)
        live.update((id(tensor), tensor) for tensor in keras.tree.flatten(operation.output))
        if len(live) == 1:
            yield next(iter(live.values())), since
            since = []


def _inputs(operation: Any) -> list[Any]:
    if isinstance(operation, keras.layers.InputLayer):
        return []
    return list(keras.tree.flatten(operation.input))


def _size(tensor: Any) -> int:
    return math.prod(tensor.shape[1:])


def _is_noise(layer: Any) -> bool:
    if not isinstance(layer, keras.Layer) or isinstance(layer, keras.Model) or layer.weights:
        return False
    return "training" in inspect.signature(layer.call).parameters
