"""Sections 1.1 to 1.7 on a few drawings: what is measured fits together, and choices follow it."""

import dataclasses
import functools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eager_steps import eager_steps, untold
from lab_examples import examples_of
from peu.classifiers.base import ImageClassifier
from peu.classifiers.finetune import FineTune
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.transfer import Transfer
from peu.errors import BundleError, DataError, RecipeError
from peu.evaluation.uncertainty import wilson_interval
from peu.lab import backbone
from peu.lab import settings as lab_settings
from peu.lab.backbone import pretrained
from peu.lab.budget import FULL
from peu.lab.context import LabContext, shuffled_indices
from peu.lab.findings import SectionResult, write_result
from peu.lab.sections import choose_sections
from peu.lab.settings import LabSettings
from peu.lab.steps import (
    augmentation,
    fine_tuning,
    first_network,
    hyperparameters,
    loading,
    new_image,
    transfer,
)
from peu.lab.students import score_students
from peu.lab.trials import FoldFindings, Paired, TrialFindings, paired
from peu.networks.training_settings import TrainingSettings

TESTED = 40


@pytest.fixture
def eager() -> Iterator[None]:
    with eager_steps():
        yield


def test_pairs_are_told_apart_by_the_images_that_one_alone_has_right() -> None:
    assert paired((1, 2, 3), (3, 4)) == Paired(gained=2, lost=1)
    assert Paired(gained=0, lost=0).p_value == 1
    assert Paired(gained=5, lost=0).outcome == "not_told_apart"
    assert Paired(gained=6, lost=0).p_value == pytest.approx(2 / 2**6)
    assert Paired(gained=6, lost=0).outcome == "better"
    assert Paired(gained=1, lost=12).outcome == "worse"


def test_the_sheets_split_is_its_shuffle_and_its_share(small_lab: LabContext) -> None:
    order = list(range(20))
    random.Random(3).shuffle(order)
    train, test = shuffled_indices(20, seed=3)
    assert [*train, *test] == order
    assert len(train) == 14
    settings = dataclasses.replace(small_lab.settings, quick=False, as_written=True, seed=3)
    lab = LabContext(settings=settings, folder=small_lab.folder)
    train, _ = shuffled_indices(len(lab.images), seed=3)
    assert lab.split.train.tolist() == sorted(train.tolist())
    assert small_lab.split.train.tolist() != lab.split.train.tolist()


def test_images_are_observed_before_they_are_learnt_from(small_lab: LabContext) -> None:
    small_lab.section = "1.1"
    found = loading.measure(small_lab)
    assert (found.train, found.test) == (len(small_lab.split.train), len(small_lab.split.test))
    assert found.x_train_shape == (found.train, 224, 224, 3)
    assert all(0 <= one.near_tilt <= one.observed for one in found.classes)
    assert (small_lab.folder / "parts" / "1.1" / "examples.png").is_file()


def _classes(**counts: int) -> loading.Findings:
    example: loading.Findings = _recorded("1.1")["caltech4"]
    classes = [
        dataclasses.replace(one, black_corners=counts.get(one.name, 0)) for one in example.classes
    ]
    return dataclasses.replace(example, classes=tuple(classes))


def _recorded(key: str) -> dict[str, Any]:
    return examples_of(choose_sections(key)[0])


def test_black_corners_are_a_warning_where_they_mark_a_class() -> None:
    assert _classes(accordion=55, barrel=6).corners_tell_class
    assert not _classes(accordion=20, barrel=6).corners_tell_class
    few = _classes(accordion=55)
    small = [dataclasses.replace(one, observed=2, black_corners=2) for one in few.classes[:1]]
    rest = [dataclasses.replace(one, observed=2, black_corners=0) for one in few.classes[1:]]
    assert not dataclasses.replace(few, classes=(*small, *rest)).corners_tell_class
    everywhere = {"accordion": 55, "anchor": 42, "barrel": 47, "binocular": 33}
    assert not _classes(**everywhere).corners_tell_class


def test_on_the_sheets_images_accordions_are_tilted_and_barrels_upright() -> None:
    found = _classes()
    assert [one.name for one in found.tilted] == ["accordion"]
    assert abs(found.tilted[0].tilt) == pytest.approx(45, abs=3)
    assert "barrel" in [one.name for one in found.straight]


def _trial(name: str, correct: int) -> TrialFindings:
    return TrialFindings(
        name=name,
        correct=correct,
        tested=TESTED,
        classes=4,
        wrong=tuple(range(TESTED - correct)),
        log_loss=0.5,
        seconds=1.0,
        parameters=100,
        trainable_parameters=100,
        history={"loss": (1.0,), "accuracy": (0.9,), "val_loss": (1.0,), "val_accuracy": (0.8,)},
    )


