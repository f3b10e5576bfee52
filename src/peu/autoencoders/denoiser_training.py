"""Training of denoising networks, with restarts after a collapse to a constant output."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.images import ImageSet
from peu.autoencoders.inference import DenoisingFunction, Inference, residual
from peu.autoencoders.noise import Noise, add_noise, read_noise
from peu.errors import RecipeError
from peu.networks.callbacks import StopWhenCollapsed
from peu.networks.choices import ImageLoss
from peu.networks.denoisers import build_denoiser, mean_of_denoisers
from peu.networks.fit import fit_network
from peu.networks.history import History
from peu.networks.objective import image_objective, mean_of
from peu.networks.precision import choose_precision
from peu.networks.training_settings import TrainingSettings
from peu.progress import report
from peu.seeds import child_seed

if TYPE_CHECKING:
    from peu.autoencoders.denoiser import Denoiser

_MAX_VALIDATED = 500
_STEPS_PER_CALL = 8
_WHITE = 255
_PHASE = "Choosing shifts and rounds"
_NOISIER = 2
_MAX_ROUNDS = 2
_QUANTILE = 0.99
_MIN_RESIDUAL = 1e-9


def train_members(
    settings: "Denoiser", split: ImageSet, note: Callable[[str], None]
) -> tuple[Any, History]:
    """Train the networks of a denoiser, and join them into one.

    Args:
        settings: the denoiser, whose schedule is in `training_`.
        split: the images; up to 500 of the test images are for the curves and decide nothing.
        note: called with a sentence after each collapse.

    Returns:
        The network, and its history. Of several members, the curves are the first one's, and the
        seconds and notes are those of all.

    Raises:
        RecipeError: every attempt collapsed or diverged.
    """
    trained = [_train_member(settings, split, number, note) for number in range(settings.members)]
    networks, histories = zip(*trained, strict=True)
    network = networks[0] if len(networks) == 1 else mean_of_denoisers(networks, split.channels)
    return network, History(
        histories[0].metrics,
        sum(history.seconds for history in histories),
        tuple(note for history in histories for note in history.notes),
    )


def _train_member(
    settings: "Denoiser", split: ImageSet, number: int, note: Callable[[str], None]
) -> tuple[Any, History]:
    # The first member is the same as a single one.
    root = child_seed(settings.seed, "member", number) if number else settings.seed
    member = f" ({number + 1} of {settings.members})" if settings.members > 1 else ""
    training = settings.training_
    for attempt in range(settings.restarts + 1):
        seed = child_seed(root, "attempt", attempt)
        network = build_denoiser(
            settings.network,
            settings.filters,
            channels=split.channels,
            mean=mean_of(split.train),
            output_bias=settings.output_bias,
            bounded=is_mostly_black_and_white(split.train),
            seed=child_seed(seed, "network"),
            precision=choose_precision(training.precision),
        )
        history, collapsed = train_denoiser(
            network,
            split.train,
            training,
            noise=read_noise(settings.noise),
            loss=settings.loss,
            fresh_noise=settings.fresh_noise,
            seed=seed,
            validation=split.test[:_MAX_VALIDATED],
            phase=f"Training denoiser{member}",
        )
        if not collapsed:
            return network, history
        note(
            f"Attempt {attempt + 1} collapsed to a constant output after "
            f"{len(history.metrics['loss'])} epochs. Training restarts from another seed."
        )
    raise RecipeError(
        "A denoiser must do better than a constant output. It did not in "
        f"{settings.restarts + 1} attempts. Lower `learning_rate` (it is "
        f"{training.learning_rate:g}), or train for more epochs."
    )


def train_denoiser(
    network: Any,
    pixels: NDArray[np.uint8],
    training: TrainingSettings,
    *,
    noise: Noise,
    loss: ImageLoss = "mse",
    fresh_noise: bool = True,
    seed: int = 0,
    validation: NDArray[np.uint8] | None = None,
    phase: str = "Training denoiser",
) -> tuple[History, bool]:
    """Train a denoising network in place.

    Args:
        network: from pixels to intensities.
        pixels: (n, height, width, channels) of clean images.
        training: the schedule.
        noise: what is added.
        loss: what is minimised.
        fresh_noise: draw it anew for every batch; otherwise once for each image.
        seed: random seed of the order of the images and of the noise.
        validation: clean images for the curves, to which noise is added once.
        phase: name of the progress phase.

    Returns:
        The figures of every epoch, and whether the network collapsed: whether a constant output
        would have been as good.

    Raises:
        RecipeError: the loss is not finite, or diverges.
    """
    objective = image_objective(pixels, loss=loss)
    collapse = StopWhenCollapsed(objective.baseline, training.epochs)
    validated = None
    if validation is not None:
        generator = np.random.default_rng(child_seed(seed, "validation noise"))
        validated = (add_noise(validation, noise, generator), validation)
    inputs: NDArray[np.generic] = pixels
    if not fresh_noise:
        inputs = add_noise(pixels, noise, np.random.default_rng(child_seed(seed, "noise")))
    history = fit_network(
        network,
        inputs,
        pixels,
        training,
        seed=child_seed(seed, "batches"),
        objective=objective,
        prepare=(lambda clean, generator: add_noise(clean, noise, generator))
        if fresh_noise
        else None,
        callbacks=(collapse,),
        steps_at_once=_STEPS_PER_CALL,
        validation=validated,
        phase=phase,
    )
    return history, collapse.collapsed


def is_mostly_black_and_white(pixels: NDArray[np.uint8]) -> bool:
    """Whether most pixels are black or white, as in drawings, print and digits.

    Bounded outputs gave a U-Net for digits a similarity of 0.922 at noise of 0.4, instead of 0.918
    (4 epochs); one for colour photographs lost 0.3 to 0.5 dB.
    """
    return bool(np.mean((pixels == 0) | (pixels == _WHITE)) > 0.5)


def choose_inference(
    denoise: DenoisingFunction, pixels: NDArray[np.uint8], noise: Noise, *, seed: int
) -> Inference:
    """Measure whether shifted copies help, and further rounds on stronger noise.

    Both do on digits. On drawings of 16 x 16 whose shapes keep to a frame, shifts did harm: each
    is used only where it lowers the error.

    Args:
        denoise: a trained network.
        pixels: (n, height, width, channels) of clean training images, up to 500 of which are used;
            held-out ones stay unseen.
        noise: that it was trained on.
        seed: random seed of the noise.
    """
    clean = pixels[:: max(1, len(pixels) // _MAX_VALIDATED)][:_MAX_VALIDATED]
    runs = _MAX_ROUNDS + 4
    done = 0

    def noisy(kind: Noise) -> NDArray[np.float32]:
        return add_noise(clean, kind, np.random.default_rng(child_seed(seed, "test", str(kind))))

    def denoised(images: NDArray[np.float32], inference: Inference) -> NDArray[np.float32]:
        nonlocal done
        report(_PHASE, done, runs)
        done += 1
        return denoise(images, inference)

    def error(images: NDArray[np.float32], inference: Inference) -> float:
        return float(residual(clean, denoised(images, inference)).mean())

    usual = noisy(noise)
    shifted = min((False, True), key=lambda each: error(usual, Inference(shifted=each)))
    strongest = noisy(noise.strongest())
    left = residual(strongest, denoised(strongest, Inference(shifted=shifted)))
    typical = max(float(left.mean()), _MIN_RESIDUAL)
    found = Inference(
        shifted=shifted,
        typical_residual=typical,
        max_residual=max(typical, float(np.quantile(left, _QUANTILE))),
    )
    noisier = noisy(noise.strongest(_NOISIER))
    candidates = [dataclasses.replace(found, rounds=rounds) for rounds in range(_MAX_ROUNDS + 1)]
    best = min(candidates, key=lambda each: error(noisier, each))
    report(_PHASE, runs, runs)
    return best
