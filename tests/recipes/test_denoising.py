"""The training that suits a denoiser: the sheet's with many images, as many steps with few."""

import pytest

from peu.recipes.denoising import Denoising, DenoisingNetwork, usual_training


def test_few_images_get_the_steps_of_many() -> None:
    assert usual_training("sheet") == usual_training("sheet", 60_000) == Denoising().training
    assert usual_training("unet", 160, batch_size=4).batch_size == 4


@pytest.mark.parametrize("network", ["sheet", "unet"])
def test_only_epochs_and_batches_depend_on_the_images(network: DenoisingNetwork) -> None:
    many, few = usual_training(network), usual_training(network, 160)
    assert few.batch_size == 10
    assert few.epochs * 16 == pytest.approx(many.epochs * 6400 / many.batch_size, rel=0.02)
    assert (few.learning_rate, few.schedule) == (many.learning_rate, many.schedule)
