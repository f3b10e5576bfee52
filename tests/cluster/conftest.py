"""A cluster of two nodes on this machine, shared by all tests of this folder."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from peu.cluster.trials import ClusterRunner, connect
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from small_set import drawn_images

ray = pytest.importorskip("ray", reason="Ray is not installed")

from ray.cluster_utils import Cluster  # noqa: E402 - where Ray is installed

_STARTS = 3
_MEMORY = 200 << 20


@pytest.fixture(scope="package")
def cluster(session_cache: None) -> Iterator[Any]:
    """A head and a node, with one core each."""
    from peu.cluster.connection import prepare_ray

    # Ray has its processes give way to all others, which on a busy machine leaves them nothing.
    os.environ.update(RAY_worker_niceness="0")
    prepare_ray()
    for start in range(1, _STARTS + 1):
        made = Cluster()
        try:
            made.add_node(
                num_cpus=1,
                include_dashboard=False,
                # Nobody reads the logs, and nothing scales.
                include_log_monitor=False,
                no_monitor=True,
                object_store_memory=_MEMORY,
            )
            _second_node(made)
            ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
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


@pytest.fixture(scope="package")
def runner(cluster: Any) -> Iterator[ClusterRunner]:
    """A runner on the cluster."""
    with connect() as found:
        yield found


@pytest.fixture
def second_node(cluster: Any) -> Any:
    """The node beside the head, which a test may end: it is started again for the next."""
    return next(iter(cluster.worker_nodes), None) or _second_node(cluster)


def _second_node(cluster: Any) -> Any:
    return cluster.add_node(num_cpus=1, object_store_memory=_MEMORY)


def _end(cluster: Cluster) -> None:
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """Four classes of eight drawings, a copy: a test takes them away from machines for a while."""
    own = tmp_path_factory.mktemp("drawn") / "photos"
    return load_images(shutil.copytree(drawn_images(tmp_path_factory), own))
