"""Fewer images keep the steps of a training."""

from hypothesis import given
from hypothesis import strategies as st

from peu.recipes.training import TrainingSettings, keep_steps

USUAL = TrainingSettings(epochs=15, batch_size=128, learning_rate=0.002)


@given(st.integers(1, 12_799))
def test_steps_stay_about_the_same_however_few_the_images(images: int) -> None:
    few = keep_steps(USUAL, images, meant_for=12_800)
    steps = few.epochs * -(-images // few.batch_size)
    assert 1000 <= steps <= 3100
    assert 8 <= few.batch_size <= 128
    assert few.learning_rate == USUAL.learning_rate


def test_as_many_images_change_nothing_and_a_given_batch_is_kept() -> None:
    assert keep_steps(USUAL, 12_800, meant_for=12_800) is USUAL
    assert keep_steps(USUAL, 100, meant_for=12_800, batch_size=50).batch_size == 50
