"""Images of all requests, predicted together as soon as the model is free."""

import asyncio
import contextlib
import itertools
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, PriorityQueue
from typing import Any

from peu.models.onnx_session import cores
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor

MOST_IMAGES = 8
"""Of one batch: of more, those that wait would wait longer, and none is faster."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    predictor: Predictor
    prepared: Any
    answer: "asyncio.Future[Prediction]"


_Entry = tuple[float, int, _Waiting | None]


class Batcher:
    """Hands images to models, a batch at a time, in the order in which they were asked for.

    Nothing waits for a batch to fill: while the model works on one, the next ones gather. Images
    for different models, or asked for different things, are predicted one group after the other.
    Where a model runs an image a core, batches would only make some images wait for others: there
    as many threads as there are cores take an image each.

    Args:
        observed: is told the number of images of every batch.
        most_images: of one batch.
    """

    def __init__(
        self,
        observed: Callable[[int], None] = lambda _: None,
        *,
        most_images: int = MOST_IMAGES,
    ) -> None:
        self._observed = observed
        self._most = most_images
        self._queue: PriorityQueue[_Entry] = PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._busy = 0
        self._all_cores = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"peu-predict-{number}", daemon=True)
            for number in range(cores())
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self, predictor: Predictor, prepared: Any, *, turn: float = 0
    ) -> "asyncio.Future[Prediction]":
        """Queue an image that `Predictor.prepare` gave; call it from the event loop.

        Args:
            predictor: that is asked.
            prepared: the image.
            turn: images of a lower one go first, whenever they were ready, so that none waits much
                longer than others for having taken a moment more to decode.

        Returns:
            Its prediction, once there is one.
        """
        answer = asyncio.get_running_loop().create_future()
        self._put(_Waiting(predictor, prepared, answer), turn)
        return answer

    @property
    def waiting(self) -> int:
        """About how many images wait."""
        return self._queue.qsize()

    def stop(self) -> None:
        """End the threads once what was submitted is answered."""
        for _ in self._threads:
            self._put(None, math.inf)
        for thread in self._threads:
            thread.join()

    def _put(self, item: _Waiting | None, turn: float) -> None:
        self._queue.put((turn, next(self._numbers), item))

    def _work(self) -> None:
        while (first := self._queue.get()[-1]) is not None:
            one_by_one = first.predictor.one_by_one
            batch = [first] if one_by_one else [first, *self._more()]
            with self._lock:
                self._busy += 1
                alone = self._busy == 1 and len(batch) == 1 and self._queue.empty()
            try:
                with contextlib.nullcontext() if one_by_one else self._all_cores:
                    self._predict(batch, alone=alone)
            finally:
                with self._lock:
                    self._busy -= 1

    def _more(self) -> list[_Waiting]:
        """What waits already."""
        found: list[_Waiting] = []
        while len(found) < self._most - 1:
            try:
                item = self._queue.get_nowait()[-1]
            except Empty:
                break
            if item is None:
                self._put(None, math.inf)
                break
            found.append(item)
        return found

    def _predict(self, batch: Sequence[_Waiting], *, alone: bool) -> None:
        groups: dict[int, list[_Waiting]] = {}
        for item in batch:
            if not item.answer.cancelled():
                groups.setdefault(id(item.predictor), []).append(item)
        for group in groups.values():
            predictor = group[0].predictor
            self._observed(len(group))
            try:
                if alone:
                    predictor = predictor.for_number(1)
                found = predictor.predict_prepared([item.prepared for item in group])
            except Exception as error:  # noqa: BLE001 - raised where the answer is awaited
                _answer(group, error)
            else:
                _answer(group, found)


def _answer(group: Sequence[_Waiting], found: "Sequence[Prediction] | Exception") -> None:
    def tell() -> None:
        for number, item in enumerate(group):
            if item.answer.done():
                continue
            if isinstance(found, Exception):
                item.answer.set_exception(found)
            else:
                item.answer.set_result(found[number])

    loop = group[0].answer.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)
