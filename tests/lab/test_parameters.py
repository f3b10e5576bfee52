"""Parameters by calculation are those of the sheet's networks."""

import pytest

from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.vae import VAE
from peu.classifiers.small_cnn import SmallCNN
from peu.lab.parameters import (
    LayerCount,
    ParameterCount,
    count_decoder,
    count_denoiser,
    count_encoder,
    count_small_cnn,
)

MNIST = (28, 28)


@pytest.mark.parametrize(
    ("layers", "total", "last"),
    [
        (count_small_cnn(SmallCNN(image_size=(224, 224)), 4), 20_090_296, (4,)),
        (count_denoiser(Denoiser(), MNIST, 1), 18_817, (28, 28, 1)),
        (count_encoder(VAE(), MNIST, 1), 34_740, (2,)),
        (count_decoder(VAE(), MNIST, 1), 18_721, (28, 28, 1)),
    ],
)
def test_the_sheets_networks_have_its_numbers_of_parameters(
    layers: tuple[LayerCount, ...], total: int, last: tuple[int, ...]
) -> None:
    assert ParameterCount(layers, total).calculated == total
    assert layers[-1].output == last


def test_a_formula_gives_the_parameters_beside_it() -> None:
    layers = count_encoder(VAE(), MNIST, 1) + count_decoder(VAE(), MNIST, 1)
    for layer in layers:
        assert eval(layer.formula.replace("×", "*")) == layer.parameters


def test_poolings_of_odd_sizes_round_up() -> None:
    pooled = [row.output for row in count_encoder(VAE(), (9, 10), 1) if "Max" in row.layer]
    assert pooled == [(5, 5, 32), (3, 3, 32)]
