"""How a network is trained: what cannot work is refused, and fewer images keep the steps."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.networks.augmentation_settings import Augmentation
from peu.networks.training_settings import TrainingSettings, keep_steps

USUAL = TrainingSettings(epochs=15, batch_size=128, learning_rate=0.002)
BAD_TRAINING: list[tuple[str, object, str]] = [
    ("epochs", 0, "1"),
    ("batch_size", 2.5, "integer"),
    ("learning_rate", 0, "greater than 0"),
    ("learning_rate", 10.5, "10"),
    ("learning_rate", float("nan"), ""),
    ("patience", -1, "1"),
    ("precision", "float16", "mixed_bfloat16"),
    ("time_limit", 0, "greater than 0"),
    ("optimizer", "lion", "adamw"),
    ("weight_decay", 0.1, "0 with the optimizer 'adam'"),
    ("weight_decay", -1, "0"),
    ("schedule", "step", "cosine"),
    ("warmup", 0.1, "0 with a constant"),
    ("warmup", 1, "less than 1"),
    ("label_smoothing", 1, "less than 1"),
    ("average_weights", 1.0, "less than 1"),
    ("validate_every", 0, "1"),
]
BAD_AUGMENTATION: list[tuple[str, object, str]] = [
    ("policy", "cutmix", "none"),
    ("strength", 0, "greater than 0"),
    ("strength", 2.1, "2"),
    ("flips", True, "horizontal"),
]


@pytest.mark.parametrize(
    ("cls", "setting", "value", "expected"),
    [
        *((TrainingSettings, *one) for one in BAD_TRAINING),
        *((Augmentation, *one) for one in BAD_AUGMENTATION),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected_and_received(
    cls: Any, setting: str, value: object, expected: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        cls(**{setting: value})
    message = str(caught.value)
    assert f"`{setting}` must" in message
    assert expected in message
    assert f"Received: {value!r}" in message
    assert "\n" not in message


def test_every_setting_has_a_bad_value_above() -> None:
    for cls, bad in ((TrainingSettings, BAD_TRAINING), (Augmentation, BAD_AUGMENTATION)):
        assert {name for name, _, _ in bad} == {field.name for field in dataclasses.fields(cls)}


@pytest.mark.parametrize("value", [TrainingSettings(), Augmentation()])
def test_they_do_not_change_and_can_be_keys(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.epochs = 3
    assert {value: 1}[dataclasses.replace(value)] == 1


def test_they_are_made_without_keras() -> None:
    code = (
        "import sys; import peu.networks.training_settings, peu.networks.augmentation_settings,"
        " peu.networks.pretrained_settings, peu.networks.history;"
        "print(sorted({'keras', 'tensorflow', 'sklearn', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@given(st.integers(1, 12_799))
def test_steps_stay_about_the_same_however_few_the_images(images: int) -> None:
    few = keep_steps(USUAL, images, meant_for=12_800)
    steps = few.epochs * -(-images // few.batch_size)
    assert 1000 <= steps <= 3100
    assert 8 <= few.batch_size <= 128
    assert few.learning_rate == USUAL.learning_rate


def test_as_many_images_change_nothing_and_a_given_batch_is_kept() -> None:
    assert keep_steps(USUAL, 12_800, meant_for=12_800) is USUAL
    assert keep_steps(USUAL, 100, meant_for=12_800, batch_size=50).batch_size == 50
