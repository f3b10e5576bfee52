"""Progress is ambient: the nearest display hears it, the outermost steps count, none is silent."""

import pytest

from peu.progress import report, steps
from recorded_progress import recorded_progress


def test_without_a_display_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with steps(2) as done:
        report("Reading images", 1, 2)
        done(1)
    assert capsys.readouterr() == ("", "")


def test_reports_reach_the_nearest_display() -> None:
    with recorded_progress() as outer:
        report("outer", 0, 1)
        with recorded_progress() as inner:
            report("inner", 1, 1)
        report("outer", 1, 1)
    assert outer.phases == [("outer", 0, 1), ("outer", 1, 1)]
    assert inner.phases == [("inner", 1, 1)]


def test_only_the_outermost_steps_count() -> None:
    with recorded_progress() as seen, steps(3) as done:
        with steps(50) as inner:
            inner(1)
        done(1)
    assert seen.counted == [(0, 3), (1, 3)]


def test_steps_count_again_after_the_outermost_ended() -> None:
    with recorded_progress() as seen:
        with steps(1):
            pass
        with steps(2):
            pass
    assert seen.counted == [(0, 1), (0, 2)]
