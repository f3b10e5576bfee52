"""A classifier takes images in every form, and comes back from its folder the same or not."""

import json
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from peu.errors import BundleError, DataError, ResourceError
from peu.files import sha256_of_file
from peu.models.classifier import Classifier, describe_prediction


def _images(toy: Any) -> list[Image.Image]:
    return [Image.fromarray(image) for image in toy[0][:3]]


def test_images_come_in_every_form(classifier: Classifier, toy: Any, tmp_path: Path) -> None:
    expected = classifier.model.predict_proba(toy[0][:3])
    images = _images(toy)
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for image, path in zip(images, paths, strict=True):
        image.save(path)
    forms: list[Any] = [
        paths,
        [str(path) for path in paths],
        (path for path in paths),
        images,
        tuple(images),
        iter(images),
        toy[0][:3],
        list(toy[0][:3]),
        toy[0][:3] / 255.0,
        (toy[0][:3] / 255.0).astype(np.float32),
        [paths[0], images[1], toy[0][2]],
    ]
    for form in forms:
        np.testing.assert_array_equal(classifier.predict_proba(form), expected)
    for one in (paths[0], str(paths[0]), images[0], toy[0][0]):
        np.testing.assert_allclose(classifier.predict_proba(one), expected[:1], atol=1e-6)


def test_colour_modes_come_as_their_rules_say(kernel_classifier: Classifier, toy: Any) -> None:
    image = _images(toy)[0]
    grey = image.convert("L")
    clear = image.convert("RGBA")
    clear.putalpha(0)
    palette = image.quantize(64)
    for given, expected in (
        (grey, grey.convert("RGB")),
        (np.asarray(grey), grey.convert("RGB")),
        (np.asarray(grey)[..., None], grey.convert("RGB")),
        (image.convert("RGBA"), image),
        (clear, Image.new("RGB", image.size, "white")),
        (palette, palette.convert("RGB")),
    ):
        pixels = kernel_classifier.pixels(given)
        np.testing.assert_array_equal(pixels, np.asarray(expected)[None])


def test_no_images_give_no_predictions(classifier: Classifier) -> None:
    assert classifier.predict([]) == ()
    assert classifier.predict_proba([]).shape == (0, 2)
    assert classifier.pixels(iter(())).shape == (0, 32, 32, 3)


def test_predictions_name_the_most_probable_class(classifier: Classifier, toy: Any) -> None:
    predictions = classifier.predict(toy[0])
    probabilities = classifier.predict_proba(toy[0])
    for prediction, row, label in zip(predictions, probabilities, toy[1], strict=True):
        assert prediction.label == ("lying", "standing")[label]
        assert prediction.probability == row.max()
        assert prediction.probabilities == {"lying": row[0], "standing": row[1]}
    assert describe_prediction(np.array([0.2, 0.5, 0.3]), ("a", "b", "c")).label == "b"


def test_images_of_another_shape_are_brought_to_the_models_size(
    kernel_classifier: Classifier, toy: Any
) -> None:
    large = _images(toy)[1].resize((96, 96), Image.Resampling.NEAREST)
    assert kernel_classifier.pixels(large).shape == (1, 32, 32, 3)
    assert kernel_classifier.predict(large)[0].label == "standing"


