"""A network saved as a Keras file, with nothing left elsewhere where saving is broken off."""

import tempfile
import threading
from pathlib import Path
from typing import Any

from peu.files import replacing

_lock = threading.Lock()


def save_network(network: Any, path: Path, *, optimizer: bool = True) -> None:
    """Save a network as a whole file, or leave what was there.

    Keras unpacks into a folder for temporary files, which a kill would leave in the system's. Here
    it lies beside the file: in a bundle's draft, which the next start removes.

    Args:
        network: a Keras model.
        path: ends with `.keras`.
        optimizer: keep its state, from which training can go on.

    Raises:
        DiskError: the disk is full or cannot be written; `path` is as it was.
    """
    with replacing(path) as draft, _lock:
        before, tempfile.tempdir = tempfile.tempdir, str(path.parent)
        try:
            network.save(draft, include_optimizer=optimizer)
        finally:
            tempfile.tempdir = before
