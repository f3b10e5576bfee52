"""`peu check`: what is wrong with images before anything is trained on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import say, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.errors import RecipeError

if TYPE_CHECKING:
    from peu.checks.findings import ImageCheck
    from peu.checks.quarantine import Moved

_MARKS = {"serious": "!!", "warning": " !", "note": "  "}


@handle_errors
def check_command(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A folder of class folders, a CSV, zip or npz file, or a known set.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for a page with the images concerned."),
    ] = None,
    move_to: Annotated[
        Path | None,
        typer.Option(
            "--move-to",
            metavar="FOLDER",
            help="Move unreadable and blank files, and copies beyond the first, there.",
        ),
    ] = None,
    undo: Annotated[
        Path | None,
        typer.Option("--undo", metavar="FOLDER", help="Move back what --move-to moved there."),
    ] = None,
    seed: options.Seed = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Check images before training: copies, damage, classes, and shortcuts.

    Finds what is the same image, cropped, mirrored or saved again, also across classes and train
    and test folders; unreadable, blank, dark, blurred and tiny files; classes too small or
    unequal; and whether the class can be told from size, format, corners or colour alone.
    """
    if undo is not None:
        if data is not None or move_to is not None or output is not None:
            raise RecipeError("`--undo` stands alone. Received: more. Drop the rest.")
        _undo(undo, as_json=as_json)
        return
    if data is None:
        raise RecipeError("`peu check` needs images. Received: none. Try `peu check photos/`.")
    from peu.checks.check_images import check_images
    from peu.checks.quarantine import check_movable, move_to_quarantine
    from peu.images.loading import load_images
    from peu.reports.check_report import write_check_report
    from peu.reports.report_folder import report_folder

    if output is not None:
        report_folder(output, overwrite=overwrite).check()
    with showing_progress(quiet=quiet):
        images = load_images(data, to_learn=False)
        if move_to is not None:
            check_movable(images, move_to)
        check = check_images(images, seed=seed or 0)
        page = None if output is None else write_check_report(check, output)
        moved = () if move_to is None else move_to_quarantine(check, move_to)
    if as_json:
        listed = [{"name": one.name, "reason": one.reason} for one in moved]
        write_result({"format": 1, **check.to_dict(), "moved": listed})
    else:
        _show(check, page, move_to, moved)


def _show(
    check: "ImageCheck", page: Path | None, move_to: Path | None, moved: "tuple[Moved, ...]"
) -> None:
    images = check.images
    names = images.class_names
    classes = f" in {len(names)} class{'' if len(names) == 1 else 'es'}" if names else ""
    say(f"{images.name}: {len(images):,} image{'' if len(images) == 1 else 's'}{classes}")
    for one in check.findings:
        say(f"{_MARKS[one.severity]} {one.sentence}")
    if not check.findings:
        say("Nothing is wrong with them.")
    if page is not None:
        say(f"Report: {page}")
    if move_to is not None:
        files = f"{len(moved)} file{'' if len(moved) == 1 else 's'}"
        say(f"{files} moved to {move_to}; `peu check --undo {move_to}` brings them back.")


def _undo(folder: Path, *, as_json: bool) -> None:
    from peu.checks.quarantine import undo_quarantine

    names = undo_quarantine(folder)
    if as_json:
        write_result({"format": 1, "moved_back": list(names)})
    else:
        say(f"{len(names)} file{'' if len(names) == 1 else 's'} moved back.")
