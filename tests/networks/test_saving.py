"""A network is saved whole, and what Keras unpacks meanwhile lies beside it."""

import tempfile
from pathlib import Path

import pytest

from peu.errors import DiskError
from peu.networks.backend import keras
from peu.networks.saving import save_network


class Noting:
    """A network that notes where Keras would unpack, and may fail."""

    def __init__(self, error: OSError | None = None) -> None:
        self._error = error
        self.unpacked: list[Path] = []

    def save(self, path: Path, **_: bool) -> None:
        self.unpacked.append(Path(tempfile.mkdtemp()))
        if self._error is not None:
            raise self._error
        path.write_bytes(b"network")


def test_what_is_unpacked_lies_beside_the_file(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    network = Noting()
    save_network(network, tmp_path / "network.keras")
    assert [folder.parent for folder in network.unpacked] == [tmp_path]
    assert (tmp_path / "network.keras").read_bytes() == b"network"
    assert tempfile.gettempdir() == before


def test_a_failure_leaves_the_old_file_and_the_usual_folder(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    (tmp_path / "network.keras").write_bytes(b"old")
    with pytest.raises(DiskError):
        save_network(Noting(OSError(28, "full")), tmp_path / "network.keras")
    assert (tmp_path / "network.keras").read_bytes() == b"old"
    assert tempfile.gettempdir() == before


def test_a_real_network_is_read_back(tmp_path: Path) -> None:
    network = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    save_network(network, tmp_path / "network.keras", optimizer=False)
    assert [path.name for path in tmp_path.iterdir()] == ["network.keras"]
    assert keras.models.load_model(tmp_path / "network.keras").count_params() == 8
