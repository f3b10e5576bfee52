"""A variational auto-encoder as a report: how it did, what it draws, where images lie."""

import io
from pathlib import Path
from typing import get_args

from PIL import Image

from peu import __version__
from peu.comparison.latent import LatentEvaluation, images_for, variational_recipe
from peu.comparison.latent_images import (
    decode_grid,
    grid_codes,
    reconstruct,
    sample_images,
    usual_reach,
)
from peu.comparison.latent_map import map_points
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.recipes.autoencoders import autoencoder_to_dict
from peu.recipes.variational import SampleSource
from peu.reports.drawing import number
from peu.reports.images import png_uri
from peu.reports.mosaics import in_rows, mosaic, pairs_in_rows
from peu.reports.report import (
    Block,
    Callout,
    Column,
    KeyValues,
    Listing,
    Paragraph,
    Plate,
    Report,
    Section,
    Table,
)
from peu.reports.report_folder import write_report_folder
from peu.reports.variational_figures import map_figure, terms_figure
from peu.reports.wording import count, duration, facts, percent

_EXAMPLES = 20
_COLUMNS = 10
_SAMPLES = 20


def write_variational_report(
    model: Autoencoder,
    dataset: ImageDataset,
    found: LatentEvaluation,
    folder: str | Path,
) -> Path:
    """Write `report.html`, `report.json` and every figure as PNG.

    Args:
        model: a variational auto-encoder.
        dataset: images to show: of the set that it learnt from, the held-out ones.
        found: its figures on them.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    recipe = variational_recipe(model)
    shown = images_for(model, dataset).test[:_EXAMPLES]
    reach = usual_reach(model)
    codes = grid_codes(-reach, reach, 10, recipe.latent)
    sampled = {
        source: sample_images(model, _SAMPLES, source=source)[1]
        for source in get_args(SampleSource)
    }
    plates = {
        "reconstructions": mosaic(pairs_in_rows(shown, reconstruct(model, shown), _COLUMNS)),
        "grid": mosaic(decode_grid(model, codes)),
        **{
            f"samples_of_{source}": mosaic(in_rows(images, _COLUMNS))
            for source, images in sampled.items()
        },
    }
    terms = terms_figure(model.history.metrics)
    plane = map_figure(map_points(model, dataset))
    report = Report(
        title=f"A map of {dataset.name}",
        subtitle=(
            f"{count(recipe.latent, 'dimension')}, learnt from "
            f"{count(int(model.provenance['images']), 'image')}, measured on "
            f"{count(found.figures.images, 'image')}: {found.tested_on}"
        ),
        blocks=(
            _verdict(found, recipe.latent),
            Section("How training went", (*_notes(model), terms)),
            Section(
                "Reconstructions",
                (
                    _plate(
                        plates["reconstructions"],
                        "Held-out images, and below each what the model makes of its code's mean.",
                    ),
                ),
            ),
            Section(
                "The latent space",
                (
                    _plate(
                        plates["grid"],
                        f"What the decoder draws from {-reach:g} to {reach:g}: the "
                        "first dimension to the right, the second upwards.",
                    ),
                    plane,
                ),
            ),
            Section(
                "New images",
                (
                    _plate(
                        plates["samples_of_images"],
                        "Codes drawn from where the training's images lie, decoded.",
                    ),
                    _plate(
                        plates["samples_of_prior"],
                        "Codes drawn from the standard normal, decoded. They look worse than "
                        "those above where the images do not fill it.",
                    ),
                ),
            ),
            _theory(model, found),
            Section(
                "To do it again",
                (
                    KeyValues(
                        facts(
                            {
                                "seed": model.provenance.get("seed", 0),
                                "images' fingerprint (SHA-256)": dataset.fingerprint,
                                "training": duration(model.history.seconds),
                                "peu": model.provenance.get("peu", ""),
                                **{
                                    name: value
                                    for name, value in autoencoder_to_dict(recipe).items()
                                    if name != "format"
                                },
                            }
                        )
                    ),
                ),
            ),
        ),
        footer=f"Made by peu {__version__}. This page needs no network and no other file.",
    )
    numbers = {
        "format": 1,
        **found.to_dict(),
        "history": {name: list(values) for name, values in model.history.metrics.items()},
        "bounds": model.provenance["bounds"],
        "notes": list(model.history.notes),
    }
    drawings = {
        **{name: _png(image) for name, image in plates.items()},
        "terms": terms.png,
        "map": plane.png,
    }
    return write_report_folder(Path(folder), report, numbers, drawings)


def _verdict(found: LatentEvaluation, latent: int) -> Callout:
    figures = found.figures
    shown = [
        ("evidence lower bound, nats", number(figures.elbo, 1)),
        ("mean squared error", number(figures.mse, 4)),
        ("dimensions in use", f"{figures.active_units} of {latent}"),
    ]
    if figures.knn_accuracy is not None:
        shown.append(("nearest neighbours right", percent(figures.knn_accuracy)))
    if figures.active_units == latent:
        text = "Every dimension carries something of the images."
    elif figures.active_units:
        text = (
            f"{figures.active_units} of {latent} dimensions carry something; the others stayed at "
            "the prior, and their values change nothing."
        )
    else:
        text = (
            "The map is empty: the decoder draws the same image for every code. The kl_weight "
            "is too large, or training was too short."
        )
    tone = "verdict" if figures.active_units else "warning"
    return Callout("Verdict", text, tone=tone, facts=tuple(shown))  # type: ignore[arg-type]


def _notes(model: Autoencoder) -> tuple[Block, ...]:
    return (Listing(model.history.notes),) if model.history.notes else ()


def _theory(model: Autoencoder, found: LatentEvaluation) -> Section:
    rows = tuple(
        (
            index,
            f"{variance:.4g}",
            f"{bound:.4g}",
            f"{kl:.2f}",
            "below" if found.kl_weight < bound else "above",
        )
        for index, (variance, bound, kl) in enumerate(
            zip(
                model.provenance["variances"],
                model.provenance["bounds"],
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
                    Column("Variance lambda", numeric=True),
                    Column("Bound 2 lambda / D", numeric=True),
                    Column("Divergence, nats", numeric=True),
                    Column("The kl_weight is"),
                ),
                rows=rows,
            ),
        ),
    )


def _plate(image: Image.Image, caption: str) -> Plate:
    return Plate(png_uri(image), alternative=caption, caption=caption)


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
