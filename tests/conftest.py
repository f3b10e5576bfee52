"""What every test stands on: a private cache, and the real pictures where there are any."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for the real pictures."""
    for item in items:
        if "peu_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data)


@pytest.fixture(autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what a test caches away from the user's cache and from other tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(folder))
        yield folder


@pytest.fixture
def peu_data() -> Path:
    """Give the folder of real pictures, or skip the test and say so."""
    folder = os.environ.get("PEU_DATA")
    if not folder:
        pytest.skip("PEU_DATA is not set: this test needs real pictures")
    return Path(folder).resolve()
