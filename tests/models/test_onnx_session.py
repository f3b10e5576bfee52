"""Images of different sizes run in order, alone on processors and in batches elsewhere."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.models.onnx_session import run_each

Pixels = NDArray[np.uint8]


class _Session:
    """Gives the mean colour of each image."""

    def __init__(self, provider: str) -> None:
        self.batches: list[tuple[int, ...]] = []
        self._provider = provider

    def get_providers(self) -> list[str]:
        return [self._provider]

    def run(
        self, _: Sequence[str], inputs: dict[str, Pixels], __: object
    ) -> list[NDArray[np.float64]]:
        self.batches.append(inputs["pixels"].shape)
        return [inputs["pixels"].mean(axis=(1, 2))]


@pytest.mark.parametrize(
    ("provider", "batches"),
    [
        ("CPUExecutionProvider", [(1, 2, 2, 3)] * 4 + [(1, 3, 2, 3)] * 3),
        ("CUDAExecutionProvider", [(1, 2, 2, 3), (3, 2, 2, 3), (3, 3, 2, 3)]),
    ],
)
def test_results_keep_the_order_of_the_images(
    provider: str, batches: list[tuple[int, ...]]
) -> None:
    session = _Session(provider)
    images = [np.full((2 + number % 2, 2, 3), number, np.uint8) for number in range(7)]
    (found,) = run_each(session, ["mean"], images, batch_size=3)
    assert found[:, 0].tolist() == list(range(7))
    assert sorted(session.batches) == batches
