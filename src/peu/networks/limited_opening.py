"""Keras files from elsewhere: opened first in a process of its own, within bounds.

A file of kilobytes can declare layers of gigabytes, and TensorFlow ends the whole process when it
is refused memory. So a file that neither this machine wrote nor opened before is first opened and
run once by a child, which may take as much memory and time as a sound file of that size needs.
"""

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peu.cache_folder import cache_folder
from peu.errors import BundleError
from peu.files import sha256_of_file, write_bytes
from peu.networks.backbone_sources import BackboneSource

MOST_BYTES = 1 << 30
# Of processor time; a busy machine may take longer.
_SECONDS = 180
_PATIENCE = 10 * _SECONDS
# TensorFlow's threads and their arenas, and a graph; then the weights, and copies of them.
_EXTRA_BYTES, _COPIES = 768 << 20, 6
_LARGEST_SIDE = 2048

_opened: set[str] = set()


def check_opens(source: Path | BackboneSource) -> None:
    """Open a Keras file in a child, unless this machine wrote it or has opened it before.

    Args:
        source: a saved network, or a backbone whose weights or whole model are in a file.

    Raises:
        BundleError: it cannot be opened, or takes more memory or time than it may.
    """
    path = source if isinstance(source, Path) else Path(source.weights or source.name)
    if not path.is_file():
        raise BundleError(f"`{path}` must be a file of Keras. There is none. Check the path.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise BundleError(
            f"`{path}` must be at most 1 GiB. It is {size / (1 << 30):.1f} GiB. Choose a smaller "
            "network."
        )
    how = "" if isinstance(source, Path) else f"{source.name if source.weights else 'model'}"
    digest = hashlib.sha256(f"{how} {sha256_of_file(path)}".encode()).hexdigest()
    if digest in _opened or (_folder() / digest).is_file():
        return
    wanted = {"path": str(path)} if isinstance(source, Path) else {"backbone": asdict(source)}
    _open_in_child(path, {**wanted, "bytes": _EXTRA_BYTES + _COPIES * size})
    _remember(digest)


def trust(path: Path) -> None:
    """Remember that peu itself wrote a network, so that nothing opens it only to look."""
    _remember(hashlib.sha256(f" {sha256_of_file(path)}".encode()).hexdigest())


def _remember(digest: str) -> None:
    _opened.add(digest)
    # A cache that cannot be written costs time alone.
    try:
        write_bytes(_folder() / digest, b"")
    except Exception:  # noqa: BLE001
        return


def _folder() -> Path:
    return cache_folder() / "opened-networks"


def _open_in_child(path: Path, wanted: dict[str, Any]) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "peu.networks.limited_opening"],
            input=json.dumps(wanted).encode(),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(path, f"it takes more than {_PATIENCE} seconds to open") from error
    if done.returncode == BundleError.exit_code:
        raise BundleError(done.stdout.decode("utf-8", "replace"))
    if done.returncode:
        raise _refused(
            path,
            f"it takes more than {wanted['bytes'] >> 20} MiB of memory or {_SECONDS} seconds",
        )


def _refused(path: Path, reason: str) -> BundleError:
    return BundleError(
        f"`{path}` must be a network that opens in the memory and time that its size needs. It "
        f"could not be loaded: {reason}. Save it again, or choose another."
    )


def _open(wanted: dict[str, Any]) -> None:
    """Open a file and run it on a black image, in this process."""
    from peu.networks import backbones, saved
    from peu.networks.backend import keras

    _limit(wanted["bytes"])
    if "backbone" in wanted:
        network = backbones.open_backbone(BackboneSource(**wanted["backbone"]))
    else:
        network = saved.open_network(Path(wanted["path"]))
    shape = [side or backbones.DEFAULT_SIZE[0] for side in network.inputs[0].shape[1:]]
    if max(shape) > _LARGEST_SIDE**2 or (len(shape) == 3 and max(shape[:2]) > _LARGEST_SIDE):
        raise _refused(Path(wanted.get("path", "the file")), f"its input has the shape {shape}")
    network(keras.ops.zeros((1, *shape), dtype=network.inputs[0].dtype), training=False)


def _limit(extra_bytes: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    bound = pages * resource.getpagesize() + extra_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    spent = round(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + _SECONDS, spent + _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main() -> None:
    try:
        _open(json.load(sys.stdin))
    except BundleError as error:
        sys.stdout.write(str(error))
        sys.exit(BundleError.exit_code)


if __name__ == "__main__":
    _main()
