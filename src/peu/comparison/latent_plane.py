"""A latent plane decoded on a fine grid, as one image: what a program without Keras plays with."""

from pathlib import Path
from typing import Any

import numpy as np

from peu.autoencoders.vae import VAE
from peu.comparison.latent import grid_codes, latent_points
from peu.comparison.tiles import write_tiles
from peu.files import write_json
from peu.images.dataset import ImageDataset
from peu.networks.choices import PRIOR_REACH, KLWeight
from peu.progress import report

FORMAT = 1
_MOST_PLACES = 300
_ACTIVE_SPREAD = 0.1


def write_latent_plane(
    vae: VAE,
    dataset: ImageDataset,
    folder: str | Path,
    name: str,
    *,
    requested: KLWeight,
    steps: int,
) -> Path:
    """Write `NAME.png`, the decoded images side by side, and `NAME.json`, what they are.

    Between two codes of the grid the decoder is all but linear where the grid is fine, so that a
    mean of the four images around a code stands for the one decoded there.

    Args:
        vae: fitted, with two dimensions.
        dataset: whose held-out images are placed in the plane, where it is the training dataset.
        folder: made if missing; files of these names are replaced.
        name: of both files.
        requested: the KL weight that was asked for.
        steps: codes a side, from -3 to 3 in each dimension, 2 or more. The first dimension grows
            to the right, the second upwards.

    Returns:
        The JSON file, which is written last: once it is there, both are whole.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    place = Path(folder)
    report("Decoding the plane", 0, 1)
    images = vae.decode(grid_codes(-PRIOR_REACH, PRIOR_REACH, steps, vae.latent_dim))
    write_tiles(place / f"{name}.png", 255 * images)
    shape = (steps, *images.shape[2:4])
    write_json(place / f"{name}.json", _facts(vae, dataset, requested, shape))
    report("Decoding the plane", 1, 1)
    return place / f"{name}.json"


def _facts(
    vae: VAE, dataset: ImageDataset, requested: KLWeight, shape: tuple[int, int, int]
) -> dict[str, Any]:
    steps, height, width = shape
    points = latent_points(vae, dataset, max_images=_MOST_PLACES)
    labels = [None] * len(points.codes) if points.labels is None else points.labels.tolist()
    return {
        "format": FORMAT,
        "requested": requested,
        "kl_weight": vae.kl_weight_,
        "reach": PRIOR_REACH,
        "steps": steps,
        "height": height,
        "width": width,
        "trained_on": vae.n_images_,
        "spread": points.codes.std(axis=0).round(4).tolist(),
        "empty": bool((points.codes.std(axis=0) < _ACTIVE_SPREAD).all()),
        "inside": float((np.abs(points.codes).max(axis=1) <= PRIOR_REACH).mean()),
        "class_names": list(points.class_names),
        "places": [
            [round(x, 3), round(y, 3), label]
            for (x, y), label in zip(points.codes.tolist(), labels, strict=True)
        ],
    }
