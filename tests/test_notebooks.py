"""The lab sheet's notebooks run away from the repository, show its figures, and are one text."""

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from eager_steps import eager_steps, untold
from peu.images.samples import draw_samples

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = {
    "fr": ("1_reconnaissance", "2_auto_encodeur", "3_vae"),
    "en": ("1_recognition", "2_auto_encoder", "3_vae"),
}
BOTH = [(language, part) for language in NAMES for part in range(3)]
# The settings of the cells tagged "parameters", by part of the sheet.
SMALL: tuple[dict[str, Any], ...] = (
    {"SIZE": 32, "EPOCHS": 1, "PUSH": 2, "FINE_TUNING_EPOCHS": 1, "VGG16_WEIGHTS": None},
    {"N_IMAGES": 128, "EPOCHS": 2},
    {"N_IMAGES": 64, "EPOCHS": 1, "BATCH_SIZE": 32, "COEFFS": (1, 0.001)},
)
# Axes of each figure, in the order of the sheet.
FIGURES: tuple[list[int], ...] = (
    [20, 2, 1, 2, 2, 5, 5, 2, 1, 2, 1, 2, 1, 3],
    [10, 10, 1, 15, 10],
    [1, 1, 10, 10, 2, 3, 1],
)
# Where the words that a reader sees stand: the languages may differ there, and only there.
_SPOKEN = {
    "FileNotFoundError", "colorbar", "plot", "print", "set_title", "set_xlabel", "set_ylabel",
    "show_confusion", "show_rows", "show_variants", "suptitle", "title", "xlabel", "ylabel",
}  # fmt: skip


def _cells(language: str, part: int) -> list[dict[str, Any]]:
    path = FOLDER / language / f"{NAMES[language][part]}.ipynb"
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _code(language: str, part: int) -> list[dict[str, Any]]:
    return [cell for cell in _cells(language, part) if cell["cell_type"] == "code"]


