"""What all auto-encoders share: image settings, training schedule, saving and loading."""

import dataclasses
import importlib
import json
import logging
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pydantic
from numpy.typing import NDArray
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from peu.autoencoders.images import ImageSet, image_pixels, image_set
from peu.errors import BundleError
from peu.estimator import Estimator
from peu.images.dataset import ImageDataset
from peu.images.image_size import Channels
from peu.images.loading import load_images
from peu.images.metadata import short_hash
from peu.images.resizing import ResizeMode
from peu.models.bundle import read_manifest, write_bundle
from peu.networks.history import History
from peu.networks.saving import save_network
from peu.networks.training_settings import (
    Optimizer,
    Precision,
    Schedule,
    TrainingSettings,
    keep_steps,
)
from peu.settings import settings, settings_from_dict, settings_to_dict
from peu.version import __version__

_LOG = logging.getLogger(__name__)
_Side = Annotated[int, Field(ge=8, le=2048)]
_SCHEDULE = (
    "epochs",
    "batch_size",
    "learning_rate",
    "schedule",
    "optimizer",
    "patience",
    "time_limit",
    "precision",
)


@dataclasses.dataclass(kw_only=True)
class LearntAttributes:
    """The attributes of a fitted auto-encoder that its manifest keeps.

    Attributes:
        image_size_: (height, width) in pixels of the training images.
        channels_: 1 for grey, 3 for red, green and blue.
        training_: the schedule, adapted to the number of images.
        history_: the figures of every epoch.
        notes_: sentences about what went differently than expected.
        dataset_name_: name of the dataset.
        fingerprint_: SHA-256 of the dataset.
        n_images_: number of training images.
        n_held_out_: number of images held out.
        tested_on_: where the held-out images come from, in words.
        image_hashes_: of the training images.
        n_parameters_: weights of all networks.
        version_: the version of peu that trained it.
    """

    image_size_: tuple[int, int]
    channels_: int
    training_: TrainingSettings
    history_: History
    notes_: tuple[str, ...]
    dataset_name_: str
    fingerprint_: str
    n_images_: int
    n_held_out_: int
    tested_on_: str
    image_hashes_: tuple[str, ...]
    n_parameters_: int
    version_: str


