"""How near the page's latent planes come to the decoder, and how long a move over them takes.

The workspace must hold planes that the page has trained (Play), and Chromium must be installed:

    python benchmarks/playing.py WORKSPACE

Prints grey levels of 255 between 500 drawn codes decoded and their mean of four neighbours, and
milliseconds of a move over all planes at once, in the browser.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright

from app_page import Server
from peu.autoencoders.vae import VAE
from peu.files import read_json

CODES = 500
_MOVES = """async () => {
    const map = document.querySelector('.peu-map'), box = map.getBoundingClientRect(), times = [];
    for (let at = 0; at < 200; at++) {
        const begun = performance.now();
        map.dispatchEvent(new PointerEvent('pointermove', { bubbles: true,
            clientX: box.left + box.width * ((at * 7) % 200) / 200,
            clientY: box.top + box.height * at / 200 }));
        times.push(performance.now() - begun);
        await new Promise(requestAnimationFrame);
    }
    times.sort((a, b) => a - b);
    return { median_ms: times[100], p95_ms: times[190], most_ms: times[199] };
}"""


def differences(vae: VAE, facts: Path) -> NDArray[np.float64]:
    """Grey levels between what the decoder makes of drawn codes, and what the page shows."""
    known = read_json(facts)
    steps, height, width, reach = (known[name] for name in ("steps", "height", "width", "reach"))
    with Image.open(facts.with_suffix(".png")) as opened:
        atlas = np.asarray(opened, np.float64).reshape(steps, height, steps, width, -1)
    grid = atlas.swapaxes(1, 2)
    codes = np.random.default_rng(0).uniform(-reach, reach, (CODES, 2))
    across, down = ((reach + sign * codes[:, at]) / (2 * reach) * (steps - 1)
                    for at, sign in ((0, 1), (1, -1)))  # fmt: skip
    left, top = (np.minimum(place.astype(int), steps - 2) for place in (across, down))
    right, below = ((whole - part)[:, None, None, None]
                    for whole, part in ((across, left), (down, top)))  # fmt: skip
    shown = (1 - below) * ((1 - right) * grid[top, left] + right * grid[top, left + 1])
    shown += below * ((1 - right) * grid[top + 1, left] + right * grid[top + 1, left + 1])
    return np.asarray(np.abs(shown - 255 * vae.decode(codes)), np.float64)


def main(workspace: Path) -> None:
    """Print figures of a workspace."""
    for facts in sorted(workspace.glob("play/plane-*/planes/*.json")):
        found = differences(VAE.load(facts.parent.parent / "models" / facts.stem), facts)
        figures = {"mean": found.mean(), "99%": np.quantile(found, 0.99), "most": found.max()}
        print(facts.stem, json.dumps({name: round(value, 2) for name, value in figures.items()}))
    server = Server("--workspace", workspace)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.goto(f"{server.address}/en?step=play")
            page.wait_for_selector(".peu-map")
            page.wait_for_timeout(3000)
            print(json.dumps(page.evaluate(_MOVES)), json.dumps(server.memory()))
            browser.close()
    finally:
        server.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
