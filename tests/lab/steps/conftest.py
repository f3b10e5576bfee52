"""A lab on the built-in digits, for steps that train little or nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from peu.lab import settings as lab_settings
from peu.lab.budget import QUICK
from peu.lab.context import LabContext
from peu.lab.settings import LabSettings


@pytest.fixture
def digits_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabContext:
    monkeypatch.setattr(lab_settings, "QUICK", replace(QUICK, output_images=300, output_seeds=1))
    return LabContext(settings=LabSettings(digits="digits", quick=True), folder=tmp_path)