def test_there_is_one_for_each_part_of_the_sheet_in_each_language() -> None:
    found = {path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.ipynb")}
    assert found == {Path(language, NAMES[language][part]) for language, part in BOTH}


@pytest.mark.parametrize(("language", "part"), BOTH)
def test_no_output_is_kept(language: str, part: int) -> None:
    for cell in _code(language, part):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


class _Unspoken(ast.NodeTransformer):
    """Blank out docstrings and the words that are printed or drawn."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return _blank(self.generic_visit(node)) if name in _SPOKEN else self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        node.keys = [key and _blank(key) for key in node.keys]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return _blank(node) if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def _blank(tree: Any) -> Any:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return tree


@pytest.mark.parametrize("part", range(3))
def test_both_languages_have_the_same_code(part: int) -> None:
    french, english = (
        [
            ast.dump(_Unspoken().visit(ast.parse("".join(cell["source"]))))
            for cell in _code(language, part)
        ]
        for language in NAMES
    )
    assert french == english
    tags = [[cell["metadata"] for cell in _cells(language, part)] for language in NAMES]
    assert tags[0] == tags[1]


@pytest.mark.parametrize("part", range(3))
def test_each_language_keeps_to_itself(part: int) -> None:
    written = {
        language: " ".join(
            "".join(cell["source"])
            for cell in _cells(language, part)
            if cell["cell_type"] != "code"
        )
        for language in NAMES
    }
    french, english = (set(written[language].lower().split()) for language in NAMES)
    assert not french & {"the", "with", "which", "of", "is"}
    assert not english & {"le", "les", "avec", "une", "est"}


@pytest.fixture(scope="module")
def sheet_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheet's Data.zip and test.jpg, and digits of MNIST's shape, in a folder of their own."""
    folder = tmp_path_factory.mktemp("sheet")
    data = draw_samples(folder / "all" / "Data", per_class=8)
    new = min((data / "anchor").iterdir())
    shutil.move(new, folder / "test.jpg")
    shutil.make_archive(str(folder / "Data"), "zip", folder / "all", "Data")
    shutil.rmtree(folder / "all")
    generator = np.random.default_rng(0)
    digits = np.zeros((320, 28, 28), np.uint8)
    for at, (row, column) in enumerate(generator.integers(4, 18, (320, 2))):
        digits[at, row : row + 9, column : column + 6] = 255
    labels = np.arange(320, dtype=np.uint8) % 10
    np.savez(
        folder / "mnist.npz",
        x_train=digits[:256],
        y_train=labels[:256],
        x_test=digits[256:],
        y_test=labels[256:],
    )
    return folder


def _run(language: str, part: int) -> dict[str, Any]:
    """Run the cells in the current folder; the names that they leave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(_code(language, part)):
        tags = cell["metadata"].get("tags", ())
        if "install" in tags:
            continue
        place = f"{language} {part + 1}, code {number}"
        exec(compile("".join(cell["source"]), place, "exec"), names)
        if "parameters" in tags:
            names.update({name: value for name, value in SMALL[part].items() if name in names})
            for chosen in {"TRIED", "AUGMENTATIONS"} & names.keys():
                names[chosen] = dict(list(names[chosen].items())[:1])
    return names


@pytest.fixture
def eager() -> Iterator[None]:
    with eager_steps():
        yield


# The other language has the same code.
_RUN = [
    pytest.param(language, part, marks=[pytest.mark.slow] if language == "en" else [])
    for language, part in BOTH
]


@untold
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("language", "part"), _RUN)
def test_a_notebook_runs_away_from_the_repository_and_shows_its_figures(
    language: str,
    part: int,
    sheet_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from matplotlib import pyplot as plt

    shutil.copytree(sheet_files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    shown: list[tuple[int, float]] = []

    def show() -> None:
        for number in plt.get_fignums():
            figure = plt.figure(number)
            figure.canvas.draw()
            drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
            shown.append((len(figure.axes), float(drawn.std())))
        plt.close("all")

    with mpl.rc_context({"backend": "agg", "figure.max_open_warning": 0, "figure.dpi": 30}):
        monkeypatch.setattr(plt, "show", show)
        names = _run(language, part)
        assert plt.get_fignums() == [], "every figure is shown"
    assert [axes for axes, _ in shown] == FIGURES[part]
    assert min(contrast for _, contrast in shown) > 5
    assert capsys.readouterr().out
    if part == 0:
        assert sum(names["by_hand"]) == names["model"].count_params()
        assert names["before"] == names["accuracy"](
            names["MLP"], names["feature_test"], names["Y_test"]
        )
        assert (len(names["X_train"]), len(names["X_test"])) == (21, 10)
        assert names["label"] in names["class_names"]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Run the cell that installs peu where only some packages are there; what pip is asked for."""

    def run(found: set[str]) -> list[str]:
        asked: list[list[str]] = []
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in found or None)
        monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command))
        exec("".join(_code("fr", 0)[0]["source"]), {})
        assert all(command[:4] == [sys.executable, "-m", "pip", "install"] for command in asked)
        return [command[-1] for command in asked]

    return run


def test_the_install_leaves_a_tensorflow_that_is_there_alone(
    install: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert install({"peu", "tensorflow"}) == []
    with pytest.raises(FileNotFoundError, match="peu-"):
        install({"tensorflow"})
    archive = tmp_path / "peu-0.1.0-py3-none-any.whl"
    archive.touch()
    assert install({"tensorflow"}) == [f"{archive}[keras]"]
    assert install(set()) == [f"{archive}[tensorflow]"]


def test_the_install_finds_the_checkout_that_the_notebook_lies_in(
    install: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER / "fr")
    assert install({"tensorflow"}) == [f"{FOLDER.parent}[keras]"]


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (fetching,) = (cell for cell in _code("fr", 0) if "def fetch" in "".join(cell["source"]))
    with pytest.raises(FileNotFoundError, match=r"Data\.zip"):
        exec("".join(fetching["source"]), {})
