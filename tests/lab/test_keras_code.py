"""The Keras code of each section runs as it stands: on few images, small and for one epoch."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from eager_steps import eager_steps, untold
from peu.lab.keras_code import keras_cells
from peu.lab.sections import KEYS
from peu.translations.language import LANGUAGES, LanguageCode
from small_set import drawn_images

# What stands in capitals at the beginning of a line; one number for all languages.
SMALL = {
    "SIZE": 32,
    "EPOCHS": 1,
    "TRIED": 1,
    "PUSHED": 1,
    "VARIED": 1,
    "HEAD": 2,
    "TUNED": 1,
    "SHORT": 1,
    "DENOISING": 1,
    "MAPPING": 1,
}
_CONSTANT = re.compile(r"^([A-Z_]+) = \d+$", re.MULTILINE)


def _smaller(cell: str) -> str:
    return _CONSTANT.sub(lambda found: f"{found[1]} = {SMALL[found[1]]}", cell)


def thin_vgg16(*, weights: str, include_top: bool, input_tensor: Any) -> Any:
    """VGG16's layers by their names, with two filters each and no trained weights."""
    from peu.networks.backend import keras

    assert weights == "imagenet"
    x = input_tensor
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            x = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name=name)(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    if include_top:
        x = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(x))
    return keras.Model(input_tensor, x)


@pytest.fixture
def students_folder(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with `Data/` and `test.jpg`, networks without their weights, and few digits."""
    import matplotlib as mpl

    from peu.networks.backend import keras

    photos = drawn_images(tmp_path_factory)
    for path in sorted(photos.rglob("*.*"))[::2]:
        copy = tmp_path / "Data" / path.relative_to(photos)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    Image.open(path).convert("RGB").save(tmp_path / "test.jpg")
    digits = np.random.default_rng(0).integers(0, 256, (80, 28, 28), np.uint8)
    labels = np.arange(80) % 10

    def load_data() -> Any:
        return (digits[:64], labels[:64]), (digits[64:], labels[64:])

    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    import tensorflow as tf

    # `tf.keras` is a module of its own or the same one, by what was imported before.
    for library in (keras, tf.keras):
        monkeypatch.setattr(library.applications, "VGG16", thin_vgg16)
        monkeypatch.setattr(library.datasets.mnist, "load_data", load_data)
    with eager_steps():
        yield tmp_path


@untold
@pytest.mark.usefixtures("students_folder")
@pytest.mark.parametrize("part", ["1", "2", "3"])
def test_the_code_of_a_part_runs_from_its_beginning(
    part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    for key in (key for key in KEYS if key.startswith(part)):
        cells = keras_cells(key, "en")
        for cell in cells:
            exec(compile(_smaller(cell), f"{key}.py", "exec"), names)
        said = capsys.readouterr().out
        assert not cells or re.search(rf"^{re.escape(key)} ", said, re.MULTILINE), key


def test_training_true_in_a_network_does_not_reach_predict() -> None:
    """What section 1.4 says of the sheet's code holds for the Keras that is installed."""
    from peu.networks.backend import keras

    image = np.arange(48, dtype=np.float32).reshape(1, 4, 4, 3)
    inputs = keras.Input((4, 4, 3))
    flipped = keras.layers.RandomFlip("vertical", seed=1)(inputs, training=True)
    network = keras.Model(inputs, flipped)
    assert all(np.array_equal(network.predict(image, verbose=0), image) for _ in range(6))
    called = [np.asarray(network(image)) for _ in range(8)]
    assert not all(np.array_equal(each, image) for each in called)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_code_and_its_own_comments(language: LanguageCode) -> None:
    for key in KEYS:
        cells, english = keras_cells(key, language), keras_cells(key, "en")
        assert "# fr:" not in "".join(cells)
        assert "# en:" not in "".join(cells)
        assert [_uncommented(cell) for cell in cells] == [_uncommented(cell) for cell in english]


def _uncommented(cell: str) -> list[str]:
    return [line for line in cell.split("\n") if line and not line.strip().startswith("#")]
