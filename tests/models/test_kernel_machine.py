"""The machine of plain arrays predicts as scikit-learn's, and the same once saved."""

import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.errors import BundleError
from peu.models.kernel_machine import KernelMachine, softmax
from peu.models.predictor import Predictor

MakeMachine = Callable[..., tuple[Any, KernelMachine]]


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_scores_are_those_of_scikit_learn(
    make_machine: MakeMachine, kernel: str, classes: int
) -> None:
    rng = np.random.default_rng(classes)
    labels = np.arange(60) % classes
    centres = rng.normal(size=(classes, 12))
    features = centres[labels] + rng.normal(size=(60, 12))
    reference, machine = make_machine(features, labels, kernel)
    unseen = rng.normal(size=(50, 12)) * 2
    scores = machine.scores(unseen)
    assert scores.shape == (50, classes)
    expected = reference.decision_function(unseen)
    if classes == 2:
        # For two classes scikit-learn gives the bare decision, of which votes are made here.
        margins = expected / (3 * (np.abs(expected) + 1))
        votes = (expected > 0).astype(float)
        expected = np.stack([1 - votes - margins, votes + margins], axis=1)
        np.testing.assert_array_equal(scores.argmax(axis=1), reference.predict(unseen))
    np.testing.assert_allclose(scores, expected, atol=1e-9)


def test_features_are_standardised_first(make_machine: MakeMachine) -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(30, 5)), np.arange(30) % 3
    _, plain = make_machine(features, labels)
    moved = replace(plain, centre=np.full(5, 7.0), scale=np.full(5, 2.0))
    np.testing.assert_allclose(moved.scores(features * 2 + 7), plain.scores(features), atol=1e-9)


def test_probabilities_are_a_softmax_of_scores_by_temperature(
    kernel_classifier: Predictor, toy: Any
) -> None:
    machine: Any = kernel_classifier.model
    probabilities = machine.predict_proba(toy[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), toy[1])
    milder = replace(machine, temperature=5.0).predict_proba(toy[0])
    assert (milder.max(axis=1) < probabilities.max(axis=1)).all()
    assert machine.predict_proba(toy[0][:0]).shape == (0, 2)


def test_a_softmax_survives_large_scores() -> None:
    found = softmax(np.array([[1e4, 1e4], [0.0, -1e4]]))
    np.testing.assert_allclose(found, np.array([[0.5, 0.5], [1.0, 0.0]]))


def test_what_is_read_is_what_was_written(
    kernel_classifier: Predictor, toy: Any, tmp_path: Path
) -> None:
    machine: Any = kernel_classifier.model
    machine.write(tmp_path)
    again = KernelMachine.read(tmp_path)
    for setting in fields(KernelMachine):
        one, other = getattr(machine, setting.name), getattr(again, setting.name)
        assert type(one) is type(other)
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(machine.predict_proba(toy[0]), again.predict_proba(toy[0]))
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        for name in archive.namelist():
            np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the file ran code",)


def _store(folder: Path, machine: Any, **changes: Any) -> None:
    values = {setting.name: getattr(machine, setting.name) for setting in fields(KernelMachine)}
    kept = {name: value for name, value in (values | changes).items() if value is not None}
    np.savez_compressed(folder / "model.npz", **kept)


@pytest.mark.parametrize(
    "changes",
    [
        {"gamma": None},
        {"gamma": "wide"},
        {"temperature": 0.0},
        {"temperature": np.nan},
        {"temperature": -1.0},
        {"gamma": np.inf},
        {"height": 0},
        {"height": 10**9},
        {"width": 16},
        {"cell_size": 4},
        {"orientations": np.arange(3)},
        {"orientations": 10**9},
        {"cell_size": 0},
        {"block_size": -1},
        {"support_counts": np.zeros(20_000, np.int64), "intercepts": np.zeros(1)},
        {"with_colour": True},
        {"centre": np.zeros(3)},
        {"scale": np.zeros((2, 2))},
        {"support_vectors": np.zeros((2, 4))},
        {"coefficients": np.zeros(3)},
        {"intercepts": np.zeros(0)},
        {"support_counts": np.array([5, 5, 5])},
        {"support_counts": np.array([2.5, 1.0])},
        {"support_vectors": np.array([_Bomb()])},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    kernel_classifier: Predictor, tmp_path: Path, changes: dict[str, Any]
) -> None:
    _store(tmp_path, kernel_classifier.model)
    KernelMachine.read(tmp_path)
    _store(tmp_path, kernel_classifier.model, **changes)
    with pytest.raises(BundleError, match="must contain a kernel machine") as caught:
        KernelMachine.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused_or_the_same(
    kernel_classifier: Predictor, toy: Any, tmp_path: Path
) -> None:
    kernel_classifier.model.write(tmp_path)
    path = tmp_path / "model.npz"
    whole = path.read_bytes()
    expected = kernel_classifier.model.predict_proba(toy[0][:2])
    rng = np.random.default_rng(0)
    messages = []
    damages = [whole[: int(cut)] for cut in rng.integers(0, len(whole), 25)]
    for position in rng.integers(0, len(whole), 60):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << int(rng.integers(8))
        damages.append(bytes(flipped))
    for damage in [*damages, b"", b"PK\x03\x04", pickle.dumps(_Bomb())]:
        path.write_bytes(damage)
        try:
            read = KernelMachine.read(tmp_path)
        except BundleError as error:
            messages.append(str(error))
        else:
            # Dates and other fields that a reader skips may differ; what is learnt may not.
            np.testing.assert_array_equal(read.predict_proba(toy[0][:2]), expected)
    assert len(messages) > 70
    assert not any("\n" in message for message in messages)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must contain a kernel machine"):
        KernelMachine.read(tmp_path)
