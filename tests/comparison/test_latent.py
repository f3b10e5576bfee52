"""A fitted map on images that it has not seen: figures, odd ones out, images drawn."""

from dataclasses import replace

import numpy as np
import pytest

from latent_images import QUICK_MAP, light_set, lights
from peu.autoencoders.fit import fit_autoencoder
from peu.comparison.latent import (
    evaluate_variational,
    fewer_to_learn,
    find_unusual,
    usual_quantile,
    variational_recipe,
)
from peu.comparison.latent_images import (
    decode_grid,
    grid_codes,
    interpolate,
    reconstruct,
    sample_images,
    usual_reach,
)
from peu.comparison.latent_map import map_points
from peu.errors import BundleError, RecipeError
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.codes import encode_pixels
from peu.recipes.denoising import Denoising


def test_held_out_images_give_the_figures(
    light_map: Autoencoder, light_dataset: ImageDataset
) -> None:
    found = evaluate_variational(light_map, light_dataset)
    assert found.seen == 0
    assert found.figures.images == light_map.provenance["held_out"] == 96
    assert found.figures.active_units == 2
    assert found.figures.knn_accuracy is not None
    assert found.figures.knn_accuracy > 0.7
    assert found.figures.mse >= found.figures.mse_of_means
    assert found.kl_weight == light_map.provenance["kl_weight"]


def test_another_kind_of_model_is_refused(light_map: Autoencoder) -> None:
    with pytest.raises(BundleError, match="must be a variational"):
        variational_recipe(replace(light_map, recipe=Denoising()))


def test_an_incomplete_or_inconsistent_model_is_refused(light_map: Autoencoder) -> None:
    forgetful = {**light_map.provenance, "usual_scores": None}
    with pytest.raises(BundleError, match="`usual_scores`"):
        variational_recipe(replace(light_map, provenance=forgetful))
    with pytest.raises(BundleError, match="codes of 3 dimensions"):
        variational_recipe(replace(light_map, recipe=replace(QUICK_MAP, latent=3)))


def test_what_was_never_learnt_is_unusual(light_map: Autoencoder) -> None:
    usual, _ = lights(60, seed=9)
    odd = 255 - usual
    found = find_unusual(light_map, np.concatenate([usual, odd]), quantile=0.95)
    assert found.score[60:].min() > found.score[:60].max()
    assert (found.score[60:] > found.threshold).all()
    assert np.mean(found.score[:60] > found.threshold) < 0.3
    stricter = find_unusual(light_map, usual, quantile=0.5)
    assert stricter.threshold < found.threshold


def test_a_quantile_is_read_between_the_stored_ones() -> None:
    assert usual_quantile([0.0, 1.0, 10.0], 0.75) == pytest.approx(5.5)


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


def test_images_come_out_of_the_map(light_map: Autoencoder) -> None:
    grid = decode_grid(light_map, grid_codes(-2, 2, 3, 2))
    assert grid.shape == (3, 3, 12, 14, 1)
    codes, drawn = sample_images(light_map, 5, seed=1)
    assert (codes.shape, drawn.shape) == ((5, 2), (5, 12, 14, 1))
    np.testing.assert_array_equal(sample_images(light_map, 5, seed=1)[1], drawn)
    assert not np.array_equal(sample_images(light_map, 5, seed=2)[1], drawn)


def test_new_images_come_from_where_the_images_lie_or_from_the_prior(
    light_map: Autoencoder,
) -> None:
    known = encode_pixels(light_map.networks["encoder"], light_set(40, 0).train)
    spread = (known.means.var(axis=0) + np.exp(known.log_variances).mean(axis=0)) ** 0.5
    near, _ = sample_images(light_map, 2000, seed=1)
    prior, _ = sample_images(light_map, 2000, source="prior", seed=1)
    np.testing.assert_allclose(near.mean(axis=0), known.means.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(near.std(axis=0), spread, rtol=0.3)
    np.testing.assert_allclose(prior.std(axis=0), 1, rtol=0.1)
    forgetful = replace(
        light_map, provenance={**light_map.provenance, "mixture": {"weights": [1.0]}}
    )
    with pytest.raises(BundleError, match="or draw from the prior"):
        sample_images(forgetful, 1)
    assert len(sample_images(forgetful, 1, source="prior")[0]) == 1


def test_a_grid_reaches_as_far_as_images_lie(light_map: Autoencoder) -> None:
    far = {**light_map.provenance, "usual_distances": np.linspace(0, 10, 101).tolist()}
    assert usual_reach(replace(light_map, provenance=far)) == 9
    near = {**far, "usual_distances": [0.5] * 101}
    assert usual_reach(replace(light_map, provenance=near)) == 3


def test_a_walk_begins_and_ends_at_the_two_images(light_map: Autoencoder) -> None:
    pixels = light_set(2, 1).train
    codes, images = interpolate(light_map, pixels, 5)
    ends = encode_pixels(light_map.networks["encoder"], pixels).means
    np.testing.assert_allclose(codes[[0, -1]], ends)
    np.testing.assert_allclose(np.diff(codes, axis=0), np.diff(codes, axis=0)[:1].repeat(4, 0))
    np.testing.assert_allclose(images[[0, -1]], reconstruct(light_map, pixels), atol=1e-5)


def test_the_map_shows_held_out_images_of_the_own_set_and_all_of_another(
    light_map: Autoencoder, light_dataset: ImageDataset
) -> None:
    own = map_points(light_map, light_dataset)
    assert len(own.names) == 96
    assert own.codes.shape == (96, 2)
    other = map_points(light_map, light_dataset[np.arange(30)])
    assert other.names == tuple(light_dataset.keys[:30])
    assert other.label_names[0] == light_dataset.class_names[other.labels[0]]  # type: ignore[index]
    few = map_points(light_map, light_dataset, most=7)
    assert len(few.names) == len(few.pixels) == 7


def test_one_and_three_dimensions_have_a_plane_too(light_dataset: ImageDataset) -> None:
    short = replace(QUICK_MAP, training=replace(QUICK_MAP.training, epochs=1))
    one = map_points(
        fit_autoencoder(replace(short, latent=1), light_dataset, seed=0), light_dataset
    )
    assert (one.axes, one.codes.shape) == ((0,), (96, 2))
    three = fit_autoencoder(replace(short, latent=3), light_dataset, seed=0)
    points = map_points(three, light_dataset)
    assert len(points.axes) == 2
    kl = evaluate_variational(three, light_dataset).figures.kl
    assert min(kl[axis] for axis in points.axes) >= min(kl)


def test_fewer_images_leave_the_test_part_alone(light_dataset: ImageDataset) -> None:
    assert len(fewer_to_learn(light_dataset, 50)) == 50
    assert fewer_to_learn(light_dataset, 10_000) is light_dataset
    parted = replace(light_dataset, parts=("train",) * 400 + ("test",) * 80)
    fewer = fewer_to_learn(parted, 50)
    assert fewer.parts.count("train") == 50
    assert fewer.parts.count("test") == 80
