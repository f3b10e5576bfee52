"""A saved network comes back the same, and nothing but a network of images comes back."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.errors import BundleError
from peu.networks.backend import keras
from peu.networks.network_model import NetworkModel
from peu.networks.small_cnn import small_cnn

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> NetworkModel:
    return NetworkModel(small_cnn((32, 32), 2, filters=(4, 8), dense_units=16, seed=0))


def test_batches_change_nothing(model: NetworkModel) -> None:
    whole = model.predict_proba(PIXELS)
    assert whole.shape == (40, 2)
    assert whole.dtype == np.float64
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-12)
    one_by_one = np.concatenate([model.predict_proba(image[None]) for image in PIXELS])
    np.testing.assert_allclose(whole, one_by_one, atol=1e-6)
    assert model.predict_proba(PIXELS[:0]).shape == (0, 2)


def test_what_is_read_is_what_was_written(model: NetworkModel, tmp_path: Path) -> None:
    model.write(tmp_path)
    again = NetworkModel.read(tmp_path)
    assert (again.image_size, again.class_count) == ((32, 32), 2)
    np.testing.assert_array_equal(again.predict_proba(PIXELS), model.predict_proba(PIXELS))


def _models() -> dict[str, Any]:
    layers = keras.layers
    image, vector = keras.Input((16, 16, 3)), keras.Input((8,))
    named = keras.Input((16, 16, 3), name="a")
    any_size, grey = keras.Input((None, None, 3)), keras.Input((16, 16, 1))
    flat = layers.Flatten()
    return {
        "vector": keras.Model(vector, layers.Dense(2)(vector)),
        "grey": keras.Model(grey, layers.Dense(2)(flat(grey))),
        "map": keras.Model(image, layers.Conv2D(2, 3)(image)),
        "any size": keras.Model(any_size, layers.GlobalMaxPooling2D()(any_size)),
        "two inputs": keras.Model([image, vector], layers.Concatenate()([flat(image), vector])),
        "named": keras.Model({"a": named}, {"b": layers.Flatten(name="b")(named)}),
    }


@pytest.mark.parametrize("name", ["vector", "grey", "map", "any size", "two inputs", "named"])
def test_a_network_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    _models()[name].save(tmp_path / "network.keras")
    with pytest.raises(BundleError, match="must map images") as caught:
        NetworkModel.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    inputs = keras.Input((16, 16, 3))

    def trap(x: Any) -> Any:
        if not hasattr(x, "_keras_history"):
            pytest.fail("the file ran code")
        return x

    flat = keras.layers.Flatten()(keras.layers.Lambda(trap, output_shape=(16, 16, 3))(inputs))
    keras.Model(inputs, keras.layers.Dense(2)(flat)).save(tmp_path / "network.keras")
    with pytest.raises(BundleError, match="must be a network that peu saved") as caught:
        NetworkModel.read(tmp_path)
    assert "\n" not in str(caught.value)


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the file ran code",)


def test_what_is_no_network_is_refused(model: NetworkModel, tmp_path: Path) -> None:
    model.write(tmp_path)
    path = tmp_path / "network.keras"
    whole = path.read_bytes()
    for damage in (b"", b"no network", pickle.dumps(_Bomb()), whole[: len(whole) // 2], whole[:-9]):
        path.write_bytes(damage)
        with pytest.raises(BundleError, match="must be a network that peu saved") as caught:
            NetworkModel.read(tmp_path)
        assert "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(BundleError):
        NetworkModel.read(tmp_path)


def test_it_answers_which_areas_are_behind_a_class(model: NetworkModel) -> None:
    """One map for each class, not negative; None where no channel is behind it."""
    maps = [model.grad_cam(PIXELS[0], number) for number in range(2)]
    found = [each for each in maps if each is not None]
    assert found
    for each in found:
        assert each.ndim == 2
        assert each.min() >= 0
        assert each.max() > 0
