"""A lab on the built-in digits, for steps that train nothing."""

from pathlib import Path

import pytest

from peu.lab.context import LabContext
from peu.lab.settings import LabSettings


@pytest.fixture
def digits_lab(tmp_path: Path) -> LabContext:
    return LabContext(settings=LabSettings(digits="digits", quick=True), folder=tmp_path)
