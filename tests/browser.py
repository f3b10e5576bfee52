"""Headless Chromium driven over its debugging pipe, for tests of pages that run scripts."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One page in Chromium; a context manager.

    Example:
        >>> with Browser(Path("page.html")) as page:  # doctest: +SKIP
        ...     page.run("document.title")
    """

    def __init__(self, page: Path, *, width: int = 1000, dark: bool = False) -> None:
        self._page, self._width, self._dark = page, width, dark
        self._number = 0

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        command = (
            f'exec 3<&{to_child} 4>&{from_child}; exec "$0" --headless --no-sandbox '
            f"--disable-gpu --disable-dev-shm-usage --no-first-run --remote-debugging-pipe "
            f'--user-data-dir="$1" about:blank'
        )
        assert CHROMIUM is not None
        self._process = subprocess.Popen(
            ["bash", "-c", command, CHROMIUM, self._profile.name],
            pass_fds=(to_child, from_child),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        self._answers = os.fdopen(self._in, "rb", buffering=0)
        self._read = b""
        self.messages: list[str] = []
        target = next(
            one for one in self._send("Target.getTargets")["targetInfos"] if one["type"] == "page"
        )
        self._session = self._send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self._send(f"{domain}.enable")
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=self._width,
            height=800,
            deviceScaleFactor=1,
            mobile=self._width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"}
        self._send("Emulation.setEmulatedMedia", features=[scheme])
        self._send("Page.navigate", url=self._page.resolve().as_uri())
        self._until("Page.loadEventFired")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        self._answers.close()
        self._profile.cleanup()

    def run(self, script: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        answer = self._send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"]["exception"].get("description", answer))
        return answer["result"].get("value")

    def type(self, selector: str, text: str) -> None:
        """Focus a field and type into it."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._send("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key: "Tab", "Enter" or "Space"."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}[key]
        name = " " if key == "Space" else key
        for event in ("keyDown", "keyUp"):
            extra = {"text": text} if text and event == "keyDown" else {}
            self._send(
                "Input.dispatchKeyEvent",
                type=event,
                key=name,
                code=key,
                windowsVirtualKeyCode=code,
                **extra,
            )

    def names(self) -> list[tuple[str, str]]:
        """Role and name of what a screen reader finds in the page."""
        nodes = self._send("Accessibility.getFullAXTree")["nodes"]
        return [
            (one["role"]["value"], one.get("name", {}).get("value", ""))
            for one in nodes
            if not one.get("ignored")
        ]

    def picture(self, path: Path) -> None:
        """Write a PNG of the whole page."""
        size = self._send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self._width, "height": size["height"], "scale": 1}
        shot = self._send("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _send(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._until(self._number)

    def _until(self, wanted: int | str) -> Any:
        """Read on to the answer of this number, or to the event of this name."""
        while True:
            while b"\0" not in self._read:
                more = self._answers.read(1 << 16)
                assert more, "Chromium ended"
                self._read += more
            raw, _, self._read = self._read.partition(b"\0")
            answer = json.loads(raw)
            if answer.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.messages.append(json.dumps(answer["params"]))
            if wanted in (answer.get("id"), answer.get("method")):
                assert "error" not in answer, answer["error"]
                return answer.get("result", answer.get("params"))
