"""Predictions stream: in order, as soon as they are ready, in bounded memory."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.errors import ResourceError
from peu.images.finding import FoundImage
from peu.images.records import SetAside
from peu.models.predictor import Predictor
from peu.models.streaming import predict_stream


def _found(toy: Any, count: int) -> list[FoundImage | SetAside]:
    images = toy[0]
    return [FoundImage(str(at), array=images[at % len(images)]) for at in range(count)]


def test_rows_keep_the_order_and_equal_predictions(classifier: Predictor, toy: Any) -> None:
    found = _found(toy, 40)
    found[3] = SetAside("3", "a reason")
    found[20] = FoundImage("20", content=b"no image")
    rows = list(predict_stream(classifier, found))
    assert [row.image.name for row in rows] == [str(at) for at in range(40)]
    assert (rows[3].prediction, rows[3].reason) == (None, "a reason")
    assert rows[20].prediction is None
    assert "not an image" in str(rows[20].reason)
    expected = classifier.predict_proba(toy[0])
    for at, row in enumerate(rows):
        if at not in (3, 20):
            assert row.reason is None
            assert row.prediction is not None
            found_here = list(row.prediction.probabilities.values())
            np.testing.assert_allclose(found_here, expected[at], atol=1e-6)


def test_a_row_comes_before_the_next_image_is_there(kernel_classifier: Predictor, toy: Any) -> None:
    asked = threading.Event()

    def coming() -> Iterator[FoundImage]:
        yield FoundImage("first", array=toy[0][0])
        # Without the first row there is no second image.
        assert asked.wait(30)
        yield FoundImage("second", array=toy[0][1])

    rows = predict_stream(kernel_classifier, coming())
    assert next(rows).image.name == "first"
    asked.set()
    assert [row.image.name for row in rows] == ["second"]


def test_few_images_are_read_ahead(kernel_classifier: Predictor, toy: Any) -> None:
    taken = 0

    def endless() -> Iterator[FoundImage]:
        nonlocal taken
        while True:
            taken += 1
            yield FoundImage(str(taken), array=toy[0][0])

    before = threading.active_count()
    rows = predict_stream(kernel_classifier, endless())
    for _ in range(10):
        next(rows)
    assert taken < 200
    rows.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name.startswith("peu-"):
            thread.join(10)
    assert threading.active_count() == before


def test_what_fails_while_images_are_found_is_raised_after_earlier_rows(
    kernel_classifier: Predictor, toy: Any
) -> None:
    def failing() -> Iterator[FoundImage]:
        yield FoundImage("first", array=toy[0][0])
        raise ResourceError("the disk is full")

    rows = predict_stream(kernel_classifier, failing())
    assert next(rows).image.name == "first"
    with pytest.raises(ResourceError, match="full"):
        next(rows)


def test_no_images_are_no_rows(kernel_classifier: Predictor, tmp_path: Path) -> None:
    assert list(predict_stream(kernel_classifier, [])) == []
