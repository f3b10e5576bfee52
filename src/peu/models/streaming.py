"""Predictions for any number of images, one after the other, in bounded memory."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any

from peu.errors import DataError
from peu.images.finding import FoundImage
from peu.images.large_images import one_large_at_a_time
from peu.images.records import SetAside
from peu.images.workers import THREADS
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor

_BATCH = 8 * THREADS
_PATIENCE = 0.1


@dataclass(frozen=True)
class Row:
    """What became of one image.

    Attributes:
        image: where it came from.
        prediction: None where the image could not be used.
        reason: why it could not, in one line; None where it could.
    """

    image: FoundImage
    prediction: Prediction | None
    reason: str | None


def predict_stream(predictor: Predictor, images: Iterable[FoundImage | SetAside]) -> Iterator[Row]:
    """Predict images as they are found, without waiting for others that are still to come.

    Threads read and resize a few images ahead; those that are ready when the model is free are
    predicted together.

    Args:
        predictor: of any kind.
        images: as `find_images` yields them; consumed in a thread.

    Yields:
        A row for each, in order.
    """
    ahead = _ReadAhead(predictor, images)
    try:
        for batch in ahead.batches():
            yield from _rows(predictor, batch)
    finally:
        ahead.stop()


@dataclass(frozen=True)
class _Read:
    """An image as the model takes it, or the reason why there is none."""

    image: FoundImage
    prepared: Any = None
    reason: str | None = None


class _ReadAhead:
    """Images that threads have read, or are reading, in order."""

    def __init__(self, predictor: Predictor, images: Iterable[FoundImage | SetAside]) -> None:
        self._predictor = predictor
        self._shorter = predictor.shorter_side
        self._images = images
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="peu-decode")
        self._waiting: Queue[Future[_Read] | None] = Queue(_BATCH)
        self._stopped = threading.Event()
        # A list of paths may wait for standard input when the program ends.
        threading.Thread(target=self._find, name="peu-find", daemon=True).start()

    def batches(self) -> Iterator[list[_Read]]:
        """What is ready, as soon as anything is."""
        batch: list[_Read] = []
        while (future := self._next()) is not None:
            if batch and (not future.done() or future.exception()):
                yield batch
                batch = []
            batch.append(future.result())
            if len(batch) == _BATCH or self._waiting.empty():
                yield batch
                batch = []
        if batch:
            yield batch

    def stop(self) -> None:
        """Leave what has not begun."""
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def _find(self) -> None:
        try:
            for found in self._images:
                if self._stopped.is_set():
                    return
                self._put(self._pool.submit(self._read, found))
        except BaseException as error:  # noqa: BLE001 - raised where rows are consumed
            failed: Future[_Read] = Future()
            failed.set_exception(error)
            self._put(failed)
        self._put(None)

    def _read(self, found: FoundImage | SetAside) -> _Read:
        if isinstance(found, SetAside):
            return _Read(FoundImage(found.path), reason=found.reason)
        try:
            with one_large_at_a_time():
                prepared = self._predictor.prepare(found.read(shorter=self._shorter))
        except DataError as error:
            return _Read(found, reason=str(error))
        return _Read(found, prepared)

    def _put(self, item: "Future[_Read] | None") -> None:
        while not self._stopped.is_set():
            try:
                self._waiting.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return

    def _next(self) -> "Future[_Read] | None":
        # An endless wait would not notice Ctrl-C on every system.
        while True:
            try:
                return self._waiting.get(timeout=_PATIENCE)
            except Empty:
                continue


def _rows(predictor: Predictor, batch: list[_Read]) -> Iterator[Row]:
    usable = [each.prepared for each in batch if each.reason is None]
    predictions = iter(predictor.predict_prepared(usable))
    for each in batch:
        prediction = next(predictions) if each.reason is None else None
        yield Row(each.image, prediction, each.reason)
