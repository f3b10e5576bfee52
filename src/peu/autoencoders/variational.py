"""Train the lab sheet's variational auto-encoder, with a kl_weight that suits the images."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.images import ImageSet
from peu.autoencoders.kl_weight import Spectrum, collapse_warning, image_spectrum
from peu.autoencoders.neighbour_start import Layout, lay_out_neighbours, start_from_layout
from peu.autoencoders.watch import LatentWatch
from peu.models.autoencoder import Autoencoder
from peu.models.code_mixture import fit_mixture
from peu.models.codes import (
    encode_pixels,
    latent_distances,
    squared_error,
    unexplained,
    unusualness,
)
from peu.networks.fit import fit_network
from peu.networks.history import History
from peu.networks.objective import image_objective, mean_of
from peu.networks.precision import choose_precision
from peu.networks.vae import (
    TowardsOptimum,
    VariationalNetwork,
    training_network,
    variational_network,
)
from peu.recipes.variational import Variational
from peu.seeds import child_seed

_WINDOW = 100
_LEAST_WARM_UP = 100
_MOST_MIXED = 5000


Tell = Callable[[str], None]


def fit_variational(
    recipe: Variational,
    images: ImageSet,
    *,
    seed: int,
    tell: Tell = lambda _: None,
) -> Autoencoder:
    """Train encoder and decoder, and begin anew with another seed where a dimension stays empty.

    Args:
        recipe: the networks, the kl_weight and how they are trained.
        images: what it learns from; the test images are watched for the curves, and decide
            nothing.
        seed: of everything random.
        tell: told in a sentence what will go wrong, before the first epoch, and what went wrong.

    Returns:
        The auto-encoder. Its history holds "loss", "mse", "watched_loss", "watched_mse" and, of a
        thousand training images, "kl_1" and so on; and the "kl_weight" of every epoch.

    Raises:
        RecipeError: the training diverged.
    """
    spectrum = image_spectrum(images.train, recipe.latent)
    notes: list[str] = []

    def note(sentence: str | None) -> None:
        if sentence is not None:
            notes.append(sentence)
            tell(sentence)

    if recipe.kl_weight != "auto":
        note(collapse_warning(spectrum, recipe.kl_weight, recipe.latent))
    layout = None
    if recipe.start == "neighbours":
        layout = lay_out_neighbours(
            images.train, recipe.latent, seed=child_seed(seed, "neighbours")
        )
        if layout is None:
            note("Images too few or all alike to lay neighbours out: started from random weights.")
    for attempt in range(recipe.restarts + 1):
        network, watch, history = _attempt(
            recipe,
            images,
            spectrum,
            layout,
            seed=child_seed(seed, "attempt", attempt),
            last=attempt == recipe.restarts,
        )
        if watch.stopped_after is None:
            break
        note(
            f"After {watch.stopped_after} of {recipe.training.epochs} epochs {watch.missing} of "
            f"{recipe.latent} dimensions carried nothing: training began anew with another seed "
            f"({attempt + 1} of at most {recipe.restarts})."
        )
    if watch.missing:
        note(
            f"{watch.missing} of {recipe.latent} dimensions carry nothing. Train longer, or ask "
            "for fewer with `latent`."
        )
    return Autoencoder(
        networks={"encoder": network.encoder, "decoder": network.decoder},
        image_size=images.image_size,
        channels=images.channels,
        recipe=recipe,
        history=dataclasses.replace(history, notes=(*notes, *history.notes)),
        provenance={
            "kl_weight": watch.kl_weights[-1],
            "bounds": spectrum.bounds.tolist(),
            "variances": spectrum.eigenvalues.tolist(),
            "mixture": _mixture(network, images.train, child_seed(seed, "mixture")),
            **_usual(network, images.test),
        },
    )


def _mixture(network: VariationalNetwork, pixels: NDArray[np.uint8], seed: int) -> dict[str, Any]:
    """Give where images learnt from lie; they say where new ones may be drawn from."""
    shown = pixels[:: -(-len(pixels) // _MOST_MIXED)]
    codes = encode_pixels(network.encoder, shown).draw(child_seed(seed, "codes"))
    return fit_mixture(codes, seed=child_seed(seed, "parts")).to_dict()


def _usual(network: VariationalNetwork, pixels: NDArray[np.uint8]) -> dict[str, list[float]]:
    """Give what held-out images have of error and divergence, as 101 quantiles from 0 to 1.

    They say later how unusual another image is, when the images are no longer at hand.
    """
    codes = encode_pixels(network.encoder, pixels)
    levels = np.linspace(0, 1, 101)
    errors = squared_error(network.decoder, codes.means, pixels)
    shares = unexplained(errors, pixels)
    figures = {
        "usual_errors": errors,
        "usual_shares": shares,
        "usual_distances": latent_distances(codes),
        "usual_scores": unusualness(codes, shares, float(shares.mean()), pixels[0].size),
    }
    return {name: np.quantile(values, levels).tolist() for name, values in figures.items()}


def _attempt(
    recipe: Variational,
    images: ImageSet,
    spectrum: Spectrum,
    layout: Layout | None,
    *,
    seed: int,
    last: bool,
) -> tuple[VariationalNetwork, LatentWatch, History]:
    settings, pixels = recipe.training, images.train
    automatic = recipe.kl_weight == "auto"
    steps = -(-len(pixels) // settings.batch_size)
    warm_up = _warm_up_steps(recipe, steps) if automatic else 0
    network = variational_network(
        recipe,
        (*images.image_size, images.channels),
        mean_pixel=mean_of(pixels),
        kl_weight=spectrum.start if recipe.kl_weight == "auto" else recipe.kl_weight,
        seed=child_seed(seed, "network"),
        precision=choose_precision(settings.precision),
    )
    if layout is not None:
        start_from_layout(network, recipe, pixels, layout, seed=child_seed(seed, "start"))
    optimum = None
    if automatic:
        optimum = TowardsOptimum(
            network.sampling,
            error=spectrum.total / spectrum.pixels,
            pixels=spectrum.pixels,
            window=min(_WINDOW, max(2, steps)),
            warm_up=warm_up,
        )
    watch = LatentWatch(
        network.encoder,
        network.sampling,
        pixels,
        spectrum,
        steps_an_epoch=steps,
        warm_up=warm_up / steps,
        stops=not last,
    )
    model = training_network(network, optimum)
    history = fit_network(
        model,
        pixels,
        pixels,
        settings,
        objective=image_objective(pixels, with_error=True),
        seed=child_seed(seed, "batches"),
        watched=(images.test, images.test),
        stage=f"Training {recipe.name}",
        callbacks=[watch],
    )
    metrics = {**history.metrics, **watch.metrics()}
    return network, watch, dataclasses.replace(history, metrics=metrics)


def _warm_up_steps(recipe: Variational, steps: int) -> int:
    """Give the warm-up in steps: few images have few steps an epoch, and need more epochs."""
    if recipe.warm_up == 0:
        return 0
    half = steps * recipe.training.epochs // 2
    return max(round(recipe.warm_up * steps), min(_LEAST_WARM_UP, half), 1)
