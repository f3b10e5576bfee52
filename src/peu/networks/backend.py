"""The one door to Keras: its settings are made here, before it starts, and its chatter kept out.

Importing this module starts Keras and takes seconds; nothing that `peu --help` needs may do so.
"""

import contextlib
import ctypes
import functools
import gc
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from peu.errors import ResourceError

_CHATTER = ("InitializeLog()", "oneDNN custom operations", "cpu_feature_guard")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
# glibc's name for it in `mallopt`, what a training may keep at most, and glibc's own value.
_M_TRIM_THRESHOLD, _KEPT_BYTES, _USUAL_BYTES = -1, 1 << 30, 128 << 10


def _choose_settings() -> None:
    """Make the settings that must stand before TensorFlow loads; the user's own come first.

    TensorFlow turns its oneDNN kernels on by itself only where the processor has AVX-512. On
    an AVX2 processor they halve the time of a training step as well (`benchmarks/sheet_cnn.py`).
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Suppress the known messages that native libraries print while they load.

    TensorFlow writes its first lines straight to file descriptor 2, whatever its log level.
    """
    try:
        terminal = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            # Back to where it came from, which the command line keeps off the terminal.
            for line in held.read().splitlines(keepends=True):
                if not any(word.encode() in line for word in _CHATTER):
                    os.write(2, line)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage while modules load: looking for it takes a tenth of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_choose_settings()
try:
    with _without_chatter(), _without_collections():
        import keras
except ModuleNotFoundError as error:
    raise ResourceError(
        f"Recipes that train networks need Keras and TensorFlow. `{error.name}` is not installed. "
        "Run: pip install 'peu[tensorflow]'"
    ) from error

logging.getLogger("tensorflow").setLevel(logging.ERROR)


def versions() -> dict[str, str]:
    """Versions of Keras and of its backend."""
    name = keras.backend.backend()
    return {"keras": keras.__version__, name: __import__(name).__version__}


@functools.cache
def has_bfloat16() -> bool:
    """Whether the processor has bfloat16 instructions, or there is a GPU.

    Without them bfloat16 is emulated, and a training step takes several times as long.
    """
    if has_gpu():
        return True
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and _BFLOAT16_FLAGS & set(line.split()) for line in lines)


@functools.cache
def has_gpu() -> bool:
    """Whether Keras computes on a GPU."""
    return len(keras.distribution.list_devices("gpu")) > 0


def limit_threads(count: int) -> None:
    """Limit this process's compute threads; call it before the first network.

    Several processes that train side by side are faster than one that uses all cores, since a
    small network's steps leave cores waiting for each other.
    """
    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    elif name == "torch":
        import torch

        torch.set_num_threads(count)


def most_steps_at_once(wanted: int) -> int:
    """How many of `wanted` training steps the backend can run in one call: PyTorch one."""
    return 1 if keras.backend.backend() == "torch" else wanted


def keep_freed_memory() -> None:
    """Keep the memory that a training step frees for the next one; 1 GiB at most.

    TensorFlow 2.21 has glibc give back all but 128 KiB as soon as it reads a generator, so that
    each step faults its memory in anew. A step of the small residual network took an eighth to a
    quarter more processor time that way (142 images of 64 x 64, trained with and without in
    turn, 2 AVX2 cores). Elsewhere, and where the user has set a threshold, this does nothing.
    """
    _keep_at_most(_KEPT_BYTES)


def give_back_freed_memory() -> None:
    """End `keep_freed_memory` when a training is over: other processes may need it."""
    if _keep_at_most(_USUAL_BYTES):
        ctypes.CDLL(None).malloc_trim(0)


def _keep_at_most(count: int) -> bool:
    if sys.platform != "linux" or "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return False
    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, count))
    return False


def gradient(function: Callable[[Any], Any], point: Any) -> Any:
    """Differentiate a scalar function of one tensor, whichever backend Keras runs on.

    Args:
        function: from a tensor to a scalar tensor.
        point: where, float32 of any shape.

    Returns:
        The gradient, an array of the shape of `point`.
    """
    name = keras.backend.backend()
    tensor = keras.ops.convert_to_tensor(point)
    if name == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = function(tensor)
        return keras.ops.convert_to_numpy(tape.gradient(value, tensor))
    if name == "jax":
        import jax

        return keras.ops.convert_to_numpy(jax.grad(function)(tensor))
    tensor = tensor.detach().requires_grad_(True)
    function(tensor).backward()
    return keras.ops.convert_to_numpy(tensor.grad)


__all__ = [
    "give_back_freed_memory",
    "gradient",
    "has_bfloat16",
    "has_gpu",
    "keep_freed_memory",
    "keras",
    "limit_threads",
    "most_steps_at_once",
    "versions",
]
