"""The lab sheet's denoiser number by number, and a U-Net that begins by changing nothing."""

import math

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.choices import DenoisingNetwork, OutputActivation, OutputBias
from peu.networks.denoisers import build_denoiser, logit_of_mean, mean_of_denoisers

SHEET = build_denoiser(mean=0.13)


def test_the_network_is_the_sheets() -> None:
    counts = [layer.count_params() for layer in SHEET.layers if layer.count_params()]
    assert counts == [
        16 * 9 + 16,
        32 * 16 * 9 + 32,
        32 * 32 * 9 + 32,
        16 * 32 * 9 + 16,
        16 * 9 + 1,
    ]
    x = keras.ops.zeros((1, 28, 28, 1))
    sizes = []
    for layer in SHEET.layers[1:]:
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))
    assert sizes[4] == (7, 7, 32)
    assert sizes[-1] == (28, 28, 1)


def test_it_starts_at_the_mean_of_its_images() -> None:
    black = keras.ops.convert_to_numpy(SHEET(np.zeros((1, 28, 28, 1))))
    assert black == pytest.approx(0.13, abs=1e-6)
    plain = build_denoiser(mean=0.13, output_bias="zero")
    grey = keras.ops.convert_to_numpy(plain(np.zeros((1, 28, 28, 1))))
    assert grey == pytest.approx(0.5, abs=1e-6)
    assert logit_of_mean(0.1307) == pytest.approx(math.log(0.1307 / 0.8693))
    assert math.isfinite(logit_of_mean(0.0))
    assert math.isfinite(logit_of_mean(1.0))


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_other_outputs_start_at_the_mean_or_at_zero(activation: OutputActivation) -> None:
    biases: tuple[tuple[OutputBias, float], ...] = (("mean", 0.13), ("zero", 0.0))
    for bias, start in biases:
        network = build_denoiser(mean=0.13, activation=activation, output_bias=bias)
        outputs = keras.ops.convert_to_numpy(network(np.zeros((1, 28, 28, 1))))
        assert outputs == pytest.approx(start, abs=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_u_net_begins_with_the_image_as_it_came(channels: int) -> None:
    network = build_denoiser("unet", (4, 8, 16), channels=channels)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 20, 36, channels), dtype=np.uint8)
    clean = keras.ops.convert_to_numpy(network(pixels))
    np.testing.assert_allclose(clean, pixels / 255, atol=1e-6)


def test_a_bounded_u_net_stays_within_the_range_of_images() -> None:
    free, bounded = (build_denoiser("unet", (4, 8), bounded=each) for each in (False, True))
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=each.shape) for each in free.get_weights()]
    pixels = rng.integers(0, 256, (2, 16, 16, 1))
    outputs = []
    for network in (free, bounded):
        network.set_weights(weights)
        outputs.append(keras.ops.convert_to_numpy(network(pixels)))
    assert outputs[0].min() < 0
    assert outputs[0].max() > 1
    np.testing.assert_array_equal(outputs[1], outputs[0].clip(0, 1))


@pytest.mark.parametrize("network", ["sheet", "unet"])
def test_several_denoisers_give_their_mean(network: DenoisingNetwork) -> None:
    rng = np.random.default_rng(0)
    members = [build_denoiser(network, (4, 8), channels=3, seed=seed) for seed in (0, 1, 2)]
    for member in members:
        member.set_weights([rng.normal(size=each.shape) for each in member.get_weights()])
    pixels = rng.integers(0, 256, (2, 20, 12, 3), dtype=np.uint8)
    apart = [keras.ops.convert_to_numpy(member(pixels)) for member in members]
    assert np.abs(apart[0] - apart[1]).max() > 0.1
    together = keras.ops.convert_to_numpy(mean_of_denoisers(members, 3)(pixels))
    np.testing.assert_allclose(together, np.mean(apart, axis=0), atol=1e-6)


@pytest.mark.parametrize("network", ["sheet", "unet"])
def test_the_seed_draws_the_weights_and_any_size_fits(network: DenoisingNetwork) -> None:
    first, again, other = (
        build_denoiser(network, (4, 8), channels=3, seed=seed) for seed in (0, 0, 1)
    )
    for one, same, different in zip(
        first.get_weights(), again.get_weights(), other.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, same)
        if one.ndim > 1 and one.any():
            assert not np.array_equal(one, different)
    for size in [(8, 8), (28, 44)]:
        assert first(np.zeros((1, *size, 3))).shape == (1, *size, 3)


def test_bfloat16_gives_float32_images() -> None:
    network = build_denoiser(precision="mixed_bfloat16")
    assert keras.backend.standardize_dtype(network(np.zeros((1, 8, 8, 1))).dtype) == "float32"
