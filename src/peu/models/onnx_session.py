"""ONNX Runtime sessions: threads by cores, and the fastest provider that is installed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PREFERRED = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")
_QUIET = 3


def open_session(model: bytes | Path) -> Any:
    """Open a model for inference.

    Args:
        model: an ONNX file, or its content.

    Returns:
        An `onnxruntime.InferenceSession`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _cores()
    options.log_severity_level = _QUIET
    available = onnxruntime.get_available_providers()
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        options,
        providers=[each for each in _PREFERRED if each in available],
    )


def run_by_shape(
    session: Any, outputs: Sequence[str], images: Sequence[NDArray[np.uint8]], batch_size: int = 8
) -> list[NDArray[np.float32]]:
    """Run a model on images of different sizes, those of one size together.

    Args:
        session: takes "pixels" (n, height, width, 3).
        outputs: names of the outputs wanted, each (n, ...) of one shape for all sizes.
        images: (height, width, 3) uint8 each.
        batch_size: images at a time.

    Returns:
        For each output an array of one row per image, in order.
    """
    rows: list[list[Any]] = [[None] * len(images) for _ in outputs]
    shapes: dict[tuple[int, ...], list[int]] = {}
    for number, image in enumerate(images):
        shapes.setdefault(image.shape, []).append(number)
    for numbers in shapes.values():
        for start in range(0, len(numbers), batch_size):
            chosen = numbers[start : start + batch_size]
            found = session.run(
                list(outputs), {"pixels": np.stack([images[number] for number in chosen])}
            )
            for output, values in zip(rows, found, strict=True):
                for number, value in zip(chosen, values, strict=True):
                    output[number] = value
    return [np.stack(output) for output in rows]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
