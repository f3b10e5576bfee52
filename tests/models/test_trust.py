"""Calibration, prediction sets and 'none of these' inside a saved model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forged_manifests import forge_manifest
from peu.errors import BundleError, DataError
from peu.files import sha256_of_file
from peu.models.calibration import Calibration
from peu.models.feature_graph import FeatureGraph
from peu.models.novelty import Novelty, unit_length
from peu.models.prediction_sets import PredictionSets
from peu.models.predictor import Predictor
from peu.models.saved import load
from peu.models.trust import Trust

CALIBRATION = Calibration("vector", np.array([0.5, 0.7]), np.array([0.1, -0.1]))
SETS = PredictionSets(np.linspace(0, 0.9, 30), 30)


@pytest.fixture(scope="module")
def extractor() -> FeatureGraph:
    from peu.backbones.feature_file import small_features

    return small_features()


@pytest.fixture(scope="module")
def trusted(
    kernel_classifier: Predictor, toy: tuple[np.ndarray, np.ndarray], extractor: FeatureGraph
) -> Predictor:
    from PIL import Image

    prepared = [extractor.prepare(Image.fromarray(each)) for each in toy[0]]
    known = unit_length(extractor.features(prepared)).astype(np.float16)
    novelty = Novelty(
        known=known,
        others=known[:0],
        threshold=0.9,
        false_refusals=0.05,
        auroc=0.8,
        extractor=extractor,
    )
    return replace(kernel_classifier, trust=Trust(CALIBRATION, SETS, novelty))


def test_what_is_saved_predicts_the_same(
    trusted: Predictor, toy: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    images = [*toy[0][:4], noise]
    before = trusted.predict(images, coverage=0.9)
    trusted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.predict(images, coverage=0.9) == before
    assert [each.none_of_these for each in before] == [False] * 4 + [True]
    assert all(each.prediction_set is not None for each in before)
    assert {each.none_of_these for each in loaded.predict(images, accept_all=True)} == {None}
    assert loaded.predict(images)[0].prediction_set is None


def test_probabilities_are_calibrated(
    trusted: Predictor, kernel_classifier: Predictor, toy: tuple[np.ndarray, np.ndarray]
) -> None:
    plain = kernel_classifier.predict_proba(toy[0])
    expected = np.exp(np.log(plain) * CALIBRATION.slopes + CALIBRATION.intercepts)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(trusted.predict_proba(toy[0]), expected)
    told = trusted.predict(toy[0][:3])
    assert [each.probability for each in told] == pytest.approx(expected[:3].max(axis=1))


def test_sets_that_a_model_cannot_make_are_refused(
    trusted: Predictor, kernel_classifier: Predictor
) -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(DataError, match="99 images"):
        trusted.predict(image, coverage=0.99)
    with pytest.raises(DataError, match="out-of-fold"):
        kernel_classifier.predict(image, coverage=0.9)
    assert kernel_classifier.predict(image)[0].none_of_these is None


def _replaced(folder: Path, **arrays: object) -> None:
    with np.load(folder / "trust.npz") as stored:
        values = {**stored, **arrays}
    np.savez(folder / "trust.npz", **values)
    digest = sha256_of_file(folder / "trust.npz")
    forge_manifest(folder, lambda manifest: manifest["files"].update({"trust.npz": digest}))


@pytest.mark.parametrize(
    "arrays",
    [
        {"slopes": np.array([0.5, -1])},
        {"slopes": np.ones(3), "intercepts": np.ones(3)},
        {"scores": np.array([0.3, 0.1])},
        {"scores": np.array([])},
        {"threshold": np.nan},
        {"known": np.zeros((3, 4), np.float16)},
        {"known": np.full((3, 1280), np.inf, np.float16)},
        {"images": 0},
    ],
    ids=",".join,
)
def test_a_file_that_does_not_fit_is_refused(
    trusted: Predictor, tmp_path: Path, arrays: dict[str, object]
) -> None:
    trusted.save(tmp_path / "model")
    _replaced(tmp_path / "model", **arrays)
    with pytest.raises(BundleError, match=r"trust\.npz"):
        load(tmp_path / "model")


def test_features_of_another_width_are_never_compared(
    trusted: Predictor, toy: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    trusted.save(tmp_path / "model")
    narrow = np.ones((3, 4), np.float16)
    _replaced(tmp_path / "model", known=narrow, others=narrow[:0])
    forged = load(tmp_path / "model")
    with pytest.raises(BundleError, match="features of 4 numbers"):
        forged.predict(toy[0][:1])
    assert forged.predict(toy[0][:1], accept_all=True)[0].none_of_these is None


@pytest.mark.parametrize("name", ["trust.npz", "features.onnx"])
def test_a_damaged_file_is_noticed(trusted: Predictor, tmp_path: Path, name: str) -> None:
    trusted.save(tmp_path / "model")
    (tmp_path / "model" / name).write_bytes(b"damaged")
    with pytest.raises(BundleError, match="changed"):
        load(tmp_path / "model")
