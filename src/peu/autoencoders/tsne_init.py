"""Initialisation of a VAE by t-SNE: images that look alike start side by side."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.inference import run_in_batches
from peu.networks.objective import Objective, image_objective
from peu.networks.training_settings import Precision, TrainingSettings, keep_steps
from peu.networks.vae import VAENetwork
from peu.progress import report
from peu.seeds import child_seed

_MAX_EMBEDDED = 5000
_MAX_DECODED = 20_000
_MIN_IMAGES = 10
_BATCH_SIZE = 512
_COMPONENTS = 50
_PERPLEXITY = 30.0
_PHASE = "Computing t-SNE"
_ENCODER_TRAINING = TrainingSettings(epochs=30, batch_size=64, learning_rate=2e-3)
_DECODER_TRAINING = TrainingSettings(epochs=5, batch_size=64, learning_rate=2e-3)


@dataclass(frozen=True, eq=False)
class Embedding:
    """Images and their places in a low-dimensional space.

    Attributes:
        pixels: (n, height, width, channels) in [0, 255].
        places: (n, latent_dim), with a mean of 0 and a deviation of 1 along each axis.
    """

    pixels: NDArray[np.uint8]
    places: NDArray[np.float32]


def embed_images(pixels: NDArray[np.uint8], latent_dim: int, *, seed: int) -> Embedding | None:
    """Embed images by t-SNE on their principal components, without their classes.

    Args:
        pixels: (n, height, width, channels) in [0, 255]; at most 5,000 of them are embedded.
        latent_dim: dimensions, at most 3.
        seed: random seed of the choice and of t-SNE.

    Returns:
        The embedding; None for fewer than 10 images, or images that are all the same.

    Source: van der Maaten and Hinton (2008), Visualizing data using t-SNE.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(pixels) < _MIN_IMAGES:
        return None
    generator = np.random.default_rng(child_seed(seed, "embedded"))
    chosen = pixels[np.sort(generator.permutation(len(pixels))[:_MAX_EMBEDDED])]
    if (chosen == chosen[:1]).all():
        return None
    flat = chosen.reshape(len(chosen), -1).astype(np.float32) / np.float32(255)
    report(_PHASE, 0, 1)
    components = PCA(min(_COMPONENTS, len(flat) - 1, flat.shape[1]), random_state=0).fit_transform(
        flat
    )
    places = TSNE(
        latent_dim,
        perplexity=min(_PERPLEXITY, (len(flat) - 1) / 3),
        init="pca" if components.shape[1] >= latent_dim else "random",
        random_state=child_seed(seed, "t-SNE"),
    ).fit_transform(components)
    report(_PHASE, 1, 1)
    return Embedding(chosen, (places - places.mean(axis=0)) / np.maximum(places.std(axis=0), 1e-9))


def pretrain(
    network: VAENetwork,
    pixels: NDArray[np.uint8],
    embedding: Embedding,
    *,
    precision: Precision = "auto",
    seed: int,
) -> None:
    """Train the encoder to reproduce an embedding, then the decoder to invert the encoder.

    The VAE's own training continues from there, and changes both freely.

    Args:
        network: encoder and decoder, changed in place.
        pixels: (n, height, width, channels) of the training images.
        embedding: of some of them.
        precision: of the training.
        seed: random seed of the order of the batches.
    """

    def schedule(usual: TrainingSettings, images: int, meant_for: int) -> TrainingSettings:
        adapted = keep_steps(usual, images, meant_for=meant_for)
        return dataclasses.replace(adapted, precision=precision)

    means = keras.Model(network.encoder.input, network.encoder.output[1])
    fit_network(
        means,
        embedding.pixels,
        embedding.places,
        schedule(_ENCODER_TRAINING, len(embedding.pixels), _MAX_EMBEDDED),
        seed=child_seed(seed, "encoder"),
        objective=Objective(loss="mse", metrics=list, baseline=1.0),
        phase="Initialising the encoder",
    )
    decoded = pixels[:_MAX_DECODED]
    (codes,) = run_in_batches(means, decoded, _BATCH_SIZE)
    fit_network(
        keras.Model(network.decoder.input, network.decoder.output),
        codes,
        decoded,
        schedule(_DECODER_TRAINING, len(decoded), _MAX_DECODED),
        seed=child_seed(seed, "decoder"),
        objective=image_objective(pixels),
        phase="Initialising the decoder",
    )
