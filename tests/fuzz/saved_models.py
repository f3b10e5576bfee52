"""Saved models of every kind that needs no TensorFlow, and forgeries of them with true hashes."""

import functools
import io
import json
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from broken_images import write_classes
from fuzz.mutators import changed_json, damaged
from onnx_files import classifier
from peu.cache_folder import cache_folder
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.comparison.trial import TrialTask, run_trial
from peu.files import sha256_of_file, with_checksum
from peu.images.loading import load_images
from peu.images.splits import make_splits
from peu.models.onnx_model import OnnxModel
from peu.models.predictor import Predictor
from peu.models.sized_model import SizedModel

_CLASSES = ("cat", "dog")
_HOG = HogSVM(colour="never", kernel="linear", image_size=(32, 32))
_FISHER = FisherVectors(image_size=(32, 32), scales=(1.0,), radius=4, components=4, dimensions=8)


@dataclass(frozen=True)
class Models:
    """What forgeries are made of.

    Attributes:
        photos: a folder of two classes.
        saved: folders of models.
        trial: what a trial's file holds.
        cache: the folder of the cache.
    """

    photos: Path
    saved: tuple[Path, ...]
    trial: dict[str, Any]
    cache: Path

    @staticmethod
    @functools.cache
    def get() -> "Models":
        """Train and save them, once a process."""
        root = Path(tempfile.mkdtemp(prefix="peu-fuzz-"))
        photos = load_images(write_classes(root / "photos", dict.fromkeys(_CLASSES, 6)))
        saved = []
        for recipe in (
            _HOG,
            _FISHER,
            Ensemble(members=(_HOG, clone(_HOG).set_params(C=1.0, name="other"))),
        ):
            clone(recipe).fit(photos).save(root / recipe.kind)
            saved.append(root / recipe.kind)
        for name, model in (
            ("sized", SizedModel(classifier(32))),
            ("any", OnnxModel(classifier("s"))),
        ):
            Predictor(
                model=model, class_names=_CLASSES, resize_mode="pad", recipe={"kind": name}
            ).save(root / name)
            saved.append(root / name)
        file = root / "trial.json"
        split = make_splits(photos, folds=2, repeats=1, seed=0)[0]
        run_trial(photos, TrialTask(recipe=clone(_HOG), split=split, file=file))
        return Models(root / "photos", tuple(saved), json.loads(file.read_text()), cache_folder())

    def forged(self, generator: random.Random, folder: Path) -> list[object]:
        """Copy a model with something changed, under hashes that hold; how it is then used."""
        shutil.copytree(generator.choice(self.saved), folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        path = generator.choice(files)
        if path.suffix == ".npz" and generator.random() < 0.8:
            _change_arrays(generator, path)
        elif path.suffix == ".json" and generator.random() < 0.8:
            changed = changed_json(generator, json.loads(path.read_text(encoding="utf-8")))
            path.write_bytes(json.dumps(changed).encode("utf-8", "surrogatepass"))
        else:
            path.write_bytes(damaged(generator, path.read_bytes(), [b"\0" * 40]))
        for manifest in sorted(folder.rglob("manifest.json"), key=lambda p: -len(p.parts)):
            _vouch(manifest)
        image = next((self.photos / "cat").iterdir())
        ways: tuple[list[object], ...] = (
            ["predict", folder, image, "--json"],
            ["predict", folder, image, "--explain", folder.parent / "maps"],
            ["evaluate", folder, self.photos, "--json"],
        )
        return generator.choice(ways)


def _vouch(manifest: Path) -> None:
    """Write the true hashes into a manifest, and its own checksum."""
    try:
        stored = json.loads(manifest.read_text(encoding="utf-8"))
        if isinstance(stored.get("files"), dict):
            for name in list(stored["files"]):
                if (manifest.parent / name).is_file():
                    stored["files"][name] = sha256_of_file(manifest.parent / name)
        stored.pop("sha256", None)
        manifest.write_text(json.dumps(with_checksum(stored)), encoding="utf-8")
    except (OSError, ValueError, AttributeError, TypeError):
        return


def _change_arrays(generator: random.Random, path: Path) -> None:
    with np.load(path) as stored:
        arrays = dict(stored)
    for _ in range(generator.randint(1, 2)):
        name = generator.choice(sorted(arrays))
        arrays[name] = _strange_array(generator, arrays[name])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    path.write_bytes(buffer.getvalue())


def _strange_array(generator: random.Random, array: Any) -> Any:
    value = generator.choice((0, -1, 1, 1e9, 1e308, np.nan, np.inf, 2**62, 100_000, 0.5))
    action = generator.randrange(6)
    if action == 0 or array.size == 0:
        return np.array(value)
    if action == 1:
        return array.astype(generator.choice(("f2", "f8", "i8", "?", "c8", "U9")))
    if action == 2:
        return np.repeat(array[None], generator.choice((0, 2, 300)), axis=0)
    if action == 3:
        return array.reshape(-1)[: generator.randrange(array.size + 1)]
    if action == 4:
        return np.full(generator.choice(((2000, 2000), (100_000,), (0, 3))), 1, array.dtype)
    changed = np.array(array, np.float64).reshape(-1)
    changed[generator.randrange(changed.size)] = value
    with np.errstate(all="ignore"):
        return changed.reshape(array.shape)
