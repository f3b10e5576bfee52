"""A denoiser: trained on noise drawn anew, watched for collapse, begun again where it fails."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.denoise import denoise_batch, residual
from peu.autoencoders.images import ImageSet
from peu.autoencoders.noise import add_noise
from peu.autoencoders.passes import Passes
from peu.errors import RecipeError
from peu.models.autoencoder import Autoencoder
from peu.networks.callbacks import StopWhenCollapsed
from peu.networks.denoisers import denoiser, mean_of_denoisers
from peu.networks.fit import fit_network
from peu.networks.history import History
from peu.networks.objective import image_objective, mean_of
from peu.networks.precision import choose_precision
from peu.progress import report
from peu.recipes.denoising import Denoising
from peu.recipes.noise import Noise, read_noise
from peu.seeds import child_seed

_MOST_WATCHED = 500
_STEPS_AT_ONCE = 8
_WHITE = 255
_MOSTLY = 0.5
_STAGE = "Trying shifts and rounds"
_NOISIER = 2
_MOST_ROUNDS = 2
_AS_USUAL = 0.99
_LEAST_RESIDUAL = 1e-9


def fit_denoiser(
    recipe: Denoising,
    images: ImageSet,
    *,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Autoencoder:
    """Train a denoiser; a training that collapses is begun again from another seed.

    Args:
        recipe: the network, the noise and how it is trained.
        images: what it learns from; up to 500 of the test images are watched for the
            curves, and decide nothing.
        seed: of everything random.
        tell: told of a collapse, in a sentence, as soon as it is seen.

    Returns:
        The denoiser, with a line in its history's notes for each collapse. Of several members
        the curves are the first one's, and the notes and seconds of all.

    Raises:
        RecipeError: every attempt collapsed or diverged.
    """
    trained = [
        _fit_member(
            recipe,
            images,
            # The first is what one alone would be.
            seed=child_seed(seed, "member", number) if number else seed,
            stage=f"Training {recipe.name}"
            + (f" ({number + 1} of {recipe.members})" if recipe.members > 1 else ""),
            tell=tell,
        )
        for number in range(recipe.members)
    ]
    networks = [network for network, _ in trained]
    histories = [history for _, history in trained]
    model = Autoencoder(
        networks={
            "denoiser": networks[0]
            if recipe.members == 1
            else mean_of_denoisers(networks, images.channels)
        },
        image_size=images.image_size,
        channels=images.channels,
        recipe=recipe,
        history=History(
            histories[0].metrics,
            sum(history.seconds for history in histories),
            tuple(note for history in histories for note in history.notes),
        ),
    )
    passes = choose_passes(
        model,
        images.train,
        read_noise(recipe.noise),
        seed=child_seed(seed, "attempt", 0),
    )
    return dataclasses.replace(model, provenance=passes.to_dict())


def _fit_member(
    recipe: Denoising,
    images: ImageSet,
    *,
    seed: int,
    stage: str,
    tell: Callable[[str], None],
) -> tuple[Any, History]:
    """Train one network, again from another seed where it collapses.

    Raises:
        RecipeError: every attempt collapsed or diverged.
    """
    notes: list[str] = []
    for attempt in range(recipe.restarts + 1):
        drawn = child_seed(seed, "attempt", attempt)
        network = denoiser(
            recipe,
            images.channels,
            mean_of(images.train),
            seed=child_seed(drawn, "network"),
            precision=choose_precision(recipe.training.precision),
            held=_mostly_at_the_ends(images.train),
        )
        history, collapsed = train_denoiser(
            network,
            recipe,
            images.train,
            seed=drawn,
            watched=images.test[:_MOST_WATCHED],
            stage=stage,
        )
        if not collapsed:
            return network, dataclasses.replace(history, notes=(*notes, *history.notes))
        notes.append(
            f"Attempt {attempt + 1} collapsed after {len(history.metrics['loss'])} epochs: an even "
            "grey would have been as good. Begun again from another seed."
        )
        tell(notes[-1])
    raise RecipeError(
        f"A denoiser must do better than an even grey. It did not in {recipe.restarts + 1} "
        f"attempts. Lower `learning_rate` (it is {recipe.training.learning_rate:g}), or train "
        "for more epochs."
    )


def _mostly_at_the_ends(pixels: NDArray[np.uint8]) -> bool:
    """Tell drawings, print and digits from photographs: most of their pixels are black or white.

    Held within the range, a U-Net for digits had 0.922 of similarity at noise of 0.4, and 0.918
    without (4 epochs); one for colour photographs lost 0.3 to 0.5 dB.
    """
    return bool(np.mean((pixels == 0) | (pixels == _WHITE)) > _MOSTLY)


def choose_passes(
    model: Autoencoder,
    pixels: NDArray[np.uint8],
    noise: Noise,
    *,
    seed: int,
) -> Passes:
    """Measure whether shifted copies make a denoiser better, and further rounds on more noise.

    Both do on digits. On drawings of 16 x 16 whose shapes keep to a frame, shifts did harm: so
    each is taken only where it lowers the error.

    Args:
        model: a trained denoiser.
        pixels: (n, height, width, channels) of clean images, up to 500 of which are taken;
            those learnt from, so that held-out ones stay unseen.
        noise: that it learnt to take out.
        seed: of the noise.

    Returns:
        The best passes.
    """
    clean = pixels[:: max(1, len(pixels) // _MOST_WATCHED)][:_MOST_WATCHED]

    def disturbed(by: Noise) -> NDArray[np.float32]:
        return add_noise(clean, by, np.random.default_rng(child_seed(seed, "passes", str(by))))

    done = 0

    def cleaned(noisy: NDArray[np.float32], passes: Passes) -> NDArray[np.float32]:
        nonlocal done
        report(_STAGE, done, _MOST_ROUNDS + 4)
        done += 1
        return denoise_batch(model, noisy, passes=passes)

    def error(noisy: NDArray[np.float32], passes: Passes) -> float:
        return float(residual(clean, cleaned(noisy, passes)).mean())

    noisy = disturbed(noise)
    shifted = min((False, True), key=lambda one: error(noisy, Passes(shifted=one)))
    most = disturbed(noise.strongest())
    left = residual(most, cleaned(most, Passes(shifted=shifted)))
    usual = max(float(left.mean()), _LEAST_RESIDUAL)
    found = Passes(
        shifted=shifted, usual=usual, most=max(usual, float(np.quantile(left, _AS_USUAL)))
    )
    noisier = disturbed(noise.strongest(_NOISIER))
    tried = [dataclasses.replace(found, rounds=rounds) for rounds in range(_MOST_ROUNDS + 1)]
    best = min(tried, key=lambda one: error(noisier, one))
    report(_STAGE, _MOST_ROUNDS + 4, _MOST_ROUNDS + 4)
    return best


def train_denoiser(
    network: Any,
    recipe: Denoising,
    pixels: NDArray[np.uint8],
    *,
    seed: int,
    watched: NDArray[np.uint8] | None = None,
    stage: str = "Training",
) -> tuple[History, bool]:
    """Train a denoising network in place, on noise drawn anew for every batch.

    Args:
        network: from pixels to intensities.
        recipe: the noise and how it is trained.
        pixels: (n, height, width, channels) of clean images.
        seed: of the order of the images and of the noise.
        watched: clean images for the curves, to which noise is added once.
        stage: what it is called.

    Returns:
        The figures of every epoch, and whether the network collapsed: whether one even grey
        would have been as good.

    Raises:
        RecipeError: the loss is no number any more, or diverges.
    """
    noise = read_noise(recipe.noise)
    objective = image_objective(pixels, loss=recipe.loss)
    watch = StopWhenCollapsed(objective.guessing, recipe.training.epochs)
    looked_at = None
    if watched is not None:
        generator = np.random.default_rng(child_seed(seed, "watched noise"))
        looked_at = (add_noise(watched, noise, generator), watched)
    history = fit_network(
        network,
        pixels,
        pixels,
        recipe.training,
        seed=child_seed(seed, "batches"),
        objective=objective,
        prepare=lambda clean, drawn: add_noise(clean, noise, drawn),
        callbacks=(watch,),
        steps_at_once=_STEPS_AT_ONCE,
        watched=looked_at,
        stage=stage,
    )
    return history, watch.collapsed
