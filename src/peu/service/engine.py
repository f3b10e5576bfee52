"""What answers requests: models, threads that decode, and batches that are predicted."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from peu.errors import DataError
from peu.images.workers import THREADS
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor
from peu.service.batching import MOST_IMAGES, Batcher
from peu.service.bodies import Bodies
from peu.service.decoding import Decoder
from peu.service.metrics import Metrics
from peu.service.models import ServedModel, ServedModels
from peu.service.refusals import overloaded, unusable
from peu.service.settings import Limits
from peu.service.uploads import Upload

T = TypeVar("T")

_MOST_PREPARED = 64
_REFRESH_SECONDS = 1.0


class Engine:
    """Predicts uploaded images, off the event loop and in bounded memory.

    Attributes:
        models: that answer.
        bodies: reads requests.
        metrics: counts what is done.
        limits: of requests.
    """

    def __init__(self, models: ServedModels, limits: Limits) -> None:
        self.models = models
        self.limits = limits
        self.bodies = Bodies(limits)
        self.metrics = Metrics()
        self._decoder = Decoder(limits.pixels)
        # One thread for the image that is slow, so that all others stay for those that are not.
        self._pool = ThreadPoolExecutor(THREADS + 1, thread_name_prefix="peu-decode")
        self._slow = asyncio.Semaphore(1)
        # One at a time: what JSON becomes in Python takes memory, and no thread makes it faster.
        self._parsing = ThreadPoolExecutor(1, thread_name_prefix="peu-parse")
        self._prepared = asyncio.Semaphore(_MOST_PREPARED)
        self._turns = itertools.count()
        self._batcher = Batcher(self.metrics.batch_images.observe)
        self.metrics.watch(waiting=lambda: self._batcher.waiting, held=lambda: self.bodies.held)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after changed models meanwhile; afterwards finish what was begun."""
        watch = asyncio.create_task(self._refresh_models())
        try:
            yield
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            await asyncio.to_thread(self._batcher.stop)
            self._pool.shutdown(cancel_futures=True)
            self._parsing.shutdown(cancel_futures=True)

    async def parsed(self, work: Callable[..., T], *arguments: Any) -> T:
        """Take a body apart, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._parsing, work, *arguments)

    async def predict(
        self,
        model: ServedModel,
        uploads: Sequence[Upload],
        *,
        coverage: float | None = None,
        accept_all: bool = False,
    ) -> Sequence[Prediction | DataError]:
        """Predict images, or say of each why it cannot be.

        Raises:
            Refusal: the model cannot answer this, or not in time.
        """
        predictor = model.predictor
        if coverage is not None or accept_all:
            try:
                predictor = predictor.asked(coverage=coverage, accept_all=accept_all)
            except DataError as error:
                raise unusable(str(error)) from error
        room = asyncio.Semaphore(MOST_IMAGES)
        work = [asyncio.create_task(self._predict(predictor, each, room)) for each in uploads]
        try:
            async with asyncio.timeout(self.limits.seconds):
                found = await asyncio.gather(*work)
        except TimeoutError:
            raise overloaded(
                f"The model did not answer within {self.limits.seconds:g} s: too much waits "
                "before this request. Try again later."
            ) from None
        finally:
            for task in work:
                task.cancel()
        for each in found:
            outcome = "predicted" if isinstance(each, Prediction) else "refused"
            self.metrics.images.labels(model.name, outcome).inc()
        return found

    async def _predict(
        self, predictor: Predictor, upload: Upload, room: asyncio.Semaphore
    ) -> Prediction | DataError:
        # A request of many images takes their turns a few at a time: one of a single image, which
        # came a moment later, is not to wait for all of them.
        async with room:
            return await self._in_turn(predictor, upload)

    async def _in_turn(self, predictor: Predictor, upload: Upload) -> Prediction | DataError:
        turn = next(self._turns)
        try:
            async with self._prepared:
                prepared = await self._in_thread(self._decoder.prepare_quickly, predictor, upload)
                if prepared is not None:
                    return await self._batcher.submit(predictor, prepared, turn=turn)
            async with self._slow, self._prepared:
                prepared = await self._in_thread(self._decoder.prepare, predictor, upload)
                return await self._batcher.submit(predictor, prepared, turn=turn)
        except DataError as error:
            return error
        except MemoryError:
            return overloaded("There is not enough memory to decode it.")

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def _refresh_models(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            await asyncio.to_thread(self.models.refresh)
