"""How quick the page is: to start, with photos of four classes, and with 10,000 images.

PEU_DATA must name the folder with `caltech4/` and `caltech-rest/`; Chromium must be installed:

    python benchmarks/app_page.py

Seconds are of the clock and, in brackets, of the processor: of the server and all that it ran.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PER_CLASS, MANY = 20, 10_000
_ALL_SHOWN = (
    "() => { const all = [...document.querySelectorAll('.peu-thumbnail img')];"
    " return all.length > 20 && all.every((one) => one.complete && one.naturalWidth) }"
)
_SCROLL = """async () => {
    const frame = document.querySelector('.peu-gallery'), gaps = [];
    let last = performance.now(), most = 0;
    for (const end = last + 5000; last < end; ) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        frame.scrollTop += 300;
        most = Math.max(most, frame.querySelectorAll('.peu-thumbnail').length);
    }
    gaps.sort((a, b) => a - b);
    return { median_ms: gaps[gaps.length >> 1], p95_ms: gaps[Math.floor(gaps.length * .95)], most };
}"""


class Server:
    """`peu app` in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        self.begun = time.monotonic()
        command = [sys.executable, "-m", "peu", "app", "--no-open", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        found = None
        while not found:
            found = re.search(r"peu is at (\S+)/ ", self.process.stderr.readline())
        self.address = found[1]

    def memory(self) -> dict[str, float]:
        """Resident memory in MB, now and at most."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        named = {"now": "VmRSS", "most": "VmHWM"}
        return {
            key: int(re.findall(rf"{name}:\s+(\d+)", status)[0]) / 1024
            for key, name in named.items()
        }

    def processor_seconds(self) -> float:
        """Of the server and of the jobs that it has waited for."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def opened(browser: Browser, address: str) -> Page:
    """A new page, once its first screen is there."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en")
    page.set_default_timeout(300_000)
    page.goto(address)
    page.wait_for_selector(".peu-screen h1")
    return page


def to_a_model(browser: Browser, folder: Path, photos: Path) -> dict[str, Any]:
    """From the start of the server to a label, by clicks as a person makes them."""
    server = Server("--workspace", folder / "work")
    listening = time.monotonic() - server.begun
    begun = time.monotonic()
    page = opened(browser, server.address)
    ready = time.monotonic() - begun
    empty = server.memory()
    begun, used = time.monotonic(), server.processor_seconds()
    page.set_input_files("input[webkitdirectory]", photos)
    page.wait_for_selector(f"text={4 * PER_CLASS} images in 4 classes")
    dropped = time.monotonic() - begun
    for click in ("Compare", "Start comparing", "Train on all images"):
        page.get_by_role("button", name=re.compile(f"^{click}")).click()
    page.wait_for_selector("text=The model is ready")
    model = time.monotonic() - begun
    page.get_by_role("button", name="Try it").click()
    photo = next((photos / "accordion").iterdir())
    page.locator(".peu-try input[type=file]").set_input_files(photo)
    page.wait_for_selector(".peu-try-label")
    figures = {
        "server_listens_s": listening,
        "page_ready_s": ready,
        "images_in_s": dropped,
        "model_s": model,
        "label_s": time.monotonic() - begun,
        "label_processor_s": server.processor_seconds() - used,
        "clicks": 4,
        "memory_empty_mb": empty,
        "memory_mb": server.memory(),
    }
    server.end()
    return figures


def with_many(browser: Browser, folder: Path, images: Path) -> dict[str, Any]:
    """A workspace of thousands: first thumbnails, scrolling, memory."""
    server = Server(images, "--workspace", folder / "many")
    filled = time.monotonic() - server.begun
    begun = time.monotonic()
    page = opened(browser, server.address)
    ready = time.monotonic() - begun
    page.wait_for_function(_ALL_SHOWN)
    shown = time.monotonic() - begun - ready
    scrolled = page.evaluate(_SCROLL)
    figures = {
        "filled_s": filled,
        "page_ready_s": ready,
        "thumbnails_after_s": shown,
        "scrolling": scrolled,
        "memory_mb": server.memory(),
        "processor_s": server.processor_seconds(),
    }
    server.end()
    return figures


def main() -> None:
    """Measure both, and print the figures as JSON."""
    data = Path(os.environ["PEU_DATA"])
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for source in sorted((data / "caltech4").iterdir()):
            (folder / "photos" / source.name).mkdir(parents=True)
            for photo in sorted(source.glob("*.jpg"))[:PER_CLASS]:
                shutil.copy(photo, folder / "photos" / source.name)
        rest = sorted((data / "caltech-rest").rglob("*.jpg"))
        for number in range(MANY):
            source = rest[number % len(rest)]
            target = folder / "set" / source.parent.name / f"{number:05d}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes() + bytes([number // len(rest)]))
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        figures = {
            "load_average": os.getloadavg()[0],
            "to_a_model": to_a_model(browser, folder, folder / "photos"),
            "with_10000_images": with_many(browser, folder, folder / "set"),
        }
        browser.close()
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
