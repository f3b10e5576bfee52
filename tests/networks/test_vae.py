"""The sheet's variational networks: shapes, sizes, the KL term, and what is saved."""

from pathlib import Path

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.vae import (
    OptimalKLWeight,
    Sampling,
    VAENetwork,
    build_vae,
    training_network,
)


def _network(
    shape: tuple[int, int, int] = (28, 28, 1), *, seed: int = 0, kl_weight: float = 0.5
) -> VAENetwork:
    return build_vae(shape, mean_pixel=0.13, kl_weight=kl_weight, seed=seed)


def _pixels(
    shape: tuple[int, ...], seed: int = 0
) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_the_sheet_s_numbers_of_parameters() -> None:
    network = _network()
    # The KL weight is a weight too, which is not trained.
    assert network.encoder.count_params() == 320 + 9248 + 25104 + 34 + 34 + 1
    assert network.decoder.count_params() == 4704 + 9248 + 4624 + 145
    kinds = [type(layer).__name__ for layer in network.decoder.layers]
    assert kinds == ["InputLayer", "Dense", "Reshape", *["Conv2DTranspose"] * 2, "Conv2D"]


def test_the_sheet_s_dense_layers_and_start_can_be_had() -> None:
    network = build_vae((28, 28, 1), mean_pixel=0.13, dense_activation="linear", output_bias="zero")
    layers = (network.encoder.get_layer("hidden"), network.decoder.get_layer("spread"))
    assert [layer.activation.__name__ for layer in layers] == ["linear", "linear"]
    for decoder, start in ((network.decoder, 0.5), (_network().decoder, 0.13)):
        # The biases of all layers before are 0.
        grey = keras.ops.convert_to_numpy(decoder(np.zeros((1, 2))))
        assert grey == pytest.approx(start, abs=1e-6)


@pytest.mark.parametrize(
    "shape", [(28, 28, 1), (28, 28, 3), (30, 45, 1), (33, 29, 3), (8, 11, 1), (64, 64, 3)]
)
def test_any_size_comes_back_as_it_went_in(shape: tuple[int, int, int]) -> None:
    network = _network(shape)
    code, mean, log_variance = network.encoder(_pixels((2, *shape)))
    assert code.shape == mean.shape == log_variance.shape == (2, 2)
    images = keras.ops.convert_to_numpy(network.decoder(code))
    assert images.shape == (2, *shape)
    assert 0 <= images.min() <= images.max() <= 1


def test_the_first_images_are_as_dark_as_the_real_ones() -> None:
    images = keras.ops.convert_to_numpy(_network().decoder(np.zeros((1, 2), np.float32)))
    np.testing.assert_allclose(images, 0.13, atol=1e-5)


def test_the_kl_term_is_the_sheet_s() -> None:
    layer = Sampling(0.25, seed=1)
    mean = np.array([[0.5, -1.0], [0.0, 2.0]], np.float32)
    log_variance = np.array([[0.1, -0.3], [0.0, 0.4]], np.float32)
    layer([mean, log_variance])
    wanted = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1).mean()
    assert float(layer.losses[0]) == pytest.approx(0.25 * wanted, rel=1e-5)


def test_codes_are_drawn_around_the_mean_and_from_the_seed() -> None:
    mean = np.full((4000, 2), 3.0, np.float32)
    log_variance = np.full((4000, 2), 2 * np.log(0.5), np.float32)
    first, again, other = (
        keras.ops.convert_to_numpy(Sampling(seed=seed)([mean, log_variance])) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.mean() == pytest.approx(3, abs=0.05)
    assert first.std() == pytest.approx(0.5, abs=0.05)


def test_a_saved_encoder_loads_safely_with_its_kl_weight(tmp_path: Path) -> None:
    network = _network()
    network.sampling.kl_weight.assign(0.0125)
    network.encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras", safe_mode=True)
    assert float(loaded.get_layer("sampling").kl_weight) == pytest.approx(0.0125)
    pixels = _pixels((3, 28, 28, 1))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(network.encoder(pixels)[1]),
        keras.ops.convert_to_numpy(loaded(pixels)[1]),
        rtol=1e-5,
    )


def test_the_seed_alone_decides_the_weights() -> None:
    keras.utils.set_random_seed(1)
    first = _network(seed=4)
    keras.utils.set_random_seed(2)
    again, other = _network(seed=4), _network(seed=5)
    for one, two in zip(first.encoder.weights, again.encoder.weights, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.decoder.weights[0], other.decoder.weights[0])


def test_the_kl_weight_moves_to_twice_the_error_by_pixel() -> None:
    network = _network((8, 8, 1), kl_weight=1.0)
    optimum = OptimalKLWeight(network.sampling, error=0.5, pixels=64, window=2, warm_up=4)
    model = training_network(network, optimum)
    pixels = _pixels((4, 8, 8, 1))
    error = 0.5
    for step in range(1, 7):
        found = keras.ops.convert_to_numpy(model(pixels, training=True))
        error = 0.5 * error + 0.5 * float(np.square(pixels / 255 - found).mean())
        wanted = min(1, step / 4) * 2 * error / 64
        assert float(network.sampling.kl_weight) == pytest.approx(wanted, rel=1e-4)
    before = float(network.sampling.kl_weight)
    model(pixels, training=False)
    assert float(network.sampling.kl_weight) == before
