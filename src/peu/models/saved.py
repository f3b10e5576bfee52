"""Saved models read back, once their hashes, their format and their shapes hold."""

from pathlib import Path
from typing import Any

from peu.errors import BundleError
from peu.images.resizing import check_image_size
from peu.models.bundle import read_manifest
from peu.models.onnx_model import OnnxModel
from peu.models.predictor import KIND, Predictor
from peu.models.probability_model import ProbabilityModel
from peu.models.trust import FILE_NAME as TRUST_FILE
from peu.models.trust import Trust


def load(folder: str | Path) -> Predictor:
    """Load a saved classifier once its hashes, its format and its shapes hold.

    Raises:
        BundleError: no bundle, damaged, foreign or inconsistent.
    """
    place = Path(folder)
    manifest = read_manifest(place, KIND)
    try:
        check_image_size(tuple(manifest["image_size"]), manifest["resize_mode"])
        predictor = Predictor(
            model=_read_model(place, manifest),
            class_names=_read_class_names(manifest["class_names"]),
            resize_mode=manifest["resize_mode"],
            recipe=_read_object(manifest["recipe"]),
            history={
                name: tuple(float(each) for each in values)
                for name, values in manifest["history"].items()
            },
            provenance=_read_object(manifest["provenance"]),
            trust=_read_trust(place, manifest),
        )
        image_size = tuple(manifest["image_size"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"The manifest of `{place}` must be complete. It is not: {error}. "
            "Train and save the model again."
        ) from error
    shapes = (predictor.image_size, predictor.model.class_count)
    if shapes != (image_size, len(predictor.class_names)):
        raise BundleError(
            f"`{place}` must hold a model for {image_size} pixels and "
            f"{len(predictor.class_names)} classes, as its manifest says. Received: "
            f"{shapes[0]} and {shapes[1]}. Train and save the model again."
        )
    return predictor


def _read_model(folder: Path, manifest: dict[str, Any]) -> ProbabilityModel:
    name = manifest["model"]
    if name not in manifest["files"]:
        raise BundleError(
            f"The manifest of `{folder}` must list the model's file with its hash. It has none of "
            f"{name!r}. Train and save the model again."
        )
    if name == OnnxModel.file_name:
        return OnnxModel.read(folder)
    # A prediction does not wait for what its own model does not need.
    from peu.models.ensemble import EnsembleModel
    from peu.models.fisher import FisherMachine
    from peu.models.kernel_machine import KernelMachine
    from peu.models.onnx_network import OnnxNetwork
    from peu.models.sized_model import SizedModel

    if name == EnsembleModel.file_name:
        return EnsembleModel.read(folder, load)
    if name == OnnxNetwork.file_name and OnnxNetwork.keras_name in manifest["files"]:
        return OnnxNetwork.read(folder)
    for model in (KernelMachine, FisherMachine, SizedModel):
        if name == model.file_name:
            return model.read(folder)
    raise BundleError(
        f"The manifest of `{folder}` must name a model file of peu. Received: {name!r}. "
        "Update peu, or train again."
    )


def _read_trust(folder: Path, manifest: dict[str, Any]) -> Trust:
    name = manifest["trust"]
    if name is None:
        return Trust()
    if name != TRUST_FILE or name not in manifest["files"]:
        raise ValueError(f"it must list {TRUST_FILE} with its hash, not {name!r}")
    return Trust.read(folder, class_count=len(manifest["class_names"]), files=manifest["files"])


def _read_class_names(stored: Any) -> tuple[str, ...]:
    good = isinstance(stored, list) and all(isinstance(name, str) and name for name in stored)
    if not good or len(set(stored)) != len(stored):
        raise ValueError(f"`class_names` must be different names, not {stored!r}")
    return tuple(stored)


def _read_object(stored: Any) -> dict[str, Any]:
    if not isinstance(stored, dict):
        raise TypeError(f"`recipe` and `provenance` must be objects, not {stored!r}")
    return stored
