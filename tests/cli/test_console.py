"""What a person sees: progress on a terminal, and none in a pipe."""

import io
import re
from contextlib import redirect_stderr

import pytest

from peu.cli.console import show_table, showing_progress
from peu.progress import report, steps


class _Terminal(io.StringIO):
    """A text stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def _work(stream: io.StringIO, *, quiet: bool = False) -> str:
    """Return what three steps of work leave on a stream."""
    with redirect_stderr(stream), showing_progress(quiet=quiet), steps(3) as done:
        for step in range(3):
            report("Training [bold]cnn", 1, 2)
            with steps(50) as inner:
                inner(1)
            report("Training [bold]cnn", 2, 2)
            done(step + 1)
    return stream.getvalue()


@pytest.mark.parametrize("colours", [True, False])
def test_a_terminal_shows_one_total_and_a_line_for_each_phase(
    monkeypatch: pytest.MonkeyPatch, colours: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "" if colours else "1")
    drawn = _work(_Terminal())
    assert bool(re.search(r"\x1b\[3[0-9]", drawn)) == colours
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
    assert re.search(r"Total .* 3/3", shown)
    assert "Training [bold]cnn" in shown
    assert "/50" not in shown


def test_a_pipe_and_quiet_show_no_progress() -> None:
    assert _work(_Terminal(), quiet=True) == ""
    assert _work(io.StringIO()) == ""


def test_names_in_a_table_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("[bold]name", "n"), [("\x1b[31m[red]ant", 3)], title="a\x1b[2Jb", numbers=("n",))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[31m[red]ant" in shown
    assert "[bold]name" in shown
