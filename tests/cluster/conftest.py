"""A cluster of two nodes on this machine, shared by the tests of a file."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from small_set import drawn_images

ray = pytest.importorskip("ray", reason="Ray is not installed")

from ray.cluster_utils import Cluster  # noqa: E402 - where Ray is installed

_STARTS = 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A head without cores, and two nodes with one each."""
    from peu.cluster.connection import prepare_ray

    # Ray has its processes give way to all others, which on a busy machine leaves them nothing.
    os.environ.update(RAY_worker_niceness="0")
    prepare_ray()
    for start in range(1, _STARTS + 1):
        made = Cluster()
        try:
            _start(made)
        except Exception:
            # A node has 30 s to start, which is not enough where all cores are busy.
            _end(made)
            if start == _STARTS:
                raise
        else:
            break
    try:
        yield made
    finally:
        _end(made)


def _start(cluster: Cluster) -> None:
    cluster.add_node(num_cpus=0, include_dashboard=False, object_store_memory=200 << 20)
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=200 << 20)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")


def _end(cluster: Cluster) -> None:
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """Four classes of eight drawings."""
    return load_images(drawn_images(tmp_path_factory))


@pytest.fixture(scope="session")
def shared_images(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """The same drawings, read once."""
    return load_images(drawn_images(tmp_path_factory))
