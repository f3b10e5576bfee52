"""A plain prediction starts without the parser and without what its model does not need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Peu

_WATCHED = """
import sys
from peu.cli.main import main

sys.argv = ["peu", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    heavy = {"typer", "pydantic", "rich", "sklearn", "skimage", "scipy", "keras", "sqlite3", "onnx"}
    print(end.code, *sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def _watched(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _WATCHED, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_plain_prediction_loads_nothing_that_it_does_not_need(model: Path, photos: Path) -> None:
    image = next((photos / "barrel").iterdir())
    told = _watched("predict", model, image, "--json")
    assert json.loads(told.stdout)["label"] == "barrel"
    # The model of this test describes images by histograms of gradients.
    assert set(told.stderr.split()) - {"skimage", "scipy"} == {"0"}
    missing = _watched("predict", model / "nowhere", image)
    assert missing.stdout == ""
    *complaint, code = missing.stderr.splitlines()
    assert code == "4"
    assert complaint[0].startswith("peu: ")


def test_without_the_parser_the_answer_is_the_same(
    peu: Peu, model: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from peu.cli.main import main

    image = next((photos / "barrel").iterdir())
    for arguments in (("predict", model, image), ("predict", model, image, "--json", "-q")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["peu", *map(str, arguments)])
            patch.setattr("peu.cli.main.end_tidily_when_terminated", lambda: None)
            with pytest.raises(SystemExit) as end:
                main()
        assert end.value.code == 0
        assert capsys.readouterr().out == peu(*arguments).stdout
