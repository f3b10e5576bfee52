"""Images of different sizes run in order, alone on processors and in batches elsewhere."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from onnx_files import convolution, written
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


_OPENED = """
import sys
from pathlib import Path
from peu.models.onnx_session import open_session
open_session(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="another mechanism there, and no files")
def test_nothing_is_told_of_what_is_opened(tmp_path: Path) -> None:
    model = written(convolution(), tmp_path)
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    for each in places.values():
        Path(each).mkdir()
    # Where tests run, ONNX Runtime keeps quiet by itself.
    hushed = ("CI", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY", "GITHUB_ACTIONS", "TF_BUILD")
    own = {name: value for name, value in os.environ.items() if name not in hushed}
    subprocess.run([sys.executable, "-c", _OPENED, model], env={**own, **places}, check=True)
    # Its events wait in files of the user's cache until they are sent.
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [model]
