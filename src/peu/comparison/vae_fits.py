"""VAEs of a study fitted: here one after the other, or side by side in processes."""

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from peu.autoencoders.vae import VAE
from peu.comparison.processes import in_processes
from peu.comparison.workers import network_workers
from peu.images.dataset import ImageDataset
from peu.networks.choices import KLWeight

_WORTH_A_PROCESS = 20_000
"""Images seen in training, from which on it takes longer than a process takes to begin."""


def suggest_fits_at_once(vae: VAE, dataset: ImageDataset, weights: int) -> int:
    """Number of processes in which VAEs of several KL weights are trained.

    Args:
        vae: their other settings.
        dataset: their images.
        weights: how many are to be trained.

    Returns:
        As many as cores and memory allow; 0 to train one after the other in this process, where
        that is sooner done, or a GPU does the work.
    """
    learnt_from = sum(part != "test" for part in dataset.parts)
    seen = vae.training_for(learnt_from).epochs * learnt_from
    return 0 if weights < 2 or seen < _WORTH_A_PROCESS else network_workers(weights)


def model_folder(run_folder: str | Path, requested: KLWeight, *, repeated: bool = False) -> Path:
    """The folder in which a study keeps the model of a KL weight, or that of its repetition."""
    name = _weight_name(requested)
    return Path(run_folder) / "models" / (f"{name}-repeated" if repeated else name)


def _weight_name(requested: KLWeight) -> str:
    return requested if isinstance(requested, str) else f"{requested:g}"


def fit_all(
    candidates: Sequence[VAE],
    dataset: ImageDataset,
    folder: Path | None,
    workers: int,
    *,
    seed: int,
) -> Generator[tuple[VAE, float], None, None]:
    """Fit VAEs with different KL weights, and yield each with the seconds that it took.

    Args:
        candidates: to fit.
        dataset: their images.
        folder: where their models are kept, or None.
        workers: processes of one thread each, which yield each as it ends; 0 fits them here.
        seed: of all but those that are repeated.

    Yields:
        A fitted VAE, and the duration of its training.
    """
    if not workers:
        for vae in candidates:
            started = time.perf_counter()
            vae.fit(dataset)
            seconds = time.perf_counter() - started
            if folder is not None:
                vae.save(_place_of(vae, folder, seed), overwrite=True)
            yield vae, seconds
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        fits = in_processes(
            _fit_and_save,
            # A slice drags along the set that it is of.
            (dataclasses.replace(dataset, whole=None), place, seed),
            candidates,
            workers=min(workers, len(candidates)),
            threads=1,
            label=lambda vae: f"KL weight {_weight_name(vae.kl_weight)}",
        )
        with contextlib.closing(fits):
            for vae, seconds in fits:
                yield VAE.load(_place_of(vae, place, seed)), seconds


def _place_of(vae: VAE, folder: Path, seed: int) -> Path:
    return model_folder(folder, vae.kl_weight, repeated=vae.seed != seed)


def _fit_and_save(shared: tuple[ImageDataset, Path, int], vae: VAE) -> float:
    dataset, folder, seed = shared
    started = time.perf_counter()
    vae.fit(dataset)
    seconds = time.perf_counter() - started
    vae.save(_place_of(vae, folder, seed), overwrite=True)
    return seconds
