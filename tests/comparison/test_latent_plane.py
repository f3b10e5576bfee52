"""The grid of decoded images that the page plays with stands for the decoder itself."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from peu.autoencoders.vae import VAE
from peu.comparison.latent_plane import write_latent_plane
from peu.images.dataset import ImageDataset

STEPS = 25


def test_four_neighbours_of_the_grid_stand_for_the_decoded_image(
    tmp_path: Path, light_vae: VAE, light_dataset: ImageDataset
) -> None:
    file = write_latent_plane(
        light_vae, light_dataset, tmp_path, "auto", requested="auto", steps=STEPS
    )
    facts = json.loads(file.read_text())
    assert facts["trained_on"] + len(facts["places"]) == len(light_dataset)
    assert facts["inside"] == np.mean([max(abs(x), abs(y)) <= 3 for x, y, _ in facts["places"]])
    assert not facts["empty"]
    with Image.open(tmp_path / "auto.png") as opened:
        height, width = facts["height"], facts["width"]
        grid = np.asarray(opened, float).reshape(STEPS, height, STEPS, width).swapaxes(1, 2)
    # In the middle between four codes: the first dimension grows to the right, the second upwards.
    across, down = np.random.default_rng(0).integers(0, STEPS - 1, (2, 50))
    step = 6 / (STEPS - 1)
    codes = np.stack([-3 + step * (across + 0.5), 3 - step * (down + 0.5)], axis=1)
    near = (grid[down, across] + grid[down, across + 1]
            + grid[down + 1, across] + grid[down + 1, across + 1]) / 4  # fmt: skip
    assert np.abs(near - 255 * light_vae.decode(codes)[..., 0]).mean() < 2
