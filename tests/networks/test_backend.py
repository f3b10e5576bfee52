"""The door to Keras: its settings, its silence, and what stands on it."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.networks import backend
from peu.networks.backend import gradient, has_bfloat16, keras, versions


def _run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL"}
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**kept, **environment},
        timeout=120,
    )


_TRAIN = """
import os
from peu.networks.backend import keras, limit_threads
limit_threads(1)
import numpy as np
from peu.networks.training_settings import TrainingSettings
from peu.networks.fit import fit_network
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
inputs = np.eye(4, dtype=np.float32)
fit_network(model, inputs, np.arange(4) % 2, TrainingSettings(epochs=1), seed=0)
from tensorflow.config import threading
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], threading.get_intra_op_parallelism_threads())
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="is about TensorFlow")
def test_training_prints_nothing_of_its_own() -> None:
    done = _run(_TRAIN)
    assert done.stderr == ""
    assert done.stdout == "1 1\n"


def test_the_users_own_settings_come_first() -> None:
    code = """
import os, sys
from peu.errors import ResourceError
sys.modules["keras"] = None
try:
    import peu.networks.backend
except ResourceError as error:
    assert "pip install 'peu[tensorflow]'" in str(error)
    print(os.environ["TF_ENABLE_ONEDNN_OPTS"], os.environ["TF_CPP_MIN_LOG_LEVEL"])
del sys.modules["keras"]
"""
    assert _run(code).stdout == "1 2\n"
    assert _run(code, TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="0").stdout == "0 0\n"


def test_chatter_is_held_back_and_the_rest_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with backend._without_chatter():
        os.write(2, b"I0000 cpu_feature_guard.cc:227] rebuild TensorFlow\nreal trouble\n")
    assert capfd.readouterr().err == "real trouble\n"


def test_trouble_is_passed_on_when_loading_fails(capfd: pytest.CaptureFixture[str]) -> None:
    def load() -> None:
        with backend._without_chatter():
            os.write(2, b"a library is missing\n")
            raise ImportError

    with pytest.raises(ImportError):
        load()
    assert capfd.readouterr().err == "a library is missing\n"


def test_versions_name_both_libraries() -> None:
    assert versions()["keras"] == keras.__version__
    assert set(versions()) == {"keras", keras.backend.backend()}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags\t\t: fpu avx2 avx512_bf16\n", True),
        ("flags\t\t: fpu amx_bf16\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("model name\t: avx512_bf16\n", False),
        (None, False),
    ],
)
def test_bfloat16_is_read_from_the_processor(
    monkeypatch: pytest.MonkeyPatch, flags: str | None, expected: bool
) -> None:
    def read(path: Path, **_: Any) -> str:
        if flags is None:
            raise FileNotFoundError
        return flags

    monkeypatch.setattr(backend, "has_gpu", lambda: False)
    monkeypatch.setattr(Path, "read_text", read)
    assert has_bfloat16.__wrapped__() is expected
    monkeypatch.setattr(backend, "has_gpu", lambda: True)
    assert has_bfloat16.__wrapped__() is True


def test_a_gradient_is_the_derivative() -> None:
    point = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)
    found = gradient(lambda x: keras.ops.sum(keras.ops.sin(x) * x**2), point)
    by_hand = np.cos(point) * point**2 + 2 * point * np.sin(point)
    np.testing.assert_allclose(found, by_hand, rtol=1e-4)
    assert isinstance(found, np.ndarray)


def test_a_gradient_goes_through_a_network() -> None:
    layer = keras.layers.Dense(3)
    point = np.array([[1.0, 2.0]], np.float32)
    found = gradient(lambda x: layer(x)[0, 1], keras.ops.convert_to_tensor(point))
    np.testing.assert_allclose(found[0], layer.get_weights()[0][:, 1], rtol=1e-5)


def test_freed_memory_is_kept_unless_the_user_has_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    trimmed: list[int] = []

    class Library:
        def __init__(self, name: None) -> None:
            assert name is None

        def mallopt(self, parameter: int, value: int) -> int:
            asked.append((parameter, value))
            return 1

        def malloc_trim(self, kept: int) -> int:
            trimmed.append(kept)
            return 1

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    backend.keep_freed_memory()
    # M_TRIM_THRESHOLD of malloc.h.
    assert (asked, trimmed) == ([(-1, 2**30)], [])
    backend.give_back_freed_memory()
    assert (asked.pop(), trimmed) == ((-1, 2**17), [0])
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    backend.keep_freed_memory()
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_")
    monkeypatch.setattr(sys, "platform", "darwin")
    backend.keep_freed_memory()
    assert len(asked) == 1
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    backend.keep_freed_memory()
