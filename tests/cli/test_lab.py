"""`peu lab` on its cheapest sections: a page, a resumed run, and refusals in one line."""

import json
import sys
from pathlib import Path

import pytest

from command_line import Peu, complaint

CHEAP = ("lab", "--quick", "--digits", "digits", "--sections", "3.1,3.3")


def test_some_sections_make_a_page_and_are_not_done_again(peu: Peu, tmp_path: Path) -> None:
    first = peu(*CHEAP, "--language", "fr", "-o", "tp")
    assert first.exit_code == 0, first.stderr
    assert "2 sections sur 2" in first.stdout
    assert "3.1 L\u2019encodeur: " in first.stderr
    page = tmp_path / "tp" / "report.html"
    assert '<html lang="fr">' in page.read_text(encoding="utf-8")
    again = peu(*CHEAP, "--language", "en", "--json", "--quiet", "-o", "tp")
    written = json.loads(again.stdout)
    assert written["language"] == "en"
    assert [one["failed"] for one in written["sections"]] == ["", ""]
    assert first.stderr.count(" s\n") == 2
    assert again.stderr == ""
    assert '<html lang="en">' in page.read_text(encoding="utf-8")


def test_a_page_is_printed_by_the_browser_that_is_named(
    peu: Peu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "(to,) = [one[15:] for one in sys.argv if one.startswith('--print-to-pdf=')]\n"
        "open(to, 'w').write(f'%PDF of {sys.argv[-1]}')\n"
    )
    browser.chmod(0o755)
    monkeypatch.setenv("PEU_BROWSER", str(browser))
    told = peu(*CHEAP, "--pdf", "--json", "--quiet", "-o", "tp")
    assert told.exit_code == 0, told.stderr
    written = json.loads(told.stdout)["pdf"]
    assert Path(written).read_text() == f"%PDF of {(tmp_path / 'tp/report.html').as_uri()}"


def test_without_a_browser_nothing_is_begun(
    peu: Peu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEU_BROWSER", str(tmp_path / "nowhere"))
    refused = peu(*CHEAP, "--pdf", "-o", "tp")
    assert refused.exit_code == 5
    assert "PEU_BROWSER" in complaint(refused)
    assert not (tmp_path / "tp").exists()


def test_other_settings_want_another_folder_or_a_word(peu: Peu) -> None:
    assert peu(*CHEAP, "-o", "tp").exit_code == 0
    other = peu(*CHEAP, "--seed", 1, "-o", "tp")
    assert other.exit_code == 5
    assert "other settings" in complaint(other)
    assert peu(*CHEAP, "--seed", 1, "--overwrite", "-o", "tp").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--sections", "4.1"), 2, "`--sections` must be"),
        (("--language", "de"), 2, "`language` must be one of fr, en"),
        (("--learning-rate", "0"), 2, "`learning_rate` must be"),
        (("--kl-weight", "little"), 2, "`--kl-weight` must be"),
        (("--as-written",), 2, "`as_written` must be left out with `quick`"),
        (("--data", "nowhere"), 3, "`nowhere`"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    peu: Peu, arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    result = peu("lab", "--quick", *arguments, "-o", "tp")
    assert result.exit_code == code
    assert said in complaint(result)
    assert not (tmp_path / "tp").exists()
