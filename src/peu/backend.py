"""The one door to Keras: its settings are made here, before it starts, and its chatter kept out.

Importing this module starts Keras and takes seconds; nothing that `peu --help` needs may do so.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

_CHATTER = ("InitializeLog()", "oneDNN custom operations", "cpu_feature_guard")


def _choose_settings() -> None:
    """Make the settings that must stand before TensorFlow loads; the user's own come first.

    TensorFlow turns its oneDNN kernels on by itself only where the processor has AVX-512. On
    an AVX2 processor they halve the time of a training step as well (`benchmarks/sheet_cnn.py`).
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what native libraries print while they load, and pass on what is not chatter.

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
            for line in held.read().decode("utf-8", "replace").splitlines(keepends=True):
                if not any(word in line for word in _CHATTER):
                    sys.stderr.write(line)


_choose_settings()
with _without_chatter():
    import keras

__all__ = ["keras"]
