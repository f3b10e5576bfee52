"""Questions that machines of a cluster have for the command that uses them."""

import asyncio
from typing import Any


class Desk:
    """Takes what machines ask of the command that uses them, and brings back its answers.

    Made as a Ray actor. The command itself may be outside the cluster, where nothing can be
    called, so it fetches the questions.
    """

    def __init__(self) -> None:
        self._asked: asyncio.Queue[tuple[str, tuple[Any, ...]] | None] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Any]] = {}

    async def ask(self, key: str, question: tuple[Any, ...]) -> Any:
        """Ask, and wait for the answer; what was asked under the same key may be asked again."""
        self._answers[key] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((key, question))
        return await self._answers[key]

    async def fetch(self) -> tuple[str, tuple[Any, ...]] | None:
        """The next question, with its key; None once the desk is closed."""
        return await self._asked.get()

    async def answer(self, key: str, value: Any) -> None:
        """Answer a question."""
        waiting = self._answers.pop(key, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(value)

    async def close(self) -> None:
        """Answer no more questions."""
        self._asked.put_nowait(None)
