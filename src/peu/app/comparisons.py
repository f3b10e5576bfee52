"""A workspace's comparison: the command that makes it, and the folder it writes to."""

from collections.abc import Sequence
from pathlib import Path

from peu.app.jobs import Job
from peu.app.workspace import Workspace
from peu.files import canonical_json, sha256_of_text
from peu.reports.report_folder import PAGE, page_language

KIND = "compare"
DEFAULT_RECIPES = ("transfer", "hog", "fisher")
NETWORKS = ("finetune", "resnet", "ensemble", "cnn", "tuned-cnn")
"""Recipes that need the extra `tensorflow`."""

THOROUGHNESS = {"quick": (3, 1), "usual": (5, 2), "thorough": (5, 4)}
"""Folds and repeats, as `peu compare` has them."""


def compare_arguments(
    workspace: Workspace, recipes: Sequence[str], thoroughness: str, language: str = ""
) -> list[str]:
    """The command that compares recipes on the images as they are now.

    The same images and choices give the same folder, in which finished trials are kept.

    Args:
        workspace: whose images they are.
        recipes: names.
        thoroughness: a key of `THOROUGHNESS`.
        language: of the report; "" for the command's own.
    """
    folds, repeats = THOROUGHNESS[thoroughness]
    digest = sha256_of_text(canonical_json([workspace.digest(), *recipes, folds, repeats]))
    return [
        KIND,
        workspace.images_folder.name,
        "--recipes",
        ",".join(recipes),
        "--folds",
        str(folds),
        "--repeats",
        str(repeats),
        "--output",
        f"{workspace.runs_folder.name}/images-{digest[:8]}",
        *(["--language", language] if language else []),
    ]


def option(job: Job, name: str) -> str:
    """The value of an option of a job's command; "" where it has none."""
    given = dict(zip(job.arguments, job.arguments[1:], strict=False))
    return given.get(name, "")


def run_folder(workspace: Workspace, job: Job) -> Path:
    """The folder that a comparison writes to."""
    return workspace.root / option(job, "--output")


def report_language(folder: Path | None) -> str:
    """The language of a run's report: "en" or "fr"; "" where there is none."""
    try:
        return "" if folder is None else page_language(folder / PAGE)
    except OSError:
        return ""


def is_of_these_images(workspace: Workspace, job: Job) -> bool:
    """Whether the images are as they were when a comparison began."""
    wanted = (int(option(job, "--folds") or 0), int(option(job, "--repeats") or 0))
    for name, each in THOROUGHNESS.items():
        if each == wanted:
            recipes = option(job, "--recipes").split(",")
            language = option(job, "--language")
            now = compare_arguments(workspace, recipes, name, language)
            return tuple(now) == job.arguments
    return False
