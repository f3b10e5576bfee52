"""The fitted auto-encoder: images in, images out, and what lies between."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.files import replacing
from peu.models.bundle import read_manifest, write_bundle
from peu.networks.backend import keras
from peu.networks.history import History
from peu.networks.vae import Sampling
from peu.recipes.autoencoders import AutoencoderRecipe, autoencoder_from_dict, autoencoder_to_dict

KIND = "autoencoder"
_BATCH_SIZE = 128


@dataclass(frozen=True, eq=False, kw_only=True)
class Autoencoder:
    """Hold the networks of a fitted auto-encoder: a denoiser, or an encoder and a decoder.

    Attributes:
        networks: keras.Model by name, those that the recipe's `networks` names. What takes
            images takes pixels of 0 to 255, (n, height, width, channels); what gives images
            gives intensities of 0 to 1.
        image_size: (height, width) in pixels of the images that it learnt from.
        channels: 1 for grey, 3 for red, green and blue.
        recipe: what it was learnt by.
        history: the figures of its training.
        provenance: where it comes from: data fingerprint, seed, versions.

    Example:
        >>> model = Autoencoder.load("model/")  # doctest: +SKIP
        >>> clean = model.run("denoiser", pixels)  # doctest: +SKIP
    """

    networks: Mapping[str, Any]
    image_size: tuple[int, int]
    channels: int
    recipe: AutoencoderRecipe
    history: History = field(default_factory=History)
    provenance: dict[str, Any] = field(default_factory=dict)

    def run(
        self, name: str, inputs: NDArray[Any], batch_size: int = _BATCH_SIZE
    ) -> NDArray[np.float32]:
        """Run one of the networks, a batch at a time.

        Args:
            name: of the network.
            inputs: (n, ...) of what it takes.
            batch_size: how many at a time; it bounds the memory.

        Returns:
            (n, ...) of what it gives; of several outputs, the first.
        """
        network = self.networks[name]
        if len(inputs) == 0:
            first = network.outputs[0].shape[1:]
            sizes = [
                inputs.shape[at + 1] if size is None else size for at, size in enumerate(first)
            ]
            return np.zeros((0, *sizes), np.float32)
        return np.concatenate(list(_batches(network, inputs, batch_size)))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Save as a bundle: a folder with a manifest and a file for each network.

        Args:
            folder: must not exist, unless `overwrite` is set.
            overwrite: replace a bundle that is there.

        Raises:
            ResourceError: the folder exists, or the disk is full.
        """
        manifest = {
            "kind": KIND,
            "image_size": list(self.image_size),
            "channels": self.channels,
            "recipe": autoencoder_to_dict(self.recipe),
            "history": dataclasses.asdict(self.history),
            "provenance": self.provenance,
        }
        write_bundle(Path(folder), manifest, self._write, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> "Autoencoder":
        """Load a bundle once its hashes, its format and its shapes hold.

        Raises:
            BundleError: no bundle, damaged, foreign or inconsistent.
        """
        place = Path(folder)
        manifest = read_manifest(place, KIND)
        try:
            recipe = autoencoder_from_dict(manifest["recipe"])
            height, width = manifest["image_size"]
            history = manifest["history"]
            model = cls(
                networks={name: _read(place, name, manifest) for name in recipe.networks},
                image_size=(int(height), int(width)),
                channels=int(manifest["channels"]),
                recipe=recipe,
                history=History(
                    {name: tuple(values) for name, values in history["metrics"].items()},
                    float(history["seconds"]),
                    tuple(history["notes"]),
                ),
                provenance=dict(manifest["provenance"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"The manifest of `{place}` must be complete. It is not: {error}. "
                "Train and save the model again."
            ) from error
        takes = model.networks[recipe.networks[0]].inputs[0].shape
        fits = len(takes) == 4 and all(
            size in (None, wanted)
            for size, wanted in zip(takes[1:], (*model.image_size, model.channels), strict=True)
        )
        if not fits:
            raise BundleError(
                f"`{place}` must hold a network for images of {model.image_size} pixels and "
                f"{model.channels} channels, as its manifest says. Received: {tuple(takes)}. Train "
                "and save the model again."
            )
        return model

    def _write(self, folder: Path) -> None:
        for name, network in self.networks.items():
            with replacing(folder / f"{name}.keras") as draft:
                network.save(draft)


def _batches(network: Any, inputs: NDArray[Any], batch_size: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(inputs), batch_size):
        outputs = network(inputs[start : start + batch_size], training=False)
        first = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
        yield keras.ops.convert_to_numpy(first).astype(np.float32)


def _read(folder: Path, name: str, manifest: dict[str, Any]) -> Any:
    file_name = f"{name}.keras"
    if file_name not in manifest["files"]:
        raise BundleError(
            f"The manifest of `{folder}` must vouch for {file_name}. It has no hash of it. Train "
            "and save the model again."
        )
    path = folder / file_name
    try:
        network = keras.saving.load_model(
            path, custom_objects={"peu>Sampling": Sampling}, compile=False, safe_mode=True
        )
        shapes = [tensor.shape for tensor in (*network.inputs, *network.outputs)]
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must be a network that peu saved. It could not be loaded: {reason[:200]} "
            "Train and save the model again."
        ) from error
    if len(network.inputs) != 1 or not shapes:
        raise BundleError(
            f"`{path}` must take one tensor. Received: {len(network.inputs)}. Train and save the "
            "model again."
        )
    return network
