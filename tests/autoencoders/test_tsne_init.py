"""Initialisation by t-SNE: without classes, reproduced by the network, and trained on."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import eager_steps
from latent_images import QUICK_VAE, light_dataset_in, lights
from peu.autoencoders import tsne_init
from peu.autoencoders.tsne_init import embed_images, pretrain
from peu.autoencoders.vae import VAE
from peu.images.dataset import ImageDataset
from peu.models.codes import encode_pixels, squared_error
from peu.networks.objective import mean_of, variance_of
from peu.networks.training_settings import TrainingSettings
from peu.networks.vae import build_vae
from recorded_progress import recorded_progress

PIXELS, QUARTERS = lights(120)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretrain in a second."""
    quick = TrainingSettings(epochs=1, batch_size=20, learning_rate=0.01, optimizer="sgd")
    monkeypatch.setattr(tsne_init, "keep_steps", lambda *_, **__: quick)


def _from_tsne(images: ImageDataset) -> VAE:
    vae: VAE = clone(QUICK_VAE)
    with eager_steps():
        return vae.set_params(init="tsne", epochs=1).fit(images)


def test_images_that_look_alike_lie_side_by_side() -> None:
    embedding = embed_images(PIXELS, 2, seed=0)
    assert embedding is not None
    assert embedding.places.shape == (120, 2)
    np.testing.assert_allclose(embedding.places.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(embedding.places.std(axis=0), 1, atol=1e-5)
    apart = np.linalg.norm(embedding.places[:, None] - embedding.places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (QUARTERS[apart.argmin(axis=1)] == QUARTERS).mean() > 0.8
    again = embed_images(PIXELS, 2, seed=0)
    assert again is not None
    np.testing.assert_array_equal(embedding.places, again.places)


@pytest.mark.parametrize("latent_dim", [1, 3])
def test_other_numbers_of_dimensions_work_too(latent_dim: int) -> None:
    embedding = embed_images(PIXELS[:30], latent_dim, seed=0)
    assert embedding is not None
    assert embedding.places.shape == (30, latent_dim)
    assert np.isfinite(embedding.places).all()


def test_only_some_of_many_images_are_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsne_init, "_MAX_EMBEDDED", 40)
    embedding = embed_images(PIXELS, 2, seed=0)
    assert embedding is not None
    assert len(embedding.places) == len(embedding.pixels) == 40


def test_too_few_or_equal_images_have_no_embedding() -> None:
    assert embed_images(PIXELS[:9], 2, seed=0) is None
    assert embed_images(np.repeat(PIXELS[:1], 20, axis=0), 2, seed=0) is None


def test_the_network_reproduces_the_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    enough = TrainingSettings(epochs=40, batch_size=20, learning_rate=0.005)
    monkeypatch.setattr(tsne_init, "keep_steps", lambda *_, **__: enough)
    network = build_vae(
        PIXELS.shape[1:],
        filters=(8, 8),
        decoder_filters=(8, 8),
        mean_pixel=mean_of(PIXELS),
        kl_weight=0.001,
    )
    embedding = embed_images(PIXELS, 2, seed=0)
    assert embedding is not None
    pretrain(network, PIXELS, embedding, precision="float32", seed=0)
    codes = encode_pixels(network.encoder, PIXELS)
    for axis in range(2):
        assert np.corrcoef(codes.means[:, axis], embedding.places[:, axis])[0, 1] > 0.9
    error = squared_error(network.decoder, codes.means, PIXELS).mean()
    assert error < 0.5 * variance_of(PIXELS)


@pytest.mark.usefixtures("few_steps")
def test_training_continues_from_there_and_the_seed_alone_decides(
    few_lights: ImageDataset,
) -> None:
    with recorded_progress() as recorded:
        first = _from_tsne(few_lights)
    phases = list(dict.fromkeys(name for name, *_ in recorded.phases))
    assert first.history_.metrics == _from_tsne(few_lights).history_.metrics
    assert phases == [
        "Computing t-SNE",
        "Initialising the encoder",
        "Initialising the decoder",
        "Training VAE",
    ]


def test_images_too_few_for_tsne_are_noted(tmp_path: Path) -> None:
    vae = _from_tsne(light_dataset_in(tmp_path, 8, 4))
    assert any("random weights" in note for note in vae.notes_)
