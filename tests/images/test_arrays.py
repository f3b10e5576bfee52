"""Arrays of images in .npz files: kinds, parts, labels, and what does not fit."""

from pathlib import Path

import numpy as np
import pytest

from loaded_sets import refused
from peu.images.loading import load_images


def arrays(path: Path, **values: np.ndarray) -> Path:
    np.savez(path, **values)  # type: ignore[arg-type]
    return path


X = np.random.default_rng(0).integers(0, 256, (12, 9, 8), dtype=np.uint8)


Y = np.arange(12) % 11 % 3


def test_arrays_are_images(tmp_path: Path) -> None:
    dataset = load_images(arrays(tmp_path / "digits.npz", x=X, y=Y + 9))

    assert dataset.class_names == ("9", "10", "11")
    assert dataset.keys[11] == "00011.png"
    assert dataset.metadata[0].width == 8
    assert dataset.metadata[0].height == 9
    pixels = dataset[[3, 1]].pixels((9, 8), "pad")
    assert np.array_equal(pixels[0], np.repeat(X[3][:, :, None], 3, axis=2))
    assert np.array_equal(np.asarray(dataset.read(1)), pixels[1])
    assert dataset[[0]].pixels((16, 20), "stretch").shape == (1, 16, 20, 3)


def test_arrays_of_two_parts_keep_them(tmp_path: Path) -> None:
    path = arrays(tmp_path / "p.npz", x_train=X[:8], y_train=Y[:8], x_test=X[8:], y_test=Y[8:])

    dataset = load_images(path)

    assert dataset.parts == ("train",) * 8 + ("test",) * 4
    assert dataset.labels is not None
    assert dataset.labels.tolist() == Y.tolist()


@pytest.mark.parametrize(
    "values",
    [X / 255, X.astype(np.int64), np.repeat(X[..., None], 3, axis=3), X[..., None],
     np.concatenate([np.repeat(X[..., None], 3, axis=3), np.full((12, 9, 8, 1), 255)], axis=3)],
    ids=["float", "int64", "rgb", "one channel", "rgba"],
)  # fmt: skip
def test_arrays_of_every_kind_are_the_same_images(tmp_path: Path, values: np.ndarray) -> None:
    dataset = load_images(arrays(tmp_path / "x.npz", x=values, y=Y))

    assert np.array_equal(dataset[[5]].pixels((9, 8), "pad")[0, :, :, 0], X[5])
    thumbnails = load_images(arrays(tmp_path / "grey.npz", x=X, y=Y)).metadata[5].thumbnail
    difference = np.frombuffer(dataset.metadata[5].thumbnail, np.uint8).astype(int)
    assert np.abs(difference - np.frombuffer(thumbnails, np.uint8)).max() <= 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"x": X}, "Expected labels"),
        ({"images": X}, "found `images`"),
        ({"x": X, "y": Y[:5]}, "for each of its 12"),
        ({"x": X, "y": np.eye(12)[:, :3]}, "argmax"),
        ({"x": X[0], "y": Y}, "shape (9, 8)"),
        ({"x": X[:, :2], "y": Y}, "sides of 8"),
        ({"x": X - 0.5, "y": Y}, "go from"),
        ({"x": np.array([{}] * 12), "y": Y}, "plain arrays"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :8], "y_test": Y}, "differ in shape"),
        ({"x": X[:0], "y": Y[:0]}, "empty"),
        ({"x": X, "y": np.array(["a", "", "b"])[Y]}, "a name that is text"),
        ({"x": X, "y": np.array(["a", "\udce9", "b"])[Y]}, "a name that is text"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, values: dict[str, np.ndarray], word: str
) -> None:
    assert word in refused(arrays(tmp_path / "x.npz", **values))


def test_a_file_that_is_no_npz_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"\x80\x04pickle")

    assert "not a readable .npz" in refused(tmp_path / "x.npz")


def test_mnist_is_read_as_it_is_published(peu_data: Path) -> None:
    dataset = load_images(peu_data / "mnist.npz")

    assert len(dataset) == 70_000
    assert dataset.class_names == tuple("0123456789")
    assert dataset.parts.count("test") == 10_000
    assert dataset.labels is not None
    assert dataset.labels[:3].tolist() == [5, 0, 4]


def test_zeros_that_unfold_a_thousandfold_are_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((90_000, 28, 28), np.uint8), y=np.zeros(9))

    assert "times its size" in refused(tmp_path / "x.npz")
