"""Sections 2.2 and 3.1 to 3.3: networks have the parameters that calculation gives."""

import numpy as np

from peu.lab.context import LabContext
from peu.lab.steps import denoiser_network, vae_networks


def test_the_denoisers_bottleneck_is_measured(digits_lab: LabContext) -> None:
    found = denoiser_network.measure(digits_lab)
    assert found.count.calculated == found.count.displayed
    assert found.pooled_sizes == [(4, 4), (2, 2)]
    assert found.bottleneck == (2, 2, 32)
    assert not found.compresses
    assert (found.filters, found.activation, found.output) == (1, "sigmoid", (8, 8, 1))


def test_the_encoder_computes_what_the_formulas_say(digits_lab: LabContext) -> None:
    found = vae_networks.measure_encoder(digits_lab)
    assert found.count.calculated == found.count.displayed
    assert found.kl_agrees
    assert np.allclose(found.drawn_mean, found.mean, atol=0.1)
    assert np.allclose(found.drawn_deviation, found.deviation, rtol=0.1)


def test_decoder_and_whole_vae_give_images(digits_lab: LabContext) -> None:
    decoder, whole = (
        vae_networks.measure_decoder(digits_lab),
        vae_networks.measure_vae(digits_lab),
    )
    assert decoder.count.calculated == decoder.count.displayed
    assert whole.count.calculated == whole.count.displayed > decoder.count.displayed
    assert decoder.output == whole.output == whole.input == (8, 8, 1)
    assert 0 <= whole.lowest <= whole.highest <= 1
    assert whole.n_pixels == 64
