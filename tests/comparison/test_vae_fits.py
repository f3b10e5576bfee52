"""Trainings of several KL weights are shared out among processes where that is worth it."""

import pytest
from sklearn.base import clone

from latent_images import QUICK_VAE
from peu.comparison import workers
from peu.comparison.vae_fits import suggest_fits_at_once
from peu.images.dataset import ImageDataset
from peu.networks import backend


def test_only_long_trainings_are_shared_out(
    light_dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "core_count", lambda: 4)
    monkeypatch.setattr(workers, "_free_bytes", lambda: 1 << 40)
    learnt_from = sum(part != "test" for part in light_dataset.parts)
    brief, long = (
        clone(QUICK_VAE).set_params(epochs=epochs) for epochs in (1, 20_000 // learnt_from + 1)
    )
    assert suggest_fits_at_once(brief, light_dataset, 3) == 0
    assert suggest_fits_at_once(long, light_dataset, 3) == 3
    assert suggest_fits_at_once(long, light_dataset, 8) == 4
    assert suggest_fits_at_once(long, light_dataset, 1) == 0
    # The usual schedule takes many epochs for few images.
    assert suggest_fits_at_once(long.set_params(epochs=None), light_dataset, 3) == 3
    monkeypatch.setattr(backend, "has_gpu", lambda: True)
    assert suggest_fits_at_once(long, light_dataset, 3) == 0