@settings()
class Autoencoder(Estimator):
    """Base class of auto-encoders.

    A subclass has a `kind`, the names of its `networks` (kept in attributes of these names and an
    underscore), the schedule for many images, and `_train`. The attributes of a fitted one are
    those of `LearntAttributes`.
    """

    kind: ClassVar[str]
    networks: ClassVar[tuple[str, ...]]
    learnt: ClassVar[type[LearntAttributes]] = LearntAttributes
    _meant_for: ClassVar[int]

    image_size: Annotated[
        Annotated[tuple[_Side, _Side], Field(strict=False)] | None,
        Field(
            description="(height, width) in pixels that images are brought to; none takes their "
            "own size where all share one of at most 64, else 64 x 64."
        ),
    ] = None
    resize_mode: Annotated[
        ResizeMode, Field(description="How images of another shape are brought to size.")
    ] = "crop"
    channels: Annotated[
        Channels, Field(description="auto is grey where every image is grey, else colour.")
    ] = "auto"
    test_share: Annotated[
        float,
        Field(gt=0, lt=1, description="Share of images held out, if there is no own test set."),
    ] = 0.2
    restarts: Annotated[
        int, Field(ge=0, le=20, description="Restarts from another seed after a collapse.")
    ] = 3
    epochs: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="Passes over the images; none suits their number."),
    ] = None
    batch_size: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="Images per training step; none suits their number."),
    ] = None
    learning_rate: Annotated[
        Annotated[float, Field(gt=0, le=10)] | None,
        Field(description="Step size of the optimizer; none suits the network."),
    ] = None
    schedule: Annotated[
        Schedule | None, Field(description="How the step size changes; none suits the network.")
    ] = None
    optimizer: Annotated[Optimizer, Field(description="Optimizer.")] = "adam"
    patience: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="Epochs without a lower training loss before stopping."),
    ] = None
    time_limit: Annotated[
        Annotated[float, Field(gt=0)] | None,
        Field(description="Seconds after which training stops at the end of an epoch."),
    ] = None
    precision: Annotated[
        Precision, Field(description="auto takes bfloat16 where the processor supports it.")
    ] = "auto"
    seed: Annotated[int, Field(ge=0, description="Random seed.")] = 0

    @property
    def stride(self) -> int:
        """Sides that are not given are rounded down to a multiple of this."""
        return 1

    def training_for(self, images: int) -> TrainingSettings:
        """The training schedule for a number of training images.

        Fewer images than the network's schedule is meant for get as many steps, in more epochs of
        smaller batches. What the settings give explicitly is kept.
        """
        schedule = keep_steps(
            self._schedule_for_many(),
            images,
            meant_for=self._meant_for,
            batch_size=self.batch_size,
        )
        given = {name: getattr(self, name) for name in _SCHEDULE}
        return dataclasses.replace(
            schedule, **{name: value for name, value in given.items() if value is not None}
        )

    def fit(self, images: ImageDataset | str | Path, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's own
        """Train on images; those of the dataset's test part, or a share, are held out.

        Args:
            images: a dataset, a path, or the name of a known dataset; labels are not used.
            y: ignored.

        Raises:
            DataError: fewer than two different images, or a file that changed.
            RecipeError: the training diverged or collapsed.
            ResourceError: Keras or TensorFlow is not installed.
        """
        # Refused before images are read and epochs announced.
        importlib.import_module("peu.networks.backend")

        dataset = images
        if not isinstance(dataset, ImageDataset):
            dataset = load_images(dataset, labels_required=False)
        split = image_set(
            dataset,
            image_size=self.image_size,
            resize_mode=self.resize_mode,
            channels=self.channels,
            multiple=self.stride,
            test_share=self.test_share,
            seed=self.seed,
        )
        hashes = [short_hash(dataset.hashes[at]) for at in split.train_indices.tolist()]
        self.image_size_ = split.image_size
        self.channels_ = split.channels
        self.dataset_name_ = dataset.name
        self.fingerprint_ = dataset.fingerprint
        self.n_images_ = len(split.train)
        self.n_held_out_ = len(split.test)
        self.tested_on_ = split.tested_on
        self.image_hashes_ = tuple(sorted(hashes))
        self.version_ = __version__
        self.notes_: tuple[str, ...] = ()
        self.training_ = self.training_for(len(split.train))
        usual = self._schedule_for_many()
        if self.epochs is None and self.training_.epochs != usual.epochs:
            _LOG.info(
                "%d images are few: training %d epochs of batches of %d.",
                *(len(split.train), self.training_.epochs, self.training_.batch_size),
            )
        history = self._train(split)
        self.notes_ = (*self.notes_, *history.notes)
        self.history_ = dataclasses.replace(history, notes=self.notes_)
        self.n_parameters_ = sum(
            int(network.count_params()) for network in self._networks().values()
        )
        return self

    def split(self, dataset: ImageDataset) -> ImageSet:
        """Bring a dataset to the form of the training images, split as in `fit`.

        Raises:
            DataError: fewer than two different images.
        """
        check_is_fitted(self)
        return image_set(
            dataset,
            image_size=self.image_size_,
            resize_mode=self.resize_mode,
            channels=self._channel_names(),
            test_share=self.test_share,
            seed=self.seed,
        )

    def pixels(self, images: ImageDataset) -> NDArray[np.uint8]:
        """Images in the form of the training images: (n, height, width, channels)."""
        check_is_fitted(self)
        return image_pixels(images, self.image_size_, self.resize_mode, self._channel_names())

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Save as a bundle: a folder with a manifest and a file for each network.

        Args:
            folder: must not exist, unless `overwrite` is set.
            overwrite: replace a bundle that is there.

        Raises:
            ResourceError: the folder exists, or the disk is full.
        """
        check_is_fitted(self)
        networks = self._networks()

        def write(draft: Path) -> None:
            for name, network in networks.items():
                save_network(network, draft / f"{name}.keras")

        learnt = self.learnt(
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self.learnt)}
        )
        manifest = {
            "kind": self.kind,
            "settings": settings_to_dict(self),
            "learnt": pydantic.TypeAdapter(self.learnt).dump_python(learnt, mode="json"),
        }
        write_bundle(Path(folder), manifest, write, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load a saved model once its hashes, its format and its shapes have been checked.

        Raises:
            BundleError: no bundle, damaged, of another kind, or inconsistent.
        """
        place = Path(folder)
        manifest = read_manifest(place, cls.kind)
        try:
            model = settings_from_dict(cls, manifest["settings"])
            # As JSON, where a list may stand for a tuple and an object for settings.
            learnt = pydantic.TypeAdapter(cls.learnt).validate_json(json.dumps(manifest["learnt"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            reason = str(error).strip().splitlines()[:2]
            raise BundleError(
                f"The manifest of `{place}` must be complete and valid. It is not: "
                f"{': '.join(reason)[:200]}. Train and save the model again."
            ) from error
        model.__dict__.update(vars(learnt))
        model._load_networks(place, manifest["files"])  # noqa: SLF001 - the same class
        return model

    def __sklearn_is_fitted__(self) -> bool:
        return all(hasattr(self, f"{name}_") for name in self.networks)

    def _schedule_for_many(self) -> TrainingSettings:
        """The schedule for `_meant_for` images or more."""
        raise NotImplementedError

    def _train(self, split: ImageSet) -> History:
        """Train the networks and set the attributes of `learnt`."""
        raise NotImplementedError

    def _shapes(self) -> list[tuple[int | None, ...]]:
        """The expected shapes of all networks' inputs and outputs; None is any size."""
        raise NotImplementedError

    def _networks(self) -> dict[str, Any]:
        return {name: getattr(self, f"{name}_") for name in self.networks}

    def _channel_names(self) -> Channels:
        return "grey" if self.channels_ == 1 else "colour"

    def _note(self, sentence: str) -> None:
        """Keep a sentence, and log it now: training may take long."""
        self.notes_ = (*self.notes_, sentence)
        _LOG.warning(sentence)

    def _load_networks(self, folder: Path, files: dict[str, str]) -> None:
        from peu.networks.saved import load_network

        for name in self.networks:
            if f"{name}.keras" not in files:
                raise BundleError(
                    f"The manifest of `{folder}` must list {name}.keras with its hash. Received: "
                    f"{', '.join(files) or 'no files'}. Train and save the model again."
                )
            setattr(self, f"{name}_", load_network(folder / f"{name}.keras"))
        received = [
            tuple(tensor.shape[1:])
            for network in self._networks().values()
            for tensor in (*network.inputs, *network.outputs)
        ]
        if received != self._shapes():
            raise BundleError(
                f"The networks of `{folder}` must have shapes {self._shapes()}, as its manifest "
                f"says. Received: {received}. Train and save the model again."
            )
