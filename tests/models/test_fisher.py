"""Fisher vectors are gradients of the mixture, and a saved classifier predicts the same."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture

from peu.errors import BundleError
from peu.models.fisher import Codebook, FisherMachine
from peu.models.kernel_machine import softmax
from peu.models.patches import DESCRIPTOR_LENGTH, PatchGrid, describe_patches

SIZE = 24
GRID = PatchGrid(scales=(1.0, 1.5), radius=4, step=4)


def _codebook(rng: np.random.Generator, parts: int = 3, short: int = 4) -> Codebook:
    shares = rng.uniform(0.2, 1, parts)
    return Codebook(
        centre=rng.normal(size=DESCRIPTOR_LENGTH),
        projection=rng.normal(size=(DESCRIPTOR_LENGTH, short)),
        place_weight=1.5,
        shares=shares / shares.sum(),
        means=rng.normal(size=(parts, short + 2)),
        variances=rng.uniform(0.5, 2, (parts, short + 2)),
    )


@pytest.fixture
def machine() -> FisherMachine:
    rng = np.random.default_rng(0)
    codebook = _codebook(rng)
    width = 3 * (2 * 6 + 1)
    return FisherMachine(
        codebook=codebook,
        weights=rng.normal(size=(2, width)),
        intercepts=rng.normal(size=2),
        temperature=0.5,
        grid=GRID,
        height=SIZE,
        width=SIZE,
    )


def _log_density(codebook: Codebook, patches: NDArray[np.float64]) -> float:
    parts = norm.logpdf(
        patches[:, None], codebook.means[None], np.sqrt(codebook.variances)[None]
    ).sum(axis=2)
    return float(np.log((np.exp(parts) * codebook.shares).sum(axis=1)).mean())


def test_vectors_are_gradients_of_the_log_density() -> None:
    """Checked against differences: in the means, scaled as Perronnin, Sanchez and Mensink do."""
    rng = np.random.default_rng(1)
    codebook = _codebook(rng)
    patches = rng.normal(size=(50, 6))
    means = codebook.encode([patches])[0].astype(float)[3 : 3 + 18].reshape(3, 6)
    slopes = np.zeros((3, 6))
    for part in range(3):
        for axis in range(6):
            ends = []
            for sign in (1, -1):
                moved = codebook.means.copy()
                moved[part, axis] += sign * 1e-5
                ends.append(_log_density(replace(codebook, means=moved), patches))
            slopes[part, axis] = (ends[0] - ends[1]) / 2e-5
    scaled = slopes * np.sqrt(codebook.variances / codebook.shares[:, None])
    evened = np.sign(scaled) * np.sqrt(np.abs(scaled))
    cosine = (means * evened).sum() / np.linalg.norm(means) / np.linalg.norm(evened)
    assert cosine > 0.9999


def test_vectors_have_unit_length_and_ignore_the_order_of_patches() -> None:
    rng = np.random.default_rng(2)
    codebook = _codebook(rng)
    patches = rng.normal(size=(40, 6))
    one, other = codebook.encode([patches, rng.permutation(patches)])
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_vectors_are_those_of_scikit_image() -> None:
    rng = np.random.default_rng(4)
    codebook = _codebook(rng)
    mixture = GaussianMixture(3, covariance_type="diag")
    mixture.weights_, mixture.means_ = codebook.shares, codebook.means
    mixture.covariances_ = codebook.variances
    mixture.precisions_cholesky_ = 1 / np.sqrt(codebook.variances)
    patches = rng.normal(size=(60, 6))
    expected = fisher_vector(patches, mixture, improved=True, alpha=0.5)
    np.testing.assert_allclose(codebook.encode([patches])[0], expected, atol=1e-4)


def test_leaving_out_a_part_is_describing_the_others_alone(machine: FisherMachine) -> None:
    image = np.random.default_rng(5).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    answers = machine.without_each_part(image, 2, 3)
    assert answers.shape == (7, 2)
    np.testing.assert_allclose(answers[-1], machine.predict_proba(image[None])[0], atol=1e-5)
    places = GRID.positions(SIZE, SIZE)
    patches = machine.codebook.project(describe_patches(image, GRID), places)
    lower_middle = (places[:, 0] >= 0) & (np.abs(places[:, 1]) < 1 / 6)
    vector = machine.codebook.encode([patches[~lower_middle]])
    expected = softmax(machine.scores(vector) / machine.temperature)[0]
    np.testing.assert_allclose(answers[4], expected, atol=1e-4)


def test_what_is_read_is_what_was_written(machine: FisherMachine, tmp_path: Path) -> None:
    machine.write(tmp_path)
    again = FisherMachine.read(tmp_path)
    assert again.grid == machine.grid
    assert again.image_size == (SIZE, SIZE)
    assert len(repr(again)) < 500
    assert again.class_count == 2
    pixels = np.random.default_rng(3).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    expected = machine.predict_proba(pixels)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    np.testing.assert_array_equal(again.predict_proba(pixels), expected)
    assert machine.predict_proba(pixels[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": None},
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"height": 0},
        {"height": 10**9},
        {"radius": 40},
        {"height": 2048, "width": 2048, "step": 1},
        {"step": 0},
        {"scales": np.array([0.0])},
        {"scales": "wide"},
        {"scales": np.linspace(1, 2, 100_000)},
        {"scales": np.array([np.inf])},
        {"shares": np.ones(2)},
        {"variances": np.zeros((3, 6))},
        {"projection": np.zeros((3, 3))},
        {"weights": np.zeros((2, 4))},
        {"intercepts": np.zeros(5)},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    machine: FisherMachine, tmp_path: Path, changes: dict[str, Any]
) -> None:
    machine.write(tmp_path)
    path = tmp_path / "fisher.npz"
    with np.load(path) as stored:
        values = dict(stored) | changes
    kept = {name: value for name, value in values.items() if value is not None}
    np.savez_compressed(path, **kept)
    with pytest.raises(BundleError, match="must contain Fisher vectors") as caught:
        FisherMachine.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_half_a_file_is_refused(machine: FisherMachine, tmp_path: Path) -> None:
    machine.write(tmp_path)
    path = tmp_path / "fisher.npz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BundleError, match="could not be read"):
        FisherMachine.read(tmp_path)
