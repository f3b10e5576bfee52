"""Whoever watches a piece of work is told by position; nobody need watch."""

import pytest

from peu.progress import Progress, silent


def test_silence_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    watcher: Progress = silent
    watcher("Training", 1, 3)
    assert capsys.readouterr() == ("", "")
