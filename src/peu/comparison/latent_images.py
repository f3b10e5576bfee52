"""Images out of a latent space: drawn at random, on a grid, between two, or again."""

import numpy as np
from numpy.typing import NDArray

from peu.comparison.latent import usual_quantile, variational_recipe
from peu.errors import BundleError, RecipeError
from peu.models.autoencoder import Autoencoder
from peu.models.code_mixture import CodeMixture, mixture_from_dict
from peu.models.codes import decode_codes, encode_pixels
from peu.recipes.variational import PRIOR_REACH, SampleSource
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


def usual_reach(model: Autoencoder) -> float:
    """Give how far a grid must go in each direction to show what is usual: 3, or further.

    The prior lies within 3. Where there are few images their codes lie wider apart: then it is
    as far as nine in ten of the images held out from training.
    """
    variational_recipe(model)
    distance = usual_quantile(model.provenance["usual_distances"], 0.9)
    return max(PRIOR_REACH, float(np.ceil(distance)))


def decode_grid(model: Autoencoder, codes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw codes (rows, columns, latent) as images (rows, columns, height, width, channels)."""
    variational_recipe(model)
    rows, columns, latent = codes.shape
    images = decode_codes(model.networks["decoder"], codes.reshape(-1, latent))
    return images.reshape(rows, columns, *images.shape[1:])


def sample_images(
    model: Autoencoder, count: int, *, source: SampleSource = "images", seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Draw new images: codes at random, decoded.

    Args:
        model: a variational auto-encoder.
        count: how many.
        source: of the codes. "images" draws where those of the training lie, "prior" from the
            standard normal, which they fill where there are many and the kl_weight is right.
        seed: another seed, other images.

    Returns:
        Codes (count, latent) and intensities (count, height, width, channels).

    Raises:
        BundleError: the model does not say where its images lie.
    """
    latent = variational_recipe(model).latent
    drawn = child_seed(seed, "samples")
    if source == "prior":
        codes = np.random.default_rng(drawn).standard_normal((count, latent))
    else:
        codes = _mixture_of(model, latent).draw(count, drawn)
    return codes, decode_codes(model.networks["decoder"], codes)


def _mixture_of(model: Autoencoder, latent: int) -> CodeMixture:
    try:
        mixture = mixture_from_dict(model.provenance["mixture"])
    except (KeyError, TypeError, ValueError):
        mixture = None
    if mixture is None or mixture.means.shape[1] != latent:
        raise BundleError(
            "The model's provenance must hold under `mixture` where its images lie. It does "
            "not. Train it again, or draw from the prior."
        )
    return mixture


def reconstruct(model: Autoencoder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Encode images and draw their codes' means again.

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
    """Walk in a straight line from one image's code to another's.

    Args:
        model: a variational auto-encoder.
        pixels: (2, height, width, channels) in the form that it takes.
        steps: images on the way, both ends included, 2 or more.

    Returns:
        Codes (steps, latent) and intensities (steps, height, width, channels).
    """
    variational_recipe(model)
    first, last = encode_pixels(model.networks["encoder"], pixels).means
    share = np.linspace(0, 1, steps)[:, None]
    codes = (1 - share) * first + share * last
    return codes, decode_codes(model.networks["decoder"], codes)
