"""What is played with: latent planes and a denoiser, trained by commands, kept as images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse

from peu.app.comparisons import option
from peu.app.jobs import JobRunner
from peu.app.workspace import Workspace
from peu.files import canonical_json, read_json, sha256_of_text
from peu.images.catalog import is_at_hand

Game = Literal["plane", "noise"]
"""Kinds of jobs, too."""

IMAGES = "images"
FEWEST_IMAGES = 20
KL_WEIGHTS = ("auto", "1", "0.003", "1e-05")
"""The best first, so that there is something to play with while the others are trained."""

_MOST_IMAGES, _MOST_TESTED = 4000, 500
"""Of a set with test images of its own: MNIST's 10,000 take longer after each epoch than the epoch
itself, and only their places in the plane are shown."""

_STEPS = 25
_EPOCHS: dict[Game, tuple[str, ...]] = {
    "plane": ("--epochs", "20", "--batch-size", "32"),
    "noise": ("--epochs", "12"),
}
"""Of MNIST: less than its networks take by default, in a third of the time."""

_NOISE = "0-0.6"
_PICTURES = ("original", "noisy", "denoised")
_SIZE = {"height", "width", "trained_on"}
_NEEDED: dict[Game, set[str]] = {
    "plane": {*_SIZE, "requested", "kl_weight", "reach", "steps", "empty", "inside", "places"},
    "noise": {*_SIZE, "levels", "count", "learnt_up_to", "noisy_psnr", "denoised_psnr"},
}


@dataclass(frozen=True)
class Made:
    """What a command has made, to be played with.

    Attributes:
        facts: what its JSON file says.
        pictures: the address of each image, by its name.
    """

    facts: dict[str, Any]
    pictures: dict[str, str]


class Playing:
    """Commands that train what is played with, and what they have made so far.

    The page's process never loads a network: the commands decode a fine grid of codes, and
    denoise images at rising noise, into image files that the browser shows.

    Args:
        workspace: where they are kept, under `play/`.
        jobs: that train them.
    """

    def __init__(self, workspace: Workspace, jobs: JobRunner) -> None:
        self._workspace = workspace
        self._jobs = jobs

    def sources(self) -> tuple[str, ...]:
        """What can be learnt from: digits that need no download, and images if there are enough."""
        digits = "mnist" if is_at_hand("mnist") else "digits"
        enough = len(self._workspace.images()) >= FEWEST_IMAGES
        return (digits, IMAGES) if enough else (digits,)

    def arguments(self, game: Game, source: str) -> list[str]:
        """The command that trains; the same images give the same folder, and it goes on there."""
        images = self._workspace.digest() if source == IMAGES else ""
        essence = [source, images, _MOST_IMAGES, _MOST_TESTED]
        digest = sha256_of_text(canonical_json(essence))[:8]
        output = f"play/{game}-{source}-{digest}"
        amounts = ["--images", str(_MOST_IMAGES), "--test-images", str(_MOST_TESTED)]
        common = [*amounts, "--output", output]
        common += _EPOCHS[game] if source == "mnist" else ()
        if game == "plane":
            values = ["--values", ",".join(KL_WEIGHTS), "--plane", str(_STEPS), "--no-judge"]
            return ["vae", "kl-weights", source, *values, *common]
        examples = ["--noise", _NOISE, "--examples", f"{output}-examples", "--overwrite"]
        # From 160 colour photos a U-Net comes level with the best classical filters.
        network = ["--network", "unet"] if source == IMAGES else []
        return ["denoise", "train", source, *network, *examples, *common]

    def source(self, game: Game) -> str:
        """What the last command of a game learnt from; "" where there was none."""
        job = self._jobs.job(game)
        return "" if job is None else job.arguments[2]

    def is_current(self, game: Game) -> bool:
        """Whether the last command would be the same today: its images have not changed."""
        job = self._jobs.job(game)
        return job is not None and list(job.arguments) == self.arguments(game, job.arguments[2])

    def planes(self) -> Sequence[Made]:
        """The latent planes that are there, by rising KL weight."""
        folder = self._folder("plane")
        found = [] if folder is None else [_made("plane", file) for file in folder.glob("*.json")]
        return sorted(
            (one for one in found if one is not None), key=lambda one: one.facts["kl_weight"]
        )

    def examples(self) -> Made | None:
        """The images at rising noise; None while there are none."""
        folder = self._folder("noise")
        return None if folder is None else _made("noise", folder / "examples.json")

    def stamp(self, game: Game) -> object:
        """Another value when another thing was made."""
        folder = self._folder(game)
        if folder is None or not folder.is_dir():
            return None
        return sorted((file.name, file.stat().st_mtime_ns) for file in folder.glob("*.json"))

    def picture(self, game: str, name: str) -> Path | None:
        """The file of an image; None where there is none of this name."""
        folder = self._folder(game) if game in ("plane", "noise") else None
        if folder is None:
            return None
        known = _PICTURES if game == "noise" else {one.stem for one in folder.glob("*.json")}
        file = folder / f"{name}.png"
        return file if name in known and file.is_file() else None

    def _folder(self, game: str) -> Path | None:
        job = self._jobs.job(game)
        if job is None:
            return None
        name, inside = ("--output", "planes") if game == "plane" else ("--examples", "")
        return self._workspace.root / option(job, name) / inside


def _made(game: Game, file: Path) -> Made | None:
    try:
        facts = read_json(file)
        stamp = file.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if not isinstance(facts, dict) or not facts.keys() >= _NEEDED[game]:
        return None
    names = _PICTURES if game == "noise" else (file.stem,)
    return Made(facts, {name: f"/play/{game}/{name}?{stamp}" for name in names})


def add_playing(app: FastAPI, playing: Playing) -> None:
    """Answer at `/play`: the images that games are played with.

    Args:
        app: to be extended.
        playing: that knows them. What is asked for is a name of a list, never a path.
    """

    @app.get("/play/{game}/{name}")
    def _picture(game: str, name: str) -> Response:
        file = playing.picture(game, name)
        if file is None:
            return Response("There is no such image yet.", 404, media_type="text/plain")
        return FileResponse(file, media_type="image/png", headers={"cache-control": "no-cache"})
