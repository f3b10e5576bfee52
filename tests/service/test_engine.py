"""Whose turn it is: a request of one image among those of many."""

import asyncio
from pathlib import Path

from peu.models.prediction import Prediction
from peu.service.engine import Engine
from peu.service.models import ServedModels
from peu.service.settings import Limits
from peu.service.uploads import Upload


def test_one_image_does_not_wait_for_all_of_a_request_that_came_before(
    model: Path, photo: bytes
) -> None:
    async def asked() -> list[str]:
        engine = Engine(ServedModels({"drawings": model}), Limits())
        served, finished = engine.models[None], []

        async def ask(name: str, images: int) -> None:
            found = await engine.predict(served, [Upload(name, photo)] * images)
            assert len(found) == images
            assert all(isinstance(each, Prediction) for each in found)
            finished.append(name)

        async with engine.running():
            many = asyncio.create_task(ask("many", 32))
            # Every image of it is under way, or waits for its turn.
            await asyncio.sleep(0)
            await asyncio.gather(many, ask("one", 1))
        return finished

    assert asyncio.run(asked()) == ["one", "many"]
