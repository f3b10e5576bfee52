"""Pictures out of a latent space: drawn at random, on a grid, between two, or again."""

import numpy as np
from numpy.typing import NDArray

from peu.errors import RecipeError
from peu.experiments.latent import variational_recipe
from peu.fitted.autoencoder import Autoencoder
from peu.fitted.codes import decode_codes, encode_pixels
from peu.seeds import child_seed


def grid_codes(start: float, stop: float, steps: int, latent: int) -> NDArray[np.float64]:
    """Give the codes of an even grid over the first two dimensions.

    Args:
        start: the least value of each dimension.
        stop: the greatest, above `start`.
        steps: values a dimension, 2 or more.
        latent: dimensions of the code; those after the second stay 0.

    Returns:
        (rows, columns, latent): the first dimension grows to the right, the second upwards. With
        one dimension there is one row.

    Raises:
        RecipeError: an empty range, or fewer than two steps.
    """
    if not np.isfinite([start, stop]).all() or start >= stop or steps < 2:
        raise RecipeError(
            "A grid must go from a number to a greater one in 2 steps or more. Received: "
            f"{start:g} to {stop:g} in {steps}. The sheet goes from -3 to 3 in 10."
        )
    values = np.linspace(start, stop, steps)
    rows = steps if latent > 1 else 1
    codes = np.zeros((rows, steps, latent))
    codes[:, :, 0] = values
    if latent > 1:
        codes[:, :, 1] = values[::-1, None]
    return codes


def decode_grid(model: Autoencoder, codes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw codes (rows, columns, latent) as pictures (rows, columns, height, width, channels)."""
    variational_recipe(model)
    rows, columns, latent = codes.shape
    pictures = decode_codes(model.networks["decoder"], codes.reshape(-1, latent))
    return pictures.reshape(rows, columns, *pictures.shape[1:])


def sample_pictures(
    model: Autoencoder, count: int, *, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Draw new pictures: codes from the standard normal, decoded.

    Args:
        model: a variational auto-encoder.
        count: how many.
        seed: another seed, other pictures.

    Returns:
        Codes (count, latent) and intensities (count, height, width, channels).
    """
    latent = variational_recipe(model).latent
    generator = np.random.default_rng(child_seed(seed, "samples"))
    codes = generator.standard_normal((count, latent))
    return codes, decode_codes(model.networks["decoder"], codes)


def reconstruct(model: Autoencoder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Encode pictures and draw their codes' means again.

    Args:
        model: a variational auto-encoder.
        pixels: (n, height, width, channels) in the form that it takes.

    Returns:
        Intensities of the same shape.
    """
    variational_recipe(model)
    codes = encode_pixels(model.networks["encoder"], pixels)
    return decode_codes(model.networks["decoder"], codes.means)


def interpolate(
    model: Autoencoder, pixels: NDArray[np.uint8], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Walk in a straight line from one picture's code to another's.

    Args:
        model: a variational auto-encoder.
        pixels: (2, height, width, channels) in the form that it takes.
        steps: pictures on the way, both ends included, 2 or more.

    Returns:
        Codes (steps, latent) and intensities (steps, height, width, channels).
    """
    variational_recipe(model)
    first, last = encode_pixels(model.networks["encoder"], pixels).means
    share = np.linspace(0, 1, steps)[:, None]
    codes = (1 - share) * first + share * last
    return codes, decode_codes(model.networks["decoder"], codes)
