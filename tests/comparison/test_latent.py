"""A VAE on images that it has not seen: figures, and places in the latent space."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import eager_steps
from latent_images import QUICK_VAE
from peu.autoencoders.vae import VAE
from peu.comparison.latent import (
    evaluate_vae,
    grid_codes,
    latent_points,
    limit_images,
)
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset


def test_the_figures_are_those_of_held_out_images(
    light_vae: VAE, light_dataset: ImageDataset
) -> None:
    found = evaluate_vae(light_vae, light_dataset)
    assert found.seen_in_training == 0
    assert found.figures.images == light_vae.n_held_out_ == 96
    assert found.figures.active_units == 2
    assert found.figures.knn_accuracy is not None
    assert found.figures.knn_accuracy > 0.7
    assert found.figures.mse >= found.figures.mse_of_means
    assert found.kl_weight == light_vae.kl_weight_
    assert found.to_dict()["elbo"] == found.figures.elbo


def test_images_of_the_training_are_counted(light_vae: VAE, light_dataset: ImageDataset) -> None:
    learnt = light_dataset[light_vae.split(light_dataset).train_indices]
    found = evaluate_vae(light_vae, learnt)
    assert found.seen_in_training == found.figures.images > 0


def test_the_grid_grows_to_the_right_and_upwards() -> None:
    codes = grid_codes(-3, 3, 10, 3)
    assert codes.shape == (10, 10, 3)
    np.testing.assert_allclose(codes[-1, 0], [-3, -3, 0])
    np.testing.assert_allclose(codes[0, -1], [3, 3, 0])
    assert grid_codes(0, 1, 4, 1).shape == (1, 4, 1)


@pytest.mark.parametrize("given", [(3, -3, 10), (0, 0, 10), (-3, 3, 1), (0, float("nan"), 3)])
def test_an_empty_grid_is_refused(given: tuple[float, float, int]) -> None:
    with pytest.raises(RecipeError, match="A grid must"):
        grid_codes(*given, 2)


def test_held_out_images_of_the_training_dataset_are_placed_and_all_of_another(
    light_vae: VAE, light_dataset: ImageDataset
) -> None:
    own = latent_points(light_vae, light_dataset)
    assert len(own.names) == 96
    assert own.codes.shape == (96, 2)
    other = latent_points(light_vae, light_dataset[np.arange(30)])
    assert other.names == tuple(light_dataset.keys[:30])
    assert other.label_names[0] == light_dataset.class_names[other.labels[0]]  # type: ignore[index]
    few = latent_points(light_vae, light_dataset, max_images=7)
    assert len(few.names) == len(few.pixels) == 7


def test_one_and_three_dimensions_have_a_plane_too(light_dataset: ImageDataset) -> None:
    few = light_dataset[np.arange(80)]
    brief = clone(QUICK_VAE).set_params(epochs=1)
    with eager_steps():
        one = clone(brief).set_params(latent_dim=1).fit(few)
        three = clone(brief).set_params(latent_dim=3).fit(few)
    points = latent_points(one, few)
    assert (points.axes, points.codes.shape) == ((0,), (16, 2))
    axes = latent_points(three, few).axes
    assert len(axes) == 2
    kl = evaluate_vae(three, few).figures.kl
    assert min(kl[axis] for axis in axes) >= min(kl)


def test_fewer_training_images_leave_the_test_images_alone(light_dataset: ImageDataset) -> None:
    assert len(limit_images(light_dataset, train=50)) == 50
    assert limit_images(light_dataset, train=10_000, test=5) is light_dataset
    parts = ("train",) * 400 + ("test",) * 80
    records = zip(light_dataset.records, parts, strict=True)
    parted = replace(
        light_dataset, records=tuple(replace(record, part=part) for record, part in records)
    )
    fewer = limit_images(parted, train=50)
    assert fewer.parts.count("train") == 50
    assert fewer.parts.count("test") == 80
    less = limit_images(parted, train=50, test=20)
    assert less.parts.count("train") == 50
    assert less.parts.count("test") == 20
    assert set(less.keys) < set(fewer.keys)
    assert limit_images(parted, test=20).parts.count("train") == 400
