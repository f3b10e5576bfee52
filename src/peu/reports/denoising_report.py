"""A denoiser as a report: how much better it is than the noise and than classical filters."""

from pathlib import Path

import numpy as np
from PIL import Image

from peu.autoencoders.denoiser import Denoiser
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation
from peu.images.dataset import ImageDataset
from peu.reports.blocks import (
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
from peu.reports.denoising_figures import denoising_loss_figure, quality_figure, quality_table
from peu.reports.mosaics import mosaic
from peu.reports.report_folder import write_report_folder
from peu.reports.thumbnails import png_uri
from peu.reports.wording import as_pairs, count, duration, footer, number
from peu.settings import settings_to_dict
from peu.version import __version__


def write_denoising_report(
    model: Denoiser, dataset: ImageDataset, found: DenoisingEvaluation, folder: str | Path
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
    training = denoising_loss_figure(model.history_.metrics, model.loss)
    kinds = dict.fromkeys(level.noise.kind for level in found.levels)
    quality = {
        f"quality-{kind}": quality_figure([one for one in found.levels if one.noise.kind == kind])
        for kind in kinds
    }
    examples = {
        f"images-{str(level.noise).replace(':', '-')}": examples_of(found, level)
        for level in found.levels
    }
    # With one level the table under the figure is the whole table.
    table = (quality_table(found.levels),) if len(found.levels) > 1 else ()
    report = Report(
        title=f"Denoising {dataset.name}",
        subtitle=(
            f"Trained on {count(model.n_images_, 'image')} and measured on "
            f"{count(found.images, 'image')} not used in training"
        ),
        blocks=(
            verdict_on(found),
            Section("Level by level", (*quality.values(), *table, _settings(found))),
            Section(
                "Side by side",
                tuple(
                    Plate(
                        png_uri(image),
                        f"Examples at noise {level.noise}.",
                        f"Noise {level.noise}. From the top: clean, {', '.join(level.examples)}.",
                    )
                    for level, image in zip(found.levels, examples.values(), strict=True)
                ),
            ),
            Section("How training went", (Listing(model.history_.notes), training)),
            _method(found),
            _provenance(model, dataset),
        ),
        footer=footer(__version__),
    )
    numbers = {
        "format": 1,
        **found.to_dict(),
        "history": {name: list(values) for name, values in model.history_.metrics.items()},
        "notes": list(model.history_.notes),
    }
    return write_report_folder(
        Path(folder), report, numbers, {"loss": training, **quality, **examples}
    )


def examples_of(found: DenoisingEvaluation, level: LevelEvaluation) -> Image.Image:
    """Examples at one level, a row each: clean, noisy, denoised, and the best filters."""
    return mosaic(np.stack([found.clean, *level.examples.values()]))


def verdict_on(found: DenoisingEvaluation) -> Callout:
    """How the denoiser did where there is most noise, and where it does harm."""
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
        f"{text}. 10 dB more is a tenth of the squared error.",
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
                    "clean ones than its output."
                ),
            )
            if harmed
            else ()
        ),
    )


def _apart(value: float, other: float) -> str:
    return f"{number(abs(value - other), 1)} {'above' if value >= other else 'below'}"


def _settings(found: DenoisingEvaluation) -> Block:
    lines = []
    for level in found.levels:
        for name, one in level.classical.items():
            chosen = ", ".join(f"{setting} {value}" for setting, value in one.settings.items())
            lines.append(f"{level.noise}, {name}: {chosen}")
    return Details("The filters' settings", (Listing(tuple(lines)),) if lines else ())


def _method(found: DenoisingEvaluation) -> Section:
    said = (
        f"{count(found.images, 'image')} not used in training were made noisy once for each "
        "level, clipped to the range of intensities, and given to every method. PSNR "
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


def _provenance(model: Denoiser, dataset: ImageDataset) -> Section:
    inference = model.inference_
    return Section(
        "Reproduce this run",
        (
            KeyValues(
                as_pairs(
                    {
                        "seed": model.seed,
                        "images' fingerprint (SHA-256)": dataset.fingerprint,
                        "training time": duration(model.history_.seconds),
                        "parameters": model.n_parameters_,
                        "peu": model.version_,
                        "runs on shifted copies": "yes" if inference.shifted else "no",
                        "rounds on noisier images": inference.rounds,
                        **settings_to_dict(model),
                    }
                )
            ),
        ),
    )
