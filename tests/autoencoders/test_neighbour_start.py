"""A start from neighbours: laid out without classes, followed, and trained on from there."""

from dataclasses import replace

import numpy as np
import pytest

from latent_images import QUICK_MAP, light_set, lights
from peu.autoencoders import neighbour_start
from peu.autoencoders.neighbour_start import lay_out_neighbours, start_from_layout
from peu.autoencoders.variational import fit_variational
from peu.models.codes import encode_pixels, squared_error
from peu.networks.objective import mean_of, variance_of
from peu.networks.vae import variational_network
from peu.recipes.training import TrainingSettings
from recorded_progress import recorded_progress

PIXELS, QUARTERS = lights(120)
FROM_NEIGHBOURS = replace(
    QUICK_MAP, start="neighbours", training=replace(QUICK_MAP.training, epochs=2)
)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from a layout in a second."""
    quick = TrainingSettings(epochs=2, batch_size=20, learning_rate=0.01, optimizer="sgd")
    monkeypatch.setattr(neighbour_start, "keep_steps", lambda *_, **__: quick)


def test_images_that_look_alike_lie_side_by_side() -> None:
    layout = lay_out_neighbours(PIXELS, 2, seed=0)
    assert layout is not None
    assert layout.places.shape == (120, 2)
    np.testing.assert_allclose(layout.places.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(layout.places.std(axis=0), 1, atol=1e-5)
    apart = np.linalg.norm(layout.places[:, None] - layout.places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (QUARTERS[apart.argmin(axis=1)] == QUARTERS).mean() > 0.8
    again = lay_out_neighbours(PIXELS, 2, seed=0)
    assert again is not None
    np.testing.assert_array_equal(layout.places, again.places)


@pytest.mark.parametrize("latent", [1, 3])
def test_other_numbers_of_dimensions_are_laid_out_too(latent: int) -> None:
    layout = lay_out_neighbours(PIXELS[:30], latent, seed=0)
    assert layout is not None
    assert layout.places.shape == (30, latent)
    assert np.isfinite(layout.places).all()


def test_of_many_images_some_are_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour_start, "_MOST_LAID_OUT", 40)
    layout = lay_out_neighbours(PIXELS, 2, seed=0)
    assert layout is not None
    assert len(layout.places) == len(layout.pixels) == 40


def test_too_few_or_equal_images_have_no_neighbours() -> None:
    assert lay_out_neighbours(PIXELS[:9], 2, seed=0) is None
    assert lay_out_neighbours(np.repeat(PIXELS[:1], 20, axis=0), 2, seed=0) is None


def test_the_halves_follow_the_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    enough = TrainingSettings(epochs=40, batch_size=20, learning_rate=0.005)
    monkeypatch.setattr(neighbour_start, "keep_steps", lambda *_, **__: enough)
    network = variational_network(
        QUICK_MAP, PIXELS.shape[1:], mean_pixel=mean_of(PIXELS), kl_weight=0.001, seed=0
    )
    layout = lay_out_neighbours(PIXELS, 2, seed=0)
    assert layout is not None
    start_from_layout(network, QUICK_MAP, PIXELS, layout, seed=0)
    codes = encode_pixels(network.encoder, PIXELS)
    for axis in range(2):
        assert np.corrcoef(codes.means[:, axis], layout.places[:, axis])[0, 1] > 0.9
    error = squared_error(network.decoder, codes.means, PIXELS).mean()
    assert error < 0.5 * variance_of(PIXELS)


@pytest.mark.usefixtures("few_steps")
def test_a_map_goes_on_from_there_and_the_seed_alone_decides() -> None:
    few = light_set(60, 20)
    with recorded_progress() as told:
        first = fit_variational(FROM_NEIGHBOURS, few, seed=0)
    stages = [name for name, *_ in told.phases]
    again = fit_variational(FROM_NEIGHBOURS, few, seed=0)
    assert first.history.metrics == again.history.metrics
    order = list(dict.fromkeys(stages))
    assert order == [
        "Laying neighbours side by side",
        "Starting the encoder",
        "Starting the decoder",
        "Training variational",
    ]


def test_where_there_is_nothing_to_lay_out_it_says_so() -> None:
    few = light_set(8, 4)
    told: list[str] = []
    model = fit_variational(FROM_NEIGHBOURS, few, seed=0, tell=told.append)
    assert any("random weights" in sentence for sentence in told)
    assert any("random weights" in sentence for sentence in model.history.notes)
