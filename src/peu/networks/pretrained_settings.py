"""Settings of recipes that start from a pretrained network."""

from typing import Annotated, Literal

from pydantic import Field

Pooling = Literal["average", "flatten"]
Head = Literal["logistic", "mlp"]
Preprocessing = Literal["auto", "tf", "caffe", "torch", "unit", "none"]

Backbone = Annotated[
    str,
    Field(
        pattern=r"\S",
        description='"efficientnet-lite2", "-lite1" or "-lite0"; a name of `keras.applications` '
        '("vgg16", "mobilenet:0.25"); or the path of an ONNX or Keras model file.',
    ),
]
BackboneWeights = Annotated[
    str,
    Field(
        pattern=r"\S",
        description='"imagenet", or the path of a weights file for a named architecture.',
    ),
]
BackbonePreprocessing = Annotated[
    Preprocessing,
    Field(
        description='How pixels are scaled: "tf" to [-1, 1], "torch" by ImageNet statistics, '
        '"caffe" to BGR less the mean, "unit" to [0, 1], "none"; named backbones know their own '
        '("auto").'
    ),
]
