"""What `peu vae kl-weights --plane` and `peu denoise train --examples` leave, drawn by hand."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from peu.app.playing import Game, Playing
from peu.app.workspace import Workspace
from peu.files import write_json

STEPS, SIDE, REACH = 5, 12, 3.0
LEVELS = [0.0, 0.2, 0.4, 0.6, 0.8]


def finish(workspace: Workspace, playing: Playing, game: Game, source: str = "digits") -> Path:
    """Leave a job of a game as its process does in the end, and return its command's output."""
    arguments = playing.arguments(game, source)
    place = workspace.jobs_folder / game
    place.mkdir(parents=True, exist_ok=True)
    record = {"format": 1, "arguments": arguments, "started": 1.0, "about": ""}
    write_json(place / "job.json", record)
    write_json(place / "progress.json", {"steps": [4, 4], "phase": None, "time": 9.0})
    write_json(place / "end.json", {"code": 0, "ended": 9.0})
    return workspace.root / arguments[arguments.index("--output") + 1]


def write_planes(workspace: Workspace, playing: Playing) -> None:
    """Planes of two KL weights: grey that rises to the right, and black that is empty."""
    folder = finish(workspace, playing, "plane") / "planes"
    folder.mkdir(parents=True)
    shades = np.repeat(np.repeat(np.linspace(0, 240, STEPS)[None], STEPS, 0), SIDE, 0)
    rising = np.repeat(shades, SIDE, 1).round().astype(np.uint8)
    for name, weight, atlas in (("auto", 0.0012, rising), ("1", 1.0, 0 * rising)):
        Image.fromarray(atlas).save(folder / f"{name}.png")
        facts: dict[str, Any] = {
            "format": 1, "requested": name, "kl_weight": weight, "reach": REACH, "steps": STEPS,
            "height": SIDE, "width": SIDE, "trained_on": 1438, "spread": [1.0, 1.0],
            "empty": name == "1", "inside": 0.96, "class_names": ["0"],
            "places": [[0.5, -1.0, 0], [9.0, 0.0, None]],
        }  # fmt: skip
        write_json(folder / f"{name}.json", facts)


def write_examples(workspace: Workspace, playing: Playing) -> None:
    """Three images at rising noise, which are black, grey and white in rows of their own."""
    folder = finish(workspace, playing, "noise").parent
    folder /= f"{finish(workspace, playing, 'noise').name}-examples"
    folder.mkdir(parents=True)
    for name, shade, rows in (("original", 0, 1), ("noisy", 120, 5), ("denoised", 250, 5)):
        rising = np.full((rows * SIDE, 3 * SIDE), shade, np.uint8)
        rising += np.repeat(np.arange(rows, dtype=np.uint8), SIDE)[:, None]
        Image.fromarray(rising).save(folder / f"{name}.png")
    ratios = [[30.0 - 5 * level] * 3 for level in range(5)]
    write_json(
        folder / "examples.json",
        {
            "format": 1, "noise": "0-0.6", "learnt_up_to": 0.6, "levels": LEVELS, "count": 3,
            "height": SIDE, "width": SIDE, "trained_on": 1438,
            "noisy_psnr": ratios, "denoised_psnr": ratios,
        },
    )  # fmt: skip
