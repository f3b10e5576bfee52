"""ONNX Runtime sessions: threads by cores, and the fastest provider that is installed."""

import contextlib
import contextvars
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.images.workers import in_order
from peu.models.bounds import bounded_memory, stopped_after

Image = TypeVar("Image")

_CPU = "CPUExecutionProvider"
_PREFERRED = ("CUDAExecutionProvider", "CoreMLExecutionProvider", _CPU)
_QUIET = 4
# What a session may take to open, beside copies of its file and its threads' stacks; and to run,
# for each pixel: the widest of common networks, VGG16, takes a quarter of that.
_OPENING_BYTES, _COPIES, _STACK_BYTES = 256 << 20, 4, 16 << 20
_BYTES_A_PIXEL = 2048
# The bound is the process's: beside a run, threads decode images, and others are served.
_RUNNING_BYTES = contextvars.ContextVar("running_bytes", default=1 << 30)
_ALONE_BYTES = 128 << 20
_OPENING_SECONDS = 60.0
_SECONDS_AN_IMAGE = 60.0


def open_session(model: bytes | Path, *, threads: int | None = None) -> Any:
    """Open a model for inference.

    Args:
        model: an ONNX file, or its content.
        threads: that one image is shared out to; None is all cores, for the shortest wait. With 1,
            `run_each` runs an image a core, which takes a sixth less of each.

    Returns:
        An `onnxruntime.InferenceSession`.

    Raises:
        Exception: the file is no model, or takes more memory or time to open than one needs.
    """
    import onnxruntime

    if sys.platform == "win32":
        # There the environment variable that `peu` sets is not looked at.
        onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = _QUIET
    # Plans of memory are kept for each size of image that comes along.
    options.enable_mem_pattern = False
    # Threads that wait in a loop for work take the time of whatever runs beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    available = onnxruntime.get_available_providers()
    providers = [each for each in _PREFERRED if each in available]
    size = len(model) if isinstance(model, bytes) else model.stat().st_size
    most = _OPENING_BYTES + _COPIES * size + _STACK_BYTES * options.intra_op_num_threads

    def stop() -> None:
        # Older versions cannot be stopped.
        if hasattr(options, "set_load_cancellation_flag"):
            options.set_load_cancellation_flag(True)

    with _bounded(providers, most), stopped_after(_OPENING_SECONDS, stop):
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=providers
        )


def run_session(
    session: Any, outputs: Sequence[str] | None, feeds: dict[str, NDArray[Any]], pixels: int
) -> list[Any]:
    """Run a model once, within the memory and time that its number of pixels may take.

    Args:
        session: of `open_session`.
        outputs: names of the outputs wanted; None is all.
        feeds: the inputs by name.
        pixels: height times width of all images in them, and of those that run beside them.

    Raises:
        BundleError: it cannot be run on them, or takes more memory or time than it may.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _QUIET
    images = max(1, *(len(each) for each in feeds.values()))

    def stop() -> None:
        options.terminate = True

    most = _RUNNING_BYTES.get() + _BYTES_A_PIXEL * pixels
    names = None if outputs is None else list(outputs)
    with stopped_after(_SECONDS_AN_IMAGE * images, stop) as late:
        try:
            with _bounded(session.get_providers(), most):
                found: list[Any] = session.run(names, feeds, options)
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            slow = f"it took more than {_SECONDS_AN_IMAGE:.0f} seconds an image"
            raise BundleError(
                "A model must run on images, in the memory and time that one of its size needs. It "
                f"does not: {slow if late() else lines[0][:200]}. Use another model, or train it "
                "again."
            ) from error
    return found


@contextlib.contextmanager
def running_alone() -> Iterator[None]:
    """Run models in a block within what they need themselves: nothing is decoded beside them."""
    token = _RUNNING_BYTES.set(_ALONE_BYTES)
    try:
        yield
    finally:
        _RUNNING_BYTES.reset(token)


def _bounded(providers: Sequence[str], most: int) -> contextlib.AbstractContextManager[None]:
    # What other providers map is not memory.
    return bounded_memory(most) if list(providers) == [_CPU] else contextlib.nullcontext()


def run_each(
    session: Any,
    outputs: Sequence[str],
    images: Iterable[Image],
    prepare: Callable[[Image], NDArray[np.uint8]] = np.asarray,
    *,
    batch_size: int = 8,
) -> list[NDArray[np.float32]]:
    """Run a model on images of different sizes.

    On processors an image at a time, an image a core, prepared where it is run, so that no core
    waits for the others: batches are no faster there, and take more memory. Elsewhere images of
    one size go together.

    Args:
        session: takes "pixels" (n, height, width, 3); best opened with one thread.
        outputs: names of the outputs wanted, each (n, ...) of one shape for all sizes.
        images: one or more, in any form; those of an iterator are taken as they are needed.
        prepare: from such an image to (height, width, 3) uint8; as they are, if it is left out.
        batch_size: images at a time, where they go together.

    Returns:
        For each output an array of one row per image, in order.
    """
    if not runs_one_by_one(session):
        prepared = list(in_order(prepare, images))
        batches = _alike(prepared, batch_size)
        found = [
            _run(session, outputs, np.stack([prepared[number] for number in numbers]), beside=1)
            for numbers in batches
        ]
        order = np.argsort([number for numbers in batches for number in numbers])
        return [np.concatenate(output)[order] for output in zip(*found, strict=True)]
    callers = 1 if isinstance(images, Sequence) and len(images) == 1 else cores()

    def run(image: Image) -> list[NDArray[np.float32]]:
        return _run(session, outputs, prepare(image)[None], beside=callers)

    # One caller runs in this thread: another would not know of `running_alone`.
    rows = in_order(run, images, threads=callers) if callers > 1 else map(run, images)
    return [np.concatenate(output) for output in zip(*rows, strict=True)]


def _run(
    session: Any, outputs: Sequence[str], pixels: NDArray[np.uint8], *, beside: int
) -> list[NDArray[np.float32]]:
    most = beside * pixels.size // pixels.shape[-1]
    return run_session(session, outputs, {"pixels": pixels}, most)


def runs_one_by_one(session: Any) -> bool:
    """Whether `run_each` runs an image at a time, an image a core."""
    return bool(session.get_providers()[0] == _CPU)


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
    batches = [pixels[start : start + batch_size] for start in starts]
    found = [
        run_session(session, [output], {"pixels": each}, each.size // each.shape[-1])[0]
        for each in batches
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
