"""Batches across requests."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from peu.models.onnx_session import cores
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor
from peu.service.batching import MOST_IMAGES, Batcher


class Together:
    """A predictor that takes images together, and remembers how many it got at once."""

    one_by_one = False

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.sizes: list[int] = []

    def for_number(self, _: int) -> "Together":
        return self

    def predict_prepared(self, prepared: Sequence[Any]) -> tuple[Prediction, ...]:
        self.sizes.append(len(prepared))
        return self._predictor.predict_prepared(prepared)


class Broken(Together):
    def predict_prepared(self, prepared: Sequence[Any]) -> tuple[Prediction, ...]:
        raise ValueError(f"of {len(prepared)} images")


@pytest.fixture(scope="module")
def prepared(predictor: Predictor, photos: Path) -> list[Any]:
    images = [Image.open(path).convert("RGB") for path in sorted(photos.rglob("*.jpg"))[::2]]
    return [predictor.prepare(image) for image in images]


def _ask(predictors: Sequence[Any], prepared: Sequence[Any]) -> list[Any]:
    """Ask for all images at once, each of its own predictor."""

    async def ask() -> list[Any]:
        batcher = Batcher()
        waiting = [
            batcher.submit(each, image) for each, image in zip(predictors, prepared, strict=True)
        ]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        batcher.stop()
        return list(found)

    return asyncio.run(ask())


def test_each_image_gets_its_own_answer(predictor: Predictor, prepared: list[Any]) -> None:
    expected = [predictor.predict_prepared([each])[0] for each in prepared]
    found = _ask([predictor] * len(prepared), prepared)
    assert [each.label for each in found] == [each.label for each in expected]
    probabilities = [each.probability for each in found]
    assert np.allclose(probabilities, [each.probability for each in expected], atol=1e-6)


def test_models_that_gain_from_it_get_batches(predictor: Predictor, prepared: list[Any]) -> None:
    together = Together(predictor)
    _ask([together] * len(prepared), prepared)
    assert sum(together.sizes) == len(prepared)
    assert 1 < max(together.sizes) <= MOST_IMAGES


def test_images_for_different_models_are_kept_apart(
    predictor: Predictor, prepared: list[Any]
) -> None:
    shouting = replace(predictor, class_names=tuple(map(str.upper, predictor.class_names)))
    both = [Together(predictor), Together(shouting)]
    found = _ask([both[at % 2] for at in range(len(prepared))], prepared)
    assert [each.label.isupper() for each in found] == [at % 2 == 1 for at in range(len(prepared))]


def test_a_failure_reaches_those_that_wait_for_it(
    predictor: Predictor, prepared: list[Any]
) -> None:
    broken, sound = Broken(predictor), Together(predictor)
    found = _ask([broken, sound, broken], prepared[:3])
    assert isinstance(found[0], ValueError)
    assert isinstance(found[1], Prediction)
    assert isinstance(found[2], ValueError)


def test_images_go_in_the_order_in_which_they_were_asked_for() -> None:
    order: list[int] = []
    held = threading.Event()

    class Noting:
        one_by_one = True

        def for_number(self, _: int) -> "Noting":
            return self

        def predict_prepared(self, numbers: Sequence[Any]) -> tuple[Any, ...]:
            held.wait(10)
            order.extend(number for number in numbers if number >= 0)
            return tuple(numbers)

    async def ask() -> None:
        batcher = Batcher()
        model: Any = Noting()
        waiting = [batcher.submit(model, -1, turn=-1) for _ in range(cores())]
        while batcher.waiting:
            await asyncio.sleep(0.01)
        waiting += [batcher.submit(model, number, turn=number) for number in (3, 1, 2, 0)]
        held.set()
        await asyncio.gather(*waiting)
        batcher.stop()

    asyncio.run(ask())
    assert sorted(order) == [0, 1, 2, 3]
    assert order.index(0) < 2 <= order.index(3)
