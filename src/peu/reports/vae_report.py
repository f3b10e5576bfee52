"""A variational auto-encoder as a report: quality, new images, and where images lie."""

from pathlib import Path
from typing import get_args

from PIL import Image

from peu.autoencoders.vae import VAE
from peu.comparison.latent import VAEEvaluation, grid_codes, latent_points
from peu.images.dataset import ImageDataset
from peu.networks.choices import SampleSource
from peu.reports.blocks import (
    Callout,
    Figure,
    KeyValues,
    Listing,
    Paragraph,
    Plate,
    Report,
    Section,
)
from peu.reports.mosaics import in_rows, mosaic, pairs_in_rows
from peu.reports.report_folder import write_report_folder
from peu.reports.table import Column, Table, numbers
from peu.reports.thumbnails import png_uri
from peu.reports.vae_figures import map_figure, terms_figure
from peu.reports.wording import as_pairs, count, duration, footer, number, percent
from peu.settings import settings_to_dict
from peu.version import __version__

_EXAMPLES = 20
_COLUMNS = 5
_SAMPLES = 20


def write_vae_report(
    model: VAE,
    dataset: ImageDataset,
    found: VAEEvaluation,
    folder: str | Path,
) -> Path:
    """Write `report.html`, `report.json` and every figure as PNG.

    Args:
        model: a variational auto-encoder.
        dataset: images to show; the held-out ones if the model was trained on this set.
        found: its figures on them.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    shown = model.split(dataset).test[:_EXAMPLES]
    reach = model.reach
    drawn = {
        source: mosaic(in_rows(model.sample(_SAMPLES, source=source)[1], _COLUMNS))
        for source in get_args(SampleSource)
    }
    reconstructions = mosaic(pairs_in_rows(shown, model.reconstruct(shown), _COLUMNS))
    grid = mosaic(model.decode(grid_codes(-reach, reach, 10, model.latent_dim)))
    terms = terms_figure(model.history_.metrics)
    latent_map = map_figure(latent_points(model, dataset))
    report = Report(
        title=f"A map of {dataset.name}",
        subtitle=(
            f"{count(model.latent_dim, 'dimension')}, trained on "
            f"{count(model.n_images_, 'image')}, measured on "
            f"{count(found.figures.images, 'image')}: {found.tested_on}"
        ),
        blocks=(
            _verdict(found, model.latent_dim),
            Section("How training went", (Listing(model.history_.notes), terms)),
            Section(
                "Reconstructions",
                (
                    _plate(
                        reconstructions,
                        "Held-out images, and below each its reconstruction from its code's mean.",
                    ),
                ),
            ),
            Section(
                "The latent space",
                (
                    _plate(
                        grid,
                        f"What the decoder draws from {-reach:g} to {reach:g}: the "
                        "first dimension to the right, the second upwards.",
                    ),
                    latent_map,
                ),
            ),
            Section(
                "New images",
                (
                    _plate(drawn["images"], "Codes drawn where the training images lie, decoded."),
                    _plate(
                        drawn["prior"],
                        "Codes drawn from the standard normal, decoded. They look worse than "
                        "those above where the images do not fill it.",
                    ),
                ),
            ),
            _theory(model, found),
            Section("Reproduce this run", (KeyValues(_provenance(model, dataset)),)),
        ),
        footer=footer(__version__),
    )
    numbers = {
        "format": 1,
        **found.to_dict(),
        "history": {name: list(values) for name, values in model.history_.metrics.items()},
        "bounds": model.spectrum_.bounds.tolist(),
        "notes": list(model.history_.notes),
    }
    plots: dict[str, Figure | Image.Image] = {
        "terms": terms,
        "map": latent_map,
        "grid": grid,
        "reconstructions": reconstructions,
        **{f"samples_of_{source}": image for source, image in drawn.items()},
    }
    return write_report_folder(Path(folder), report, numbers, plots)


def _provenance(model: VAE, dataset: ImageDataset) -> tuple[tuple[str, str], ...]:
    return as_pairs(
        {
            "seed": model.seed,
            "images' fingerprint (SHA-256)": dataset.fingerprint,
            "training time": duration(model.history_.seconds),
            "peu": model.version_,
            **settings_to_dict(model),
        }
    )


def _verdict(found: VAEEvaluation, latent: int) -> Callout:
    figures = found.figures
    shown = [
        ("evidence lower bound, nats", number(figures.elbo, 1)),
        ("mean squared error", number(figures.mse, 4)),
        ("dimensions in use", f"{figures.active_units} of {latent}"),
    ]
    if figures.knn_accuracy is not None:
        shown.append(("nearest neighbours right", percent(figures.knn_accuracy)))
    if figures.active_units == latent:
        text = "Every dimension carries information about the images."
    elif figures.active_units:
        text = (
            f"{figures.active_units} of {latent} dimensions carry information; the others stayed "
            "at the prior, and their values change nothing."
        )
    else:
        text = (
            "The latent space has collapsed: the decoder draws the same image for every code. The "
            "kl_weight is too large, or training was too short."
        )
    tone = "verdict" if figures.active_units else "warning"
    return Callout("Verdict", text, tone=tone, facts=tuple(shown))  # type: ignore[arg-type]


def _theory(model: VAE, found: VAEEvaluation) -> Section:
    rows = tuple(
        (
            index,
            variance,
            bound,
            kl,
            "below" if found.kl_weight < bound else "above",
        )
        for index, (variance, bound, kl) in enumerate(
            zip(
                model.spectrum_.eigenvalues,
                model.spectrum_.bounds,
                found.figures.kl,
                strict=True,
            ),
            start=1,
        )
    )
    return Section(
        "What the images allow",
        (
            Paragraph(
                "A kl_weight c stands for pixels with noise of variance c D / 2. A dimension is "
                "worth its nats only where that is less than the images vary along a principal "
                f"component: c must stay below 2 lambda / D. Here it ended at "
                f"{found.kl_weight:.3g}."
            ),
            Table(
                caption="Principal components of the training images, and the divergence of "
                "dimensions on held-out images; the two need not go by the same number",
                columns=(
                    Column("Number", numeric=True),
                    *numbers("Variance lambda", "Bound 2 lambda / D", format=".4g"),
                    Column("Divergence, nats", ".2f"),
                    Column("The kl_weight is"),
                ),
                rows=rows,
            ),
        ),
    )


def _plate(image: Image.Image, caption: str) -> Plate:
    return Plate(png_uri(image), alternative=caption, caption=caption)