class _Judged:
    """Stands in for the trainings of a lab: recipes are right as often as a rule says."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.tested: list[ImageClassifier] = []
        patch.setattr(LabContext, "compare_by_folds", self.compare_by_folds)
        patch.setattr(LabContext, "test", self.test)

    def correct(self, recipe: ImageClassifier) -> int:
        assert isinstance(recipe, SmallCNN)
        policy = recipe.augmentation.policy
        better = 3 * (recipe.dropout == 0.5) + 5 * (len(recipe.filters) == 3)
        return 24 + better + {"standard": 4, "mixup": -9}.get(policy, 0)

    def compare_by_folds(
        self, recipes: Sequence[ImageClassifier], **_: Any
    ) -> tuple[FoldFindings, ...]:
        return tuple(
            FoldFindings(
                name=recipe.name,
                accuracy=wilson_interval(self.correct(recipe), TESTED),
                wrong=tuple(range(TESTED - self.correct(recipe))),
                log_loss=0.5,
                seconds=1.0,
            )
            for recipe in recipes
        )

    def test(self, recipes: Sequence[ImageClassifier], **_: Any) -> dict[str, TrialFindings]:
        self.tested += recipes
        return {each.name: _trial(each.name, 30) for each in recipes}


def test_the_best_values_are_joined_pushed_and_tried_at_the_sheets_size(
    small_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = _Judged(monkeypatch)
    settings = dataclasses.replace(small_lab.settings, quick=False)
    found = hyperparameters.measure(LabContext(settings=settings, folder=small_lab.folder))
    assert found.best == "together"
    best = found.settings["together"]
    assert (best.layers, best.dropout, best.width) == (3, 0.5, 32)
    assert found.single.name == "layers 3"
    assert found.joined == Paired(gained=3, lost=0)
    assert found.chosen == Paired(gained=8, lost=0)
    assert found.pushed is not None
    assert (found.pushed.name, found.pushing) == ("pushed", Paired(gained=0, lost=0))
    sizes = {each.name: each.image_size for each in judged.tested if isinstance(each, SmallCNN)}
    assert sizes["pushed"] == (FULL.small_size,) * 2
    assert sizes["best_sheet"] == (224, 224)
    assert set(found.at_sheet_size) == {"base", "best"}
    counted = found.multiplications
    assert next(iter(counted)) in ("together", "width 48")
    assert counted["width 16"] < counted["base"] < counted["layers 3"]


def test_a_configuration_that_diverges_is_left_out(
    small_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = _Judged(monkeypatch)

    def compare(recipes: Sequence[ImageClassifier], **options: Any) -> tuple[FoldFindings, ...]:
        if [each.name for each in recipes] == ["pushed"]:
            raise RecipeError("The loss is no number.")
        return judged.compare_by_folds(recipes, **options)

    monkeypatch.setattr(
        LabContext, "compare_by_folds", lambda _, *given, **kw: compare(*given, **kw)
    )
    settings = dataclasses.replace(small_lab.settings, quick=False)
    found = hyperparameters.measure(LabContext(settings=settings, folder=small_lab.folder))
    assert found.best == "together"
    assert found.pushed is None
    assert found.pushing is None


def test_the_network_of_the_section_before_is_not_trained_once_more(
    small_lab: LabContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    judged = _Judged(monkeypatch)
    settings = dataclasses.replace(small_lab.settings, quick=False, as_written=True)
    earlier = dataclasses.replace(
        _recorded("1.2")["overfits"],
        recipe=first_network.sheet_recipe(settings),
        trial=_trial("cnn", 31),
    )
    write_result(tmp_path, SectionResult(section="1.2", findings=earlier, seconds=1.0))
    found = hyperparameters.measure(LabContext(settings=settings, folder=tmp_path))
    assert found.trials["base"] == earlier.trial
    assert [each.name for each in judged.tested] == ["best", "pushed"]
    assert set(found.trials) == {"base", "best", "pushed"}


def test_multiplications_are_those_of_the_layers() -> None:
    settings = hyperparameters.NetworkSettings(learning_rate=0.1, layers=1, width=2, epochs=1)
    # A convolution of 3 x 3 x 3 at 8 x 8 places, then 4 x 4 x 2 inputs and 100 units.
    assert settings.multiplications(8, 5) == 27 * 2 * 64 + 32 * 100 + 100 * 5


def test_augmentations_are_told_apart_image_by_image(
    small_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Judged(monkeypatch)
    small_lab.section = "1.4"
    budget = dataclasses.replace(FULL, policies=("vertical", "standard", "mixup"), augmented=False)
    monkeypatch.setattr(lab_settings, "QUICK", budget)
    found = augmentation.measure(small_lab)
    assert found.best == "standard"
    assert found.told("worse") == ["mixup"]
    assert found.told("not_told_apart") == ["standard", "vertical"]


@untold
@pytest.mark.usefixtures("eager")
def test_a_students_network_is_tested_beside_the_sheets(
    small_lab: LabContext, tmp_path: Path
) -> None:
    from peu.networks.backend import keras

    inputs = keras.Input((16, 16, 3))
    outputs = keras.layers.Dense(4, activation="softmax")(keras.layers.Flatten()(inputs))
    keras.Model(inputs, outputs).save(tmp_path / "mine.keras")
    keras.Model(inputs, keras.layers.Flatten()(inputs)).save(tmp_path / "other.keras")
    students = (tmp_path / "mine.keras", tmp_path / "other.keras")
    settings = dataclasses.replace(small_lab.settings, students=students)
    lab = LabContext(settings=settings, folder=tmp_path / "lab")
    lab.section = "1.2"
    assert set(map(str, students)) <= set(lab.fingerprints())
    found = first_network.measure(lab)
    (mine,), (other,) = found.students, found.misfits
    assert (mine.name, mine.parameters, mine.image_size) == ("mine.keras", 3076, (16, 16))
    assert mine.tested == len(lab.split.test) == found.trial.tested if found.trial else False
    assert len(mine.wrong) == mine.tested - mine.correct
    assert (other.name, other.takes, other.gives) == ("other.keras", (16, 16, 3), (768,))


def test_a_student_that_is_no_network_is_refused(small_lab: LabContext, tmp_path: Path) -> None:
    missing = dataclasses.replace(small_lab.settings, students=(tmp_path / "none.keras",))
    with pytest.raises(DataError, match="--student"):
        LabContext(settings=missing, folder=tmp_path).fingerprints()
    (tmp_path / "text.keras").write_text("no network", encoding="utf-8")
    broken = dataclasses.replace(small_lab.settings, students=(tmp_path / "text.keras",))
    with pytest.raises(BundleError, match=r"text\.keras"):
        score_students(LabContext(settings=broken, folder=tmp_path))


@untold
@pytest.mark.usefixtures("eager")
def test_transfer_fine_tuning_and_a_new_image_share_one_head(
    small_lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That heads are the same does not depend on how much they learnt.
    short = TrainingSettings(epochs=3)
    monkeypatch.setattr(backbone, "Transfer", functools.partial(Transfer, training=short))
    tuned_short = functools.partial(FineTune, head_training=short)
    monkeypatch.setattr(fine_tuning, "FineTune", tuned_short)
    found = {}
    for key, step in (("1.5", transfer), ("1.6", fine_tuning), ("1.7", new_image)):
        small_lab.section = key
        found[key] = step.measure(small_lab)
        write_result(small_lab.folder, SectionResult(section=key, findings=found[key], seconds=1.0))
    features, tuned, image = found["1.5"].found, found["1.6"], found["1.7"]
    assert features is not None
    mlp = features.trials["mlp"]
    assert features.scaling == "tf"
    # What the sheet does is measured beside what the network was made for.
    assert features.trials["mlp_unit"].history != mlp.history
    assert features.cost_of_scaling == features.trials["mlp_unit"].beside(mlp)
    assert found["1.5"].train == len(small_lab.split.train)
    # Assembled, backbone and MLP answer as they did apart.
    assert tuned.assembled.correct == mlp.correct
    assert tuned.largest_difference < 1e-5
    assert tuned.trials["always"].phases[0].log_loss == pytest.approx(mlp.log_loss, rel=1e-4)
    # The control goes on from the same MLP, as long as fine-tuning does.
    assert len(tuned.control.history["loss"]) == len(tuned.tuned.history["loss"]) == tuned.epochs
    assert tuned.control.trainable_parameters == tuned.head_parameters
    assert not tuned.batch_norm
    # Section 1.7 asks the same head, step by step.
    shapes = [step.shape for step in image.steps]
    assert shapes[1:] == [(32, 32, 3), (32, 32, 3), (1, 32, 32, 3), (1, 4)]
    assert image.steps[2].lowest >= -1
    assert image.class_names[image.argmax] == image.own.label
    index = int(small_lab.split.test[0])
    asked = small_lab.fit(pretrained(small_lab)).predict_proba(small_lab.images[[index]])
    assert image.own.probability == pytest.approx(float(np.max(asked)), abs=1e-4)
    assert (image.tested.correct, image.tested.wrong) == (mlp.correct, mlp.wrong)
    labels = np.asarray(small_lab.test_images.labels)
    assert mlp.majority == np.bincount(labels).max() / len(labels)
    assert [one.name for one in image.strangers] == ["grey", "noise", "china.jpg", "flower.jpg"]
    assert all(one.better.none_of_these is not None for one in image.strangers)


def test_settings_of_the_sheet_exclude_a_quick_look() -> None:
    settings = LabSettings(as_written=True)
    assert settings.budget.small_size == settings.budget.sheet_size == 224
    assert (settings.budget.noisy_images, settings.budget.mapped_batch) == (60_000, 128)
