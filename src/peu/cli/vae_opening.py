"""What the commands of `peu vae` open: a set, a model, images for a model, a file to write."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli.console import remark
from peu.errors import DataError, RecipeError, ResourceError
from peu.recipes.variational import KLWeight
from peu.wording import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from peu.images.dataset import ImageDataset
    from peu.models.autoencoder import Autoencoder

_KNOWN_SETS = ("mnist", "digits", "samples", "caltech4")

Model = Annotated[Path, typer.Argument(help="Folder of a model that `peu vae train` wrote.")]
Latent = Annotated[int, typer.Option("--latent", help="Dimensions of the map.", min=1)]


def read_kl_weight(text: str, option: str = "--kl-weight") -> KLWeight:
    """Read a kl_weight, a number or auto, as `option` gives it.

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


def open_set(data: str | None, *, quiet: bool) -> "ImageDataset":
    """Open images with or without classes; without a name MNIST, or what needs no network.

    Raises:
        DataError: images that cannot be used.
    """
    from peu.images.catalog import open_dataset

    if data is None:
        try:
            return open_dataset("mnist", labels_required=False)
        except ResourceError:
            remark("MNIST is not to be had here: taking the built-in digits.", quiet=quiet)
            data = "digits"
    dataset = open_dataset(data, labels_required=False)
    if dataset.set_aside:
        remark(f"{len(dataset.set_aside)} files set aside; see `peu describe`.", quiet=quiet)
    return dataset


def own_set(model: "Autoencoder", data: str | None) -> str:
    """Give the name of the set that is meant, where none was named that of the training.

    Raises:
        DataError: none was named, and the training's own set is no known one.
    """
    if data is not None:
        return data
    name = str(model.provenance.get("dataset"))
    if name in _KNOWN_SETS:
        return name
    raise DataError(
        f"Expected the images to measure on. The model learnt from {shown(name)}, which is no "
        "set known by name. Name the folder."
    )


def open_images(
    model: "Autoencoder", sources: Sequence[str], *, quiet: bool
) -> "tuple[list[str], NDArray[np.uint8]]":
    """Read images in the form that a model takes.

    Returns:
        Their names, and pixels (n, height, width, channels).

    Raises:
        DataError: none of the sources holds a usable image.
    """
    import numpy as np

    from peu.autoencoders.images import image_pixels
    from peu.comparison.latent import variational_recipe
    from peu.images.dataset import load_dataset

    recipe = variational_recipe(model)
    names: list[str] = []
    parts: list[Any] = []
    unusable: list[DataError] = []
    for source in sources:
        try:
            dataset = load_dataset(source, labels_required=False)
        except DataError as error:
            unusable.append(error)
            continue
        for item in dataset.set_aside:
            remark(f"Set aside: {item.path}: {item.reason}", quiet=quiet)
        names += [str(path) for path in dataset.paths]
        channels: Any = "grey" if model.channels == 1 else "colour"
        parts.append(image_pixels(dataset, model.image_size, recipe.resize_mode, channels))
    for trouble in unusable if parts else unusable[1:]:
        remark(f"Set aside: {trouble}", quiet=quiet)
    if not parts:
        raise unusable[0]
    return names, np.concatenate(parts)


def check_file(path: Path, *, overwrite: bool, ending: str = ".png") -> None:
    """Refuse a file that is there already, or whose name says another format.

    Raises:
        RecipeError: another ending.
        ResourceError: it exists and is not to be replaced.
    """
    if path.suffix.lower() != ending:
        raise RecipeError(
            f"`--output` must be a file that ends in {ending}. Received: {shown(path)}. Choose "
            "another name."
        )
    if path.exists() and (path.is_dir() or not overwrite):
        raise ResourceError(
            f"{shown(path)} must not exist yet: nothing is overwritten unasked. Choose another "
            "name with --output, or say --overwrite."
        )


def save_image(image: Any, path: Path) -> None:
    """Write an image as PNG, whole or not at all.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    from peu.files import replacing

    with replacing(path) as draft:
        image.save(draft, format="PNG")
