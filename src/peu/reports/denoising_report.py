"""A denoiser as a report: how much better it is than the noise and than classical filters."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from peu import __version__
from peu.autoencoders.passes import passes_of
from peu.comparison.denoising import DenoisingFigures, LevelFigures
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.recipes.autoencoders import autoencoder_to_dict
from peu.recipes.denoising import Denoising, ImageLoss
from peu.reports.denoising_figures import (
    denoising_loss_figure,
    quality_figure,
    quality_table,
)
from peu.reports.drawing import number
from peu.reports.images import png_uri
from peu.reports.mosaics import mosaic
from peu.reports.report import (
    Block,
    Callout,
    Details,
    KeyValues,
    Listing,
    Paragraph,
    Plate,
    Report,
    Section,
)
from peu.reports.report_folder import write_report_folder
from peu.reports.wording import count, duration, facts


def write_denoising_report(
    model: Autoencoder, dataset: ImageDataset, found: DenoisingFigures, folder: str | Path
) -> Path:
    """Write `report.html`, `report.json` and every figure as PNG.

    Args:
        model: a denoiser.
        dataset: the set that it was measured on.
        found: its figures, of at least one level.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    loss = denoising_loss_figure(model.history.metrics, _loss_of(model))
    quality = [quality_figure(levels) for levels in _by_kind(found.levels)]
    plates = {f"images-{_plain(level)}": examples_of(found, level) for level in found.levels}
    report = Report(
        title=f"Noise taken out of {dataset.name}",
        subtitle=(
            f"Learnt from {count(int(model.provenance['images']), 'image')} and measured on "
            f"{count(found.images, 'image')} that it has not seen"
        ),
        blocks=(
            verdict_on(found),
            Section("Level by level", (*quality, quality_table(found.levels), _settings(found))),
            Section("Side by side", tuple(_plates(found, plates))),
            Section(
                "How training went",
                (*((Listing(model.history.notes),) if model.history.notes else ()), loss),
            ),
            _method(found),
            _provenance(model, dataset),
        ),
        footer=f"Made by peu {__version__}. This page needs no network and no other file.",
    )
    numbers = {
        "format": 1,
        **found.to_dict(),
        "history": {name: list(values) for name, values in model.history.metrics.items()},
        "notes": list(model.history.notes),
    }
    drawings = {
        "loss": loss.png,
        **{
            f"quality-{levels[0].noise.kind}": figure.png
            for levels, figure in zip(_by_kind(found.levels), quality, strict=True)
        },
        **{name: _png(image) for name, image in plates.items()},
    }
    return write_report_folder(Path(folder), report, numbers, drawings)


def _loss_of(model: Autoencoder) -> ImageLoss:
    return model.recipe.loss if isinstance(model.recipe, Denoising) else "mse"


def examples_of(found: DenoisingFigures, level: LevelFigures) -> Image.Image:
    """Lay out examples at one level: clean, noisy, denoised, and the two best filters."""
    return mosaic(np.stack([found.clean, *level.examples.values()]))


def verdict_on(found: DenoisingFigures) -> Callout:
    """Say how the denoiser did where there is most noise, and where it does harm."""
    level = min(found.levels, key=lambda one: one.noisy_psnr)
    best = level.best_classical
    text = (
        f"At {level.noise} the denoiser reaches {number(level.psnr, 1)} dB, "
        f"{_apart(level.psnr, level.noisy_psnr)} the noisy images"
    )
    if best is not None:
        text += (
            f", and {_apart(level.psnr, level.classical[best].psnr)} the best of the classical "
            f"filters, {best}"
        )
    harmed = [str(one.noise) for one in found.levels if one.psnr < one.noisy_psnr]
    return Callout(
        "Verdict",
        f"{text}. Ten decibels are a tenth of the squared error.",
        tone="warning" if harmed else "verdict",
        facts=(
            ("PSNR", f"{number(level.psnr, 2)} dB"),
            ("structural similarity", number(level.ssim)),
            ("PSNR of the noisy images", f"{number(level.noisy_psnr, 2)} dB"),
        ),
        items=(
            (
                (
                    f"It does harm at {', '.join(harmed)}: the noisy images are nearer to the "
                    "clean ones than what it makes of them."
                ),
            )
            if harmed
            else ()
        ),
    )


def _apart(value: float, other: float) -> str:
    return f"{number(abs(value - other), 1)} {'above' if value >= other else 'below'}"


def _settings(found: DenoisingFigures) -> Block:
    lines = []
    for level in found.levels:
        for name, one in level.classical.items():
            chosen = ", ".join(f"{setting} {value}" for setting, value in one.settings.items())
            lines.append(f"{level.noise}, {name}: {chosen}")
    return Details("The filters' settings", (Listing(tuple(lines)),) if lines else ())


def _plates(found: DenoisingFigures, plates: dict[str, Image.Image]) -> list[Plate]:
    return [
        Plate(
            png_uri(image),
            f"Examples at noise {level.noise}.",
            f"Noise {level.noise}. From the top: clean, {', '.join(level.examples)}.",
        )
        for level, image in zip(found.levels, plates.values(), strict=True)
    ]


def _method(found: DenoisingFigures) -> Section:
    said = (
        f"{count(found.images, 'image')} that the denoiser has not learnt from were disturbed "
        "once for each level, clipped to what an image can hold, and given to every method. PSNR "
        "and structural similarity are means over these images."
    )
    tuned = (
        "The settings of the classical filters were chosen on "
        f"{count(found.tuned_on, 'other image')} for each level, by PSNR, with and without "
        "undoing the bias of clipping."
    )
    return Section(
        "How it was measured",
        (Paragraph(said), *((Paragraph(tuned),) if found.tuned_on else ())),
    )


def _provenance(model: Autoencoder, dataset: ImageDataset) -> Section:
    recipe = {
        name: value for name, value in autoencoder_to_dict(model.recipe).items() if name != "format"
    }
    passes = passes_of(model)
    return Section(
        "To do it again",
        (
            KeyValues(
                facts(
                    {
                        "seed": model.provenance.get("seed", 0),
                        "images' fingerprint (SHA-256)": dataset.fingerprint,
                        "training": duration(model.history.seconds),
                        "parameters": model.provenance.get("parameters"),
                        "peu": model.provenance.get("peu", ""),
                        "runs on shifted copies": "yes" if passes.shifted else "no",
                        "rounds on noisier images": passes.rounds,
                        **recipe,
                    }
                )
            ),
        ),
    )


def _by_kind(levels: tuple[LevelFigures, ...]) -> list[list[LevelFigures]]:
    kinds: dict[str, list[LevelFigures]] = {}
    for level in levels:
        kinds.setdefault(level.noise.kind, []).append(level)
    return list(kinds.values())


def _plain(level: LevelFigures) -> str:
    return str(level.noise).replace(":", "-")


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