def test_a_bad_image_is_named(kernel_classifier: Classifier, toy: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    bad: list[tuple[Any, str]] = [
        (tmp_path / "broken.jpg", "broken.jpg"),
        (str(tmp_path / "missing.png"), "missing.png"),
        (tmp_path, tmp_path.name),
        (np.zeros((4, 4, 3), np.uint8), "Image 2"),
        (np.zeros((32, 32, 5), np.uint8), "Image 2"),
        (np.full((32, 32), np.nan), "Image 2"),
        (Image.new("RGB", (3, 40)), "Image 2"),
        (None, "Image 2"),
    ]
    for image, name in bad:
        with pytest.raises(DataError) as caught:
            kernel_classifier.predict([toy[0][0], image])
        message = str(caught.value)
        assert name in message
        assert "must be an image" in message
        assert "\n" not in message


def test_it_comes_back_the_same(classifier: Classifier, toy: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    classifier.save(folder)
    again = Classifier.load(str(folder))
    np.testing.assert_array_equal(again.predict_proba(toy[0]), classifier.predict_proba(toy[0]))
    for part in ("class_names", "resize_mode", "recipe", "history", "provenance", "image_size"):
        assert getattr(again, part) == getattr(classifier, part)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", classifier.model.file_name]
    )


def test_it_may_lie_anywhere(saved: Path, toy: Any, kernel_classifier: Classifier) -> None:
    other = saved.parent / "other place"
    saved.rename(other)
    np.testing.assert_array_equal(
        Classifier.load(other).predict_proba(toy[0]), kernel_classifier.predict_proba(toy[0])
    )


def test_only_a_model_is_replaced_and_only_when_asked(
    kernel_classifier: Classifier, saved: Path, tmp_path: Path
) -> None:
    with pytest.raises(ResourceError, match="must not exist yet"):
        kernel_classifier.save(saved)
    kernel_classifier.save(saved, overwrite=True)
    Classifier.load(saved)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "dear.jpg").write_text("dear")
    with pytest.raises(ResourceError, match="must be a model of peu"):
        kernel_classifier.save(tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "dear.jpg").read_text() == "dear"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_a_disk_that_fills_up_leaves_the_old_model(
    classifier: Classifier, saved: Path, toy: Any
) -> None:
    resource = pytest.importorskip("resource")
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ResourceError) as caught:
            classifier.save(saved, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert list(saved.parent.iterdir()) == [saved]
    assert Classifier.load(saved).predict_proba(toy[0]).shape == (40, 2)


def test_any_damage_is_noticed(saved: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("model.npz", "manifest.json"):
        path = saved / name
        whole = path.read_bytes()
        for cut in (0, 1, len(whole) // 2, len(whole) - 2):
            path.write_bytes(whole[:cut])
            with pytest.raises(BundleError):
                Classifier.load(saved)
        path.unlink()
        with pytest.raises(BundleError):
            Classifier.load(saved)
        path.write_bytes(whole)
        for position in rng.integers(0, len(whole), 60):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << int(rng.integers(8))
            path.write_bytes(bytes(flipped))
            if name == "model.npz":
                with pytest.raises(BundleError, match="Its content has changed"):
                    Classifier.load(saved)
            else:
                _load_or_refuse(saved)
        path.write_bytes(whole)
    Classifier.load(saved)


def _load_or_refuse(folder: Path) -> None:
    """Load; a flip in a name or a figure of the manifest leaves a manifest of a sound model."""
    try:
        classifier = Classifier.load(folder)
    except BundleError:
        return
    assert len(classifier.class_names) == 2


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the file ran code",)


def _edit(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in manifest.items() if value != "-"}))


_BAD_MANIFESTS: list[dict[str, Any]] = [
    *(
        {name: "-"}
        for name in (
            "model",
            "class_names",
            "image_size",
            "resize_mode",
            "recipe",
            "history",
            "provenance",
        )
    ),
    {"class_names": ["left", "right", "middle"]},
    {"class_names": ["left"]},
    {"class_names": ["left", "left"]},
    {"class_names": ["left", 3]},
    {"class_names": "ab"},
    {"class_names": [["left"], ["right"]]},
    {"class_names": {"left": 0, "right": 1}},
    {"image_size": [64, 64]},
    {"image_size": 32},
    {"resize_mode": "squeeze"},
    {"resize_mode": ["pad"]},
    {"recipe": {"kind": "magic"}},
    {"recipe": {"kind": "hog", "cell_size": -1}},
    {"recipe": ["hog"]},
    {"recipe": None},
    {"history": {"metrics": ["loss"], "seconds": 1, "notes": []}},
    {"history": {"metrics": {}, "seconds": "long", "notes": []}},
    {"history": {}},
    {"history": None},
    {"provenance": 3},
    {"model": "../model.npz"},
    {"model": "model.pkl"},
    {"model": ["model.npz"]},
    {"model": "model.keras"},
    {"files": {}},
    {"kind": "autoencoder"},
    {"format": 99},
]


@pytest.mark.parametrize("changes", _BAD_MANIFESTS, ids=str)
def test_a_manifest_that_does_not_fit_its_model_is_refused(
    saved: Path, changes: dict[str, Any]
) -> None:
    _edit(saved, **changes)
    with pytest.raises(BundleError) as caught:
        Classifier.load(saved)
    assert "\n" not in str(caught.value)


def _replace_model(folder: Path, name: str, write: Callable[[Path], Any]) -> None:
    write(folder / name)
    _edit(folder, model=name, files={name: sha256_of_file(folder / name)})


@pytest.mark.parametrize("name", ["model.npz", "model.keras"])
def test_a_pickle_in_place_of_the_model_runs_no_code(saved: Path, name: str) -> None:
    _replace_model(saved, name, lambda path: path.write_bytes(pickle.dumps(_Bomb())))
    with pytest.raises(BundleError, match=r"could not be (read|loaded)"):
        Classifier.load(saved)


def test_a_model_that_nobody_vouches_for_is_not_even_opened(saved: Path) -> None:
    shutil.copy(saved / "model.npz", saved / "model.keras")
    _edit(saved, model="model.keras")
    with pytest.raises(BundleError, match="must vouch for the model"):
        Classifier.load(saved)


def test_a_file_of_another_kind_is_refused(saved: Path) -> None:
    _replace_model(saved, "model.pkl", lambda path: path.write_bytes(b"any"))
    with pytest.raises(
        BundleError, match=r"model\.npz, fisher\.npz, model\.keras or ensemble\.json"
    ):
        Classifier.load(saved)


def test_a_kernel_machine_needs_no_keras(saved: Path) -> None:
    import subprocess

    code = (
        "import sys; from peu.models.classifier import Classifier; import numpy as np;"
        "Classifier.load(sys.argv[1]).predict(np.zeros((40, 40, 3)));"
        "print('keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")
