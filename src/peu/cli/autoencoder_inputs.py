"""What the commands of `peu denoise` and `peu vae` share: inputs, notes, output files."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from peu.cli.console import remark, showing_progress
from peu.errors import DataError, DiskError, RecipeError, ResourceError
from peu.networks.choices import KLWeight
from peu.wording import quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from peu.autoencoders.autoencoder import Autoencoder
    from peu.autoencoders.vae import VAE
    from peu.images.dataset import ImageDataset

Part = Literal["train", "validation", "test"]
_KNOWN_DATASETS = ("mnist", "digits", "samples", "caltech4")

SavedDenoiser = Annotated[
    Path, typer.Argument(help="Folder of a model that `peu denoise train` wrote.")
]
SavedVAE = Annotated[Path, typer.Argument(help="Folder of a model that `peu vae train` wrote.")]
TrainingData = Annotated[
    str | None,
    typer.Argument(
        help="A folder of images, a CSV, zip or npz file, or a known dataset. Default: mnist, or "
        "digits where it is not available.",
        show_default=False,
    ),
]
TestData = Annotated[
    str | None,
    typer.Argument(
        help="Images. Default: the training dataset, if it is a known one.", show_default=False
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(help="Images, folders of images, or known datasets such as mnist."),
]
OfPart = Annotated[
    Part | None,
    typer.Option(
        "--part", help="Only the images of this part, where a dataset has parts as mnist has."
    ),
]
FirstOnly = Annotated[
    int | None,
    typer.Option("--first", help="Only the first so many images of each dataset.", min=1),
]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Folder for a report with its figures.")
]


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; the others are None."""
    return {name: value for name, value in options.items() if value is not None}


def read_kl_weight(text: str, option: str = "--kl-weight") -> KLWeight:
    """Parse a KL weight: a number or auto.

    Raises:
        RecipeError: it is neither.
    """
    if text.strip().lower() == "auto":
        return "auto"
    try:
        return float(text)
    except ValueError as error:
        raise RecipeError(
            f"`{option}` must be a number above 0, or auto. Received: {text!r}. auto finds "
            "the number that suits the images."
        ) from error


@contextlib.contextmanager
def showing_training(*, quiet: bool) -> Iterator[None]:
    """Draw progress, and print what auto-encoders note while they train."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            remark(record.getMessage(), quiet=quiet)

    logger, handler = logging.getLogger("peu.autoencoders"), Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with showing_progress(quiet=quiet):
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def open_images(data: str | None, *, quiet: bool) -> "ImageDataset":
    """Open a dataset with or without classes; the default is MNIST, or the built-in digits.

    Raises:
        DataError: images that cannot be used.
    """
    from peu.images.loading import load_images

    if data is None:
        try:
            return load_images("mnist", labels_required=False)
        except DiskError:
            raise
        except ResourceError:
            remark("MNIST is not available here: using the built-in digits.", quiet=quiet)
            data = "digits"
    dataset = load_images(data, labels_required=False)
    if dataset.set_aside:
        remark(f"{len(dataset.set_aside)} files set aside; see `peu describe`.", quiet=quiet)
    return dataset


def open_test_images(model: "Autoencoder", data: str | None, *, quiet: bool) -> "ImageDataset":
    """Open images to test a model on; the default is its training dataset, if known by name.

    Raises:
        DataError: no images were named, and the training dataset is not a known one.
    """
    if data is None and model.dataset_name_ not in _KNOWN_DATASETS:
        raise DataError(
            "Expected images to test on. The model learnt from "
            f"{quoted(model.dataset_name_)}, which is not a known dataset. Name its folder."
        )
    return open_images(data or model.dataset_name_, quiet=quiet)


def open_sources(
    sources: Sequence[str], *, part: Part | None = None, first: int | None = None
) -> "tuple[list[ImageDataset], list[str]]":
    """Open each of several files, folders and known datasets.

    Args:
        sources: a path or the name of a known dataset each.
        part: take the images of this part alone.
        first: take at most so many images of each.

    Returns:
        The datasets, and a sentence for everything that was set aside.

    Raises:
        DataError: none of the sources holds a usable image, or one has no such part.
    """
    from peu.images.loading import load_images

    datasets: list[ImageDataset] = []
    unusable: list[DataError] = []
    for source in sources:
        try:
            dataset = load_images(source, labels_required=False)
        except DataError as error:
            unusable.append(error)
        else:
            datasets.append(_of_part(dataset, part)[:first])
    if not datasets:
        raise unusable[0]
    set_aside = [f"{item.path}: {item.reason}" for each in datasets for item in each.set_aside]
    return datasets, [f"Set aside: {reason}" for reason in (*set_aside, *unusable)]


def open_pixels(
    vae: "VAE",
    sources: Sequence[str],
    *,
    quiet: bool,
    part: Part | None = None,
    first: int | None = None,
) -> "tuple[list[str], NDArray[np.uint8]]":
    """Read images in the form that a VAE takes.

    Args:
        vae: fitted.
        sources: as in `open_sources`, as are `part` and `first`.
        quiet: say nothing about what was set aside.
        part: of the datasets.
        first: of the images.

    Returns:
        Their names, and pixels (n, height, width, channels).

    Raises:
        DataError: none of the sources holds a usable image, or one has no such part.
    """
    import numpy as np

    datasets, remarks = open_sources(sources, part=part, first=first)
    for sentence in remarks:
        remark(sentence, quiet=quiet)
    names = [str(path) for dataset in datasets for path in dataset.paths]
    return names, np.concatenate([vae.pixels(dataset) for dataset in datasets])


def _of_part(dataset: "ImageDataset", part: Part | None) -> "ImageDataset":
    if part is None:
        return dataset
    chosen = [at for at, own in enumerate(dataset.parts) if own == part]
    if not chosen:
        known = ", ".join(sorted(set(dataset.parts) - {""})) or "none"
        raise DataError(
            f"Expected images in the part {part} of {quoted(dataset.name)}. Its parts: {known}. "
            "Leave out --part."
        )
    return dataset[chosen]


def save_image(image: "Image", path: Path) -> None:
    """Write an image as PNG, whole or not at all.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    from peu.files import replacing

    with replacing(path) as draft:
        image.save(draft, format="PNG")
