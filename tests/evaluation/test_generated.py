"""A judge of generated images: right on real ones, hard on noise and on sameness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latent_images import lights
from peu.evaluation import generated
from peu.evaluation.generated import (
    Judge,
    frechet_distance,
    judge_reconstructions,
    judge_samples,
    train_judge,
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Return a judge that learnt for a third as long as judges do: these images are easy."""
    pixels, quarters = lights(400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated, "_LEAST_STEPS", 200)
        return train_judge(pixels[:300], quarters[:300], pixels[300:], quarters[300:], seed=0)


def test_the_judge_says_how_good_it_is_itself(judge: Judge) -> None:
    assert 0.8 < judge.accuracy <= 1
    assert judge.features.shape == (100, 64)


def test_real_images_are_nearer_than_noise_and_than_one_image_again(judge: Judge) -> None:
    fresh, _ = lights(200, seed=8)
    real = judge_samples(judge, fresh)
    noise = judge_samples(
        judge, np.random.default_rng(0).integers(0, 256, fresh.shape, dtype=np.uint8)
    )
    same = judge_samples(judge, np.repeat(fresh[:1], 200, axis=0))
    assert real.distance < 0.5 * min(noise.distance, same.distance)
    assert (real.classes_covered, real.classes) == (4, 4)
    assert same.classes_covered <= 1
    assert real.confident > 0.5
    assert (real.samples, real.judge_accuracy) == (200, judge.accuracy)


def test_what_keeps_its_class_is_recognised_and_one_image_for_all_is_not(judge: Judge) -> None:
    fresh, quarters = lights(200, seed=8)
    kept = judge_reconstructions(judge, fresh, quarters)
    same = judge_reconstructions(judge, np.repeat(fresh[:1], 200, axis=0), quarters)
    assert kept.recognised > 0.7
    assert same.recognised == pytest.approx(np.mean(quarters == quarters[0]), abs=0.01)
    assert sum(one == 0 for one in same.by_class) == 3
    assert (kept.images, kept.judge_accuracy) == (200, judge.accuracy)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0, 3))
def test_the_distance_is_that_of_two_normals(seed: int, shift: float) -> None:
    points = np.random.default_rng(seed).normal(size=(50, 4))
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-6)
    moved = points + np.array([shift, 0, 0, 0])
    assert frechet_distance(points, moved) == pytest.approx(shift**2, abs=1e-6)


def test_the_distance_counts_spread_and_is_symmetric() -> None:
    generator = np.random.default_rng(2)
    first, second = generator.normal(size=(4000, 2)), 3 * generator.normal(size=(4000, 2))
    assert frechet_distance(first, second) == pytest.approx(2 * (3 - 1) ** 2, rel=0.05)
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first))
