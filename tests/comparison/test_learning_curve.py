"""`learning_curve` runs recipes on nested training sets, and says what more images bring."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from peu.comparison.compare import compare
from peu.comparison.learning_curve import LearningCurve, learning_curve
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from small_set import PLAIN


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curve")


@pytest.fixture(scope="module")
def found(dataset: ImageDataset, run: Path) -> LearningCurve:
    return learning_curve(dataset, [clone(PLAIN)], folds=4, repeats=1, target=0.5, run_folder=run)


def test_every_size_is_measured_on_every_fold(found: LearningCurve) -> None:
    (curve,) = found.curves
    assert [point.images_per_class for point in curve.points] == [2.0, 3.0, 4.0, 6.0]
    assert {len(point.trials) for point in curve.points} == {4}
    assert curve.now == 8
    last = curve.points[-1].accuracy
    assert last.low < last.mean < last.high
    assert last.mean == pytest.approx(np.mean(curve.points[-1].trials))


def test_the_answer_is_a_sentence_and_json(found: LearningCurve) -> None:
    assert found.sentence().startswith("hog: ")
    assert len(repr(found)) < 500
    stored = found.to_dict()
    assert stored["recipes"][0]["needed"]["target"] == 0.5
    ahead = stored["recipes"][0]["expected"]
    assert [round(each["images_per_class"]) for each in ahead] == [8, 12, 16, 24, 40, 80]
    # In logits: accuracy itself ends at 1.
    ends = np.array([[each["accuracy"][end] for end in ("low", "high")] for each in ahead])
    widths = np.diff(np.log(ends / (1 - ends)), axis=1)[:, 0]
    assert (np.diff(widths) > 0).all()


def test_trials_are_kept_and_shared_with_compare(
    found: LearningCurve, dataset: ImageDataset, run: Path
) -> None:
    trials = {file: file.stat().st_mtime_ns for file in (run / "trials").iterdir()}
    assert len(trials) == 16
    seen = []
    again = learning_curve(
        dataset,
        [clone(PLAIN)],
        folds=4,
        repeats=1,
        target=0.99,
        run_folder=run,
        on_trial=lambda *each: seen.append(each),
    )
    assert seen == []
    assert again.curves[0].points == found.curves[0].points
    compare(dataset, [clone(PLAIN)], folds=4, repeats=1, run_folder=run)
    assert {file: file.stat().st_mtime_ns for file in (run / "trials").iterdir()} == trials


@pytest.mark.parametrize("target", [0, 1, 95])
def test_an_impossible_target_is_refused(target: float, dataset: ImageDataset) -> None:
    with pytest.raises(RecipeError, match="target"):
        learning_curve(dataset, [clone(PLAIN)], target=target)
