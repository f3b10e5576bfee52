"""Where a map may start from: images that look alike laid side by side, without their classes."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.objective import Objective, image_objective
from peu.networks.vae import VariationalNetwork
from peu.progress import report
from peu.recipes.training import TrainingSettings, keep_steps
from peu.recipes.variational import Variational
from peu.seeds import child_seed

_MOST_LAID_OUT = 5000
_MOST_DECODED = 20_000
_FEWEST = 10
_AT_ONCE = 512
_AXES = 50
_PERPLEXITY = 30.0
_STAGE = "Laying neighbours side by side"
_FOLLOW = TrainingSettings(epochs=30, batch_size=64, learning_rate=2e-3)
_DRAW = TrainingSettings(epochs=5, batch_size=64, learning_rate=2e-3)


@dataclass(frozen=True, eq=False)
class Layout:
    """Hold images and places for them.

    Attributes:
        pixels: (n, height, width, channels) in [0, 255].
        places: (n, latent), with a mean of 0 and a deviation of 1 along each axis.
    """

    pixels: NDArray[np.uint8]
    places: NDArray[np.float32]


def lay_out_neighbours(pixels: NDArray[np.uint8], latent: int, *, seed: int) -> Layout | None:
    """Lay images out so that neighbours stay neighbours, by t-SNE on their main components.

    Args:
        pixels: (n, height, width, channels) in [0, 255]; at most 5,000 of them are laid out.
        latent: dimensions, at most 3.
        seed: of the choice and of the layout.

    Returns:
        The layout; None of fewer than 10 images, or of images that are all the same.

    Source: van der Maaten and Hinton (2008), Visualizing data using t-SNE.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(pixels) < _FEWEST:
        return None
    generator = np.random.default_rng(child_seed(seed, "laid out"))
    chosen = np.sort(generator.permutation(len(pixels))[:_MOST_LAID_OUT])
    shown = pixels[chosen]
    if (shown == shown[:1]).all():
        return None
    flat = shown.reshape(len(shown), -1).astype(np.float32) / np.float32(255)
    report(_STAGE, 0, 1)
    axes = PCA(min(_AXES, len(flat) - 1, flat.shape[1]), random_state=0).fit_transform(flat)
    places = TSNE(
        latent,
        perplexity=min(_PERPLEXITY, (len(flat) - 1) / 3),
        init="pca" if axes.shape[1] >= latent else "random",
        random_state=child_seed(seed, "layout") % 2**32,
    ).fit_transform(axes)
    spread = places.std(axis=0)
    report(_STAGE, 1, 1)
    return Layout(shown, ((places - places.mean(axis=0)) / np.maximum(spread, 1e-9)))


def start_from_layout(
    network: VariationalNetwork,
    recipe: Variational,
    pixels: NDArray[np.uint8],
    layout: Layout,
    *,
    seed: int,
) -> None:
    """Train an encoder to follow a layout, and the decoder to draw what lies at a place.

    The map's own training goes on from there, and moves both as it likes.

    Args:
        network: both halves, changed in place.
        recipe: its precision.
        pixels: (n, height, width, channels) of the training images.
        layout: of some of them.
        seed: of the order of the batches.
    """
    follower = keras.Model(network.encoder.input, network.encoder.output[1])
    fit_network(
        follower,
        layout.pixels,
        layout.places,
        _settings(_FOLLOW, recipe, len(layout.pixels), _MOST_LAID_OUT),
        seed=child_seed(seed, "follow"),
        objective=Objective(loss="mse", metrics=list, guessing=1.0),
        stage="Starting the encoder",
    )
    drawn = pixels[:_MOST_DECODED]
    fit_network(
        keras.Model(network.decoder.input, network.decoder.output),
        np.asarray(follower.predict(drawn, batch_size=_AT_ONCE, verbose=0)),
        drawn,
        _settings(_DRAW, recipe, len(drawn), _MOST_DECODED),
        seed=child_seed(seed, "draw"),
        objective=image_objective(pixels),
        stage="Starting the decoder",
    )


def _settings(
    usual: TrainingSettings, recipe: Variational, images: int, meant_for: int
) -> TrainingSettings:
    kept = keep_steps(usual, images, meant_for=meant_for)
    return dataclasses.replace(kept, precision=recipe.training.precision)
