"""The public names: all there, and none of them costs anything until it is asked for."""

import subprocess
import sys
import time

import pytest

import peu

HEAVY = {"numpy", "keras", "tensorflow", "matplotlib", "sklearn", "skimage", "scipy", "PIL"}


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", dir(peu))
def test_every_public_name_loads(name: str) -> None:
    assert getattr(peu, name) is not None


def test_the_names_are_listed_before_they_are_loaded() -> None:
    assert {"compare", "ImageDataset", "RecipeError"} <= set(dir(peu))
    assert _python("import peu; print(*dir(peu))").split() == dir(peu)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = peu.nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", ["peu", "peu.settings", "peu.cli.main"])
def test_nothing_heavy_is_imported_to_begin_with(module: str) -> None:
    loaded = _python(f"import sys, {module}; print(*sys.modules)").split()
    assert module in loaded
    assert not HEAVY & set(loaded)


def test_help_comes_at_once() -> None:
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        told = subprocess.run(
            [sys.executable, "-m", "peu", "--help"], capture_output=True, text=True, check=True
        ).stdout
        seconds.append(time.perf_counter() - started)
    for verb in ("compare", "train", "predict", "evaluate", "describe", "recipes"):
        assert verb in told
    # On a quiet machine it takes 0.3 s.
    assert min(seconds) < 2
