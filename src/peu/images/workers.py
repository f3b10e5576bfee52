"""A few threads that work ahead, in order and in bounded memory."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = max(1, min(4, os.cpu_count() or 1))


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int = THREADS
) -> Iterator[Result]:
    """Apply `work` to each item in threads, and yield the results in order.

    Decoding leaves Python's lock, so threads use every core. Only a few results wait at a
    time, whatever the number of items; leaving the loop drops what has not begun.

    Example:
        >>> list(in_order(abs, [-1, 2, -3]))
        [1, 2, 3]
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="peu-decode")
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 4 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def small_products() -> Iterator[None]:
    """Multiply matrices with one thread each, as suits small ones and what `in_order` runs.

    Threads that share a product of a few megaflops mostly wait for each other: on a busy machine
    it then takes ten times the processor time. And one thread adds up in one order.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
