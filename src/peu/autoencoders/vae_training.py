"""Training of a VAE, with a KL weight that suits the images and restarts after a collapse."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.code_mixture import CodeMixture, fit_mixture
from peu.autoencoders.collapse import CollapseDetection
from peu.autoencoders.images import ImageSet
from peu.autoencoders.kl_weight import Spectrum, collapse_warning, image_spectrum
from peu.autoencoders.tsne_init import Embedding, embed_images, pretrain
from peu.models.codes import encode_pixels
from peu.networks.fit import fit_network
from peu.networks.history import History
from peu.networks.objective import image_objective, mean_of
from peu.networks.precision import choose_precision
from peu.networks.vae import OptimalKLWeight, VAENetwork, build_vae, training_network
from peu.seeds import child_seed

if TYPE_CHECKING:
    from peu.autoencoders.vae import VAE

_WINDOW = 100
_MIN_WARM_UP = 100
_MAX_ENCODED = 5000
_MAX_VALIDATED = 1000
_STEPS_PER_CALL = 8


def train_vae(
    settings: "VAE", split: ImageSet, note: Callable[[str], None]
) -> tuple[VAENetwork, Spectrum, float, History, int]:
    """Train encoder and decoder, and restart with another seed where a dimension stays empty.

    Args:
        settings: the VAE, whose schedule is in `training_`.
        split: the images; up to 1,000 of the test images are for the curves and decide nothing.
        note: called with a sentence about what will go wrong, before the first epoch, and about
            what went wrong.

    Returns:
        The network, the spectrum of the training images, the last KL weight, the history, and
        how often training began again. The history holds "loss", "mse" and their values on test
        images, the "kl_weight" of every epoch, and the divergences "kl_1" and so on of a thousand
        training images.

    Raises:
        RecipeError: the training diverged.
    """
    latent_dim, restarts = settings.latent_dim, settings.restarts
    spectrum = image_spectrum(split.train, latent_dim)
    if isinstance(settings.kl_weight, float):
        warning = collapse_warning(spectrum, settings.kl_weight, latent_dim)
        if warning is not None:
            note(warning)
    embedding = None
    if settings.init == "tsne":
        embedding = embed_images(split.train, latent_dim, seed=child_seed(settings.seed, "t-SNE"))
        if embedding is None:
            note("Images too few or all alike for t-SNE: started from random weights.")
    for attempt in range(restarts + 1):
        network, collapse, history = _attempt(
            settings,
            split,
            spectrum,
            embedding,
            seed=child_seed(settings.seed, "attempt", attempt),
            last=attempt == restarts,
        )
        if collapse.stopped_after is None:
            break
        note(
            f"After {collapse.stopped_after} of {settings.training_.epochs} epochs "
            f"{collapse.missing} of {latent_dim} dimensions were empty. Training restarts from "
            f"another seed ({attempt + 1} of at most {restarts})."
        )
    if collapse.missing:
        note(
            f"{collapse.missing} of {latent_dim} dimensions are empty. Train longer, or lower "
            "`latent_dim`."
        )
    return network, spectrum, collapse.kl_weights[-1], history, attempt


def fit_code_mixture(encoder: Any, pixels: NDArray[np.uint8], *, seed: int) -> CodeMixture:
    """Fit a mixture to codes drawn for up to 5,000 of the training images."""
    chosen = pixels[:: -(-len(pixels) // _MAX_ENCODED)]
    codes = encode_pixels(encoder, chosen).draw(child_seed(seed, "codes"))
    return fit_mixture(codes, seed=child_seed(seed, "components"))


def _attempt(
    settings: "VAE",
    split: ImageSet,
    spectrum: Spectrum,
    embedding: Embedding | None,
    *,
    seed: int,
    last: bool,
) -> tuple[VAENetwork, CollapseDetection, History]:
    training, pixels = settings.training_, split.train
    validated = split.test[:_MAX_VALIDATED]
    automatic = settings.kl_weight == "auto"
    steps = -(-len(pixels) // training.batch_size)
    warm_up = _warm_up_steps(settings.warm_up, steps, training.epochs) if automatic else 0
    network = build_vae(
        (*split.image_size, split.channels),
        latent_dim=settings.latent_dim,
        filters=settings.filters,
        dense_units=settings.dense_units,
        dense_activation=settings.dense_activation,
        decoder_filters=settings.decoder_filters,
        mean_pixel=mean_of(pixels),
        output_bias=settings.output_bias,
        kl_weight=spectrum.start if automatic else float(settings.kl_weight),
        seed=child_seed(seed, "network"),
        precision=choose_precision(training.precision),
    )
    if embedding is not None:
        pretrain(
            network,
            pixels,
            embedding,
            precision=training.precision,
            seed=child_seed(seed, "pretraining"),
        )
    optimum = None
    if automatic:
        optimum = OptimalKLWeight(
            network.sampling,
            error=spectrum.total / spectrum.pixels,
            pixels=spectrum.pixels,
            window=min(_WINDOW, max(2, steps)),
            warm_up=warm_up,
        )
    collapse = CollapseDetection(
        network.encoder,
        network.sampling,
        pixels,
        spectrum,
        steps_per_epoch=steps,
        warm_up=warm_up / steps,
        stop=not last,
    )
    history = fit_network(
        training_network(network, optimum),
        pixels,
        pixels,
        training,
        objective=image_objective(pixels, with_error=True),
        seed=child_seed(seed, "batches"),
        steps_at_once=_STEPS_PER_CALL,
        validation=(validated, validated),
        phase="Training VAE",
        callbacks=[collapse],
    )
    metrics = {**history.metrics, **collapse.metrics()}
    return network, collapse, dataclasses.replace(history, metrics=metrics)


def _warm_up_steps(epochs: float, steps_per_epoch: int, all_epochs: int) -> int:
    """Steps of the warm-up: with few steps in an epoch, it takes more epochs."""
    if epochs == 0:
        return 0
    half = steps_per_epoch * all_epochs // 2
    return max(round(epochs * steps_per_epoch), min(_MIN_WARM_UP, half), 1)
