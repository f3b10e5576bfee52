"""Layers of networks, as the lab lists them."""

import numpy as np

from peu.networks.denoisers import build_denoiser
from peu.networks.layers import layer_output, vgg16_layers


def test_vgg16_has_the_layers_and_parameters_of_its_paper() -> None:
    layers = vgg16_layers()
    assert sum(layer.parameters for layer in layers) == 138_357_544
    assert [layer.kind for layer in layers].count("Conv2D") == 13
    assert [(layer.kind, layer.output) for layer in layers[-5:]] == [
        ("MaxPooling2D", (7, 7, 512)),
        ("Flatten", (25088,)),
        ("Dense", (4096,)),
        ("Dense", (4096,)),
        ("Dense", (1000,)),
    ]
    assert [layer.name for layer in layers[-4:]] == ["flatten", "fc1", "fc2", "predictions"]


def test_the_output_of_a_layer_within_a_network_is_computed() -> None:
    network = build_denoiser(seed=0)
    pixels = np.full((3, 8, 8, 1), 128, np.float32)
    assert layer_output(network, "pool_2", pixels).shape == (3, 2, 2, 32)
    assert np.allclose(layer_output(network, "output", pixels), network(pixels))
