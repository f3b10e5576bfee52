"""ONNX Runtime sessions: threads by cores, and the fastest provider that is installed."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CPU = "CPUExecutionProvider"
_PREFERRED = ("CUDAExecutionProvider", "CoreMLExecutionProvider", _CPU)
_QUIET = 3


def open_session(model: bytes | Path, *, threads: int | None = None) -> Any:
    """Open a model for inference.

    Args:
        model: an ONNX file, or its content.
        threads: that one image is shared out to; None is all cores, for the shortest wait. With 1,
            `run_each` runs an image a core, which takes a sixth less of each.

    Returns:
        An `onnxruntime.InferenceSession`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = _QUIET
    # Plans of memory are kept for each size of image that comes along.
    options.enable_mem_pattern = False
    # Threads that wait in a loop for work take the time of whatever runs beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    available = onnxruntime.get_available_providers()
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        options,
        providers=[each for each in _PREFERRED if each in available],
    )


def run_each(
    session: Any, outputs: Sequence[str], images: Sequence[NDArray[np.uint8]], batch_size: int = 8
) -> list[NDArray[np.float32]]:
    """Run a model on images of different sizes.

    On processors an image at a time, an image a core: batches are no faster there, and take more
    memory. Elsewhere images of one size go together.

    Args:
        session: takes "pixels" (n, height, width, 3); best opened with one thread.
        outputs: names of the outputs wanted, each (n, ...) of one shape for all sizes.
        images: (height, width, 3) uint8 each.
        batch_size: images at a time, where they go together.

    Returns:
        For each output an array of one row per image, in order.
    """
    on_cpu = session.get_providers()[0] == _CPU
    batches = [[at] for at in range(len(images))] if on_cpu else _alike(images, batch_size)

    def run(numbers: list[int]) -> list[NDArray[np.float32]]:
        pixels = np.stack([images[number] for number in numbers])
        found: list[NDArray[np.float32]] = session.run(list(outputs), {"pixels": pixels})
        return found

    callers = min(cores(), len(batches)) if on_cpu else 1
    if callers > 1:
        with ThreadPoolExecutor(callers, thread_name_prefix="peu-infer") as pool:
            found = list(pool.map(run, batches))
    else:
        found = [run(numbers) for numbers in batches]
    order = np.argsort([number for numbers in batches for number in numbers])
    return [np.concatenate(output)[order] for output in zip(*found, strict=True)]


def run_sized(
    session: Any, output: str, pixels: NDArray[np.uint8], batch_size: int = 8
) -> NDArray[np.float32]:
    """Run a model on images of its one size.

    Args:
        session: takes "pixels" (n, height, width, 3), or (1, height, width, 3).
        output: name of the output wanted, (n, ...).
        pixels: (n, height, width, 3).
        batch_size: images at a time, where the model takes several.

    Returns:
        One row an image.
    """
    if len(pixels) == 0:
        black = np.zeros((1, *pixels.shape[1:]), np.uint8)
        return run_sized(session, output, black)[:0]
    if session.get_inputs()[0].shape[0] == 1:
        batch_size = 1
    starts = range(0, len(pixels), batch_size)
    found = [
        session.run([output], {"pixels": pixels[start : start + batch_size]})[0] for start in starts
    ]
    return np.concatenate(found)


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _alike(images: Sequence[NDArray[np.uint8]], batch_size: int) -> list[list[int]]:
    """Numbers of images of one shape, in batches."""
    shapes: dict[tuple[int, ...], list[int]] = {}
    for number, image in enumerate(images):
        shapes.setdefault(image.shape, []).append(number)
    return [
        numbers[start : start + batch_size]
        for numbers in shapes.values()
        for start in range(0, len(numbers), batch_size)
    ]
