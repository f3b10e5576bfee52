"""Sections 2.2 and 3.1 to 3.3: networks have the parameters that calculation gives."""

from typing import Any

import numpy as np
import pytest

from peu.lab.context import LabContext
from peu.lab.parameters import ParameterCount
from peu.lab.steps import decoder_outputs, denoiser_network, vae_networks
from peu.lab.steps.decoder_outputs import StartTrial
from peu.lab.steps.denoiser_network import ACTIVATIONS, Output, OutputTrial
from peu.lab.steps.vae_networks import Decoder


def test_the_denoisers_bottleneck_is_measured_and_each_output_tried(
    digits_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(images: Any, case: tuple[Any, Any, int]) -> OutputTrial:
        (pixels, *_), (activation, bias, _) = images, case
        assert len(pixels) == 300
        return OutputTrial(
            activation=activation, bias=bias, collapsed=False, loss=0.1, output_mean=0.1, psnr=9.0
        )

    monkeypatch.setattr(denoiser_network, "_try_output", tried)
    found = denoiser_network.measure(digits_lab)
    assert [(one.activation, one.bias) for one in found.outputs] == [
        (activation, bias) for bias in ("zero", "mean") for activation in ACTIVATIONS
    ]
    assert found.count.calculated == found.count.displayed
    assert found.pooled_sizes == [(4, 4), (2, 2)]
    assert found.bottleneck == (2, 2, 32)
    assert not found.compresses
    assert (found.filters, found.output) == (1, (8, 8, 1))


@pytest.mark.parametrize(
    ("collapsed", "mean", "outcome"),
    [
        ((True, True), 0.001, "black"),
        ((True, True), 0.13, "grey"),
        ((False, False), 0.12, "learnt"),
        ((True, False), 0.12, "mixed"),
    ],
)
def test_a_black_output_is_told_from_grey_and_from_one_that_learnt(
    collapsed: tuple[bool, ...], mean: float, outcome: str
) -> None:
    trials = tuple(
        OutputTrial(
            activation="sigmoid", bias="zero", collapsed=one, loss=0.1, output_mean=mean, psnr=10.0
        )
        for one in collapsed
    )
    found = Output("sigmoid", "zero", trials)
    assert found.outcome == outcome
    assert len(found.learnt) == collapsed.count(False)


def test_the_encoder_computes_what_the_formulas_say(digits_lab: LabContext) -> None:
    found = vae_networks.measure_encoder(digits_lab)
    assert found.count.calculated == found.count.displayed
    assert found.kl_agrees
    assert np.allclose(found.drawn_mean, found.mean, atol=0.1)
    assert np.allclose(found.drawn_deviation, found.deviation, rtol=0.1)


def test_decoder_and_whole_vae_give_images(
    digits_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(images: Any, case: tuple[Any, Any, int]) -> StartTrial:
        (pixels, *_), (activation, bias, _) = images, case
        assert len(pixels) == 300
        return StartTrial(activation=activation, bias=bias, error=0.1, output_mean=0.1)

    monkeypatch.setattr(decoder_outputs, "_try_output", tried)
    decoder, whole = (
        vae_networks.measure_decoder(digits_lab),
        vae_networks.measure_vae(digits_lab),
    )
    assert decoder.count.calculated == decoder.count.displayed
    assert whole.count.calculated == whole.count.displayed > decoder.count.displayed
    assert (decoder.plain.bias, decoder.started.bias) == ("zero", "mean")
    assert [one.activation for one in decoder.unbounded] == ["linear", "relu"]
    assert decoder.learnt(decoder.plain) == 0
    assert decoder.output == whole.output == whole.input == (8, 8, 1)
    assert 0 <= whole.lowest <= whole.highest <= 1
    assert whole.n_pixels == 64
    assert whole.encoder_parameters + whole.decoder_parameters == whole.count.displayed
    assert whole.n_terms == 1
    assert whole.two_passes > 1e-4 > whole.code_by_mean


@pytest.mark.parametrize(
    ("error", "start"), [(0.07, "learns_nothing"), (0.06, "slower"), (0.052, "learns")]
)
def test_what_a_start_costs_is_judged_by_the_mean_image(error: float, start: str) -> None:
    trials = (
        StartTrial(bias="zero", error=error, output_mean=0.1),
        StartTrial(bias="mean", error=0.05, output_mean=0.1),
    )
    found = Decoder(
        count=ParameterCount((), 0),
        filters=1,
        activation="sigmoid",
        output=(8, 8, 1),
        mean_pixel=0.13,
        mean_image_error=0.07,
        tried=trials,
        tried_on=100,
        epochs=2,
        kl_weight=1e-4,
    )
    assert found.plain_start == start


def test_the_dense_layers_have_no_activation_as_on_the_sheet(digits_lab: LabContext) -> None:
    network = vae_networks._untrained_vae(digits_lab)
    dense = [network.encoder.get_layer("hidden"), network.decoder.get_layer("spread")]
    assert [layer.activation.__name__ for layer in dense] == ["linear", "linear"]
