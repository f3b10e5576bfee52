"""`peu serve`: what cannot work is refused before anything is served."""

import socket
import sys
from pathlib import Path

import pytest

from command_line import Peu, complaint


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--host", "0.0.0.0"), "key"),
        (("--host", "nowhere.invalid", "--api-key-file", "key"), "--host"),
        (("--port", "70000"), "--port"),
        (("--max-pixels", "1"), "--max-pixels"),
        (("--api-key-file", "nowhere"), "--api-key-file"),
    ],
)
def test_what_cannot_work_is_refused(
    peu: Peu, model: Path, arguments: tuple[str, ...], word: str
) -> None:
    Path("key").write_text("0123456789abcdef")
    told = peu("serve", model, *arguments)
    assert told.exit_code == 2
    assert word in complaint(told)


def test_two_models_of_one_name_are_refused(peu: Peu, model: Path) -> None:
    told = peu("serve", model, model)
    assert told.exit_code == 2
    assert "NAME=FOLDER" in complaint(told)


def test_a_model_that_does_not_hold_is_not_served(peu: Peu) -> None:
    told = peu("serve", "nowhere")
    assert told.exit_code == 4
    complaint(told)


def test_a_port_in_use_is_named(peu: Peu, model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = peu("serve", model, "--port", port)
    assert told.exit_code == 5
    assert str(port) in complaint(told)


def test_a_service_that_is_not_installed_is_told_of(
    peu: Peu, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peu.service.server", None)
    told = peu("serve", model)
    assert told.exit_code == 5
    assert "peu[service]" in complaint(told)
