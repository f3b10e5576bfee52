"""Batches change nothing, and empty inputs give empty outputs."""

import numpy as np

from peu.networks.denoisers import build_denoiser
from peu.networks.inference import run_in_batches
from peu.networks.vae import build_vae


def test_batches_change_nothing() -> None:
    network = build_denoiser(filters=(4, 8))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)
    (whole,) = run_in_batches(network, pixels)
    (parts,) = run_in_batches(network, pixels, 2)
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_no_input_gives_empty_outputs_of_the_right_shape() -> None:
    network = build_vae((8, 12, 3), latent_dim=4)
    outputs = run_in_batches(network.encoder, np.zeros((0, 8, 12, 3), np.uint8))
    assert [each.shape for each in outputs] == [(0, 4)] * 3
    (images,) = run_in_batches(network.decoder, outputs[0])
    assert images.shape == (0, 8, 12, 3)
