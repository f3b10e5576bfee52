"""`peu labels`: labels that are probably wrong, and a corrected table of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from peu.cli import options
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.training_part import training_part
from peu.errors import DataError, RecipeError, ResourceError
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.comparison.label_errors import LabelErrors

_REPORT = "report.json"
_MOST_ROWS = 50


class _ShowsByDefault(TyperGroup):
    """`peu labels photos/` is `peu labels show photos/`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = next((each for each in args if not each.startswith("-")), None)
        if first is not None and first not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="labels",
    cls=_ShowsByDefault,
    help="Find labels that are probably wrong, and write a corrected table.",
    no_args_is_help=True,
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="The folder of a run of `peu compare`, or images: a folder of class folders or a CSV.",
        show_default=False,
    ),
]


@app.command("show")
@handle_errors
def show_command(
    source: Source, as_json: options.AsJson = False, quiet: options.Quiet = False
) -> None:
    """List labels that are probably wrong, the most suspicious first.

    Of images, they are found anew from features of a pretrained network; of a run, they are those
    of its report.
    """
    with showing_progress(quiet=quiet):
        found = _found(source)
    if as_json:
        write_result({"format": 1, **found})
        return
    suspects = found["suspects"]
    if suspects:
        show_table(
            ("image", "given", "suggested", "probability", "most like it"),
            [
                (
                    one["image"],
                    one["given"],
                    one["suggested"],
                    f"{one['probability_given']:.3f} against {one['probability_suggested']:.3f}",
                    ", ".join(each["label"] for each in one["nearest"]),
                )
                for one in suspects[:_MOST_ROWS]
            ],
        )
    if len(suspects) > _MOST_ROWS:
        say(f"And {len(suspects) - _MOST_ROWS} more: --json lists all.")
    say(_summary(found))


@app.command("fix")
@handle_errors
def fix_command(
    source: Source,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The CSV to write; `load_images` takes it."),
    ] = Path("labels.csv"),
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="IMAGE", help="Correct this image; may be repeated."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="IMAGE", help="Leave this image's label; may be repeated."),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Write the labels of all images as a CSV, with the suggested ones where given ones look wrong.

    No image is moved or renamed. Look at the suspects first: `peu labels RUN`, or the report.
    """
    if only and keep:
        raise RecipeError("`--only` and `--keep` exclude each other. Received: both. Drop one.")
    if output.exists() and not overwrite:
        raise ResourceError(
            f"{quoted(output)} already exists; pass --overwrite to replace it, or choose another "
            "file with --output."
        )
    from peu.comparison.corrected_labels import write_corrected_labels

    with showing_progress(quiet=quiet):
        images, found = _images_of(source)
        suggested = {one["image"]: one["suggested"] for one in found["suspects"]}
        for name in (*(only or ()), *(keep or ())):
            if name not in suggested:
                raise RecipeError(
                    f"Expected the name of a suspect. Received: {quoted(name)}. `peu labels` "
                    "lists them."
                )
        chosen = {
            name: label
            for name, label in suggested.items()
            if (not only or name in only) and name not in (keep or ())
        }
        write_corrected_labels(images, chosen, output)
    if any(images.parts):
        remark("train/ and test/ folders are not kept in a CSV.", quiet=quiet)
    if as_json:
        write_result({"format": 1, "file": str(output), "changed": chosen, "images": len(images)})
    else:
        changed = f"{len(chosen)} label{'' if len(chosen) == 1 else 's'}"
        say(f"{changed} of {len(images)} changed in {output}; no file was renamed.")


def _found(source: str) -> dict[str, Any]:
    if _is_run(source):
        from peu.files import read_json, without_checksum

        try:
            found = without_checksum(read_json(Path(source) / _REPORT))["label_errors"]
            return dict(found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{quoted(Path(source) / _REPORT)} holds no suspected labels: it is damaged or of "
                "an older version. Run `peu compare` again, or give the images."
            ) from error
    return _look(source).to_dict()


def _images_of(source: str) -> tuple[Any, dict[str, Any]]:
    """The images and what was found of them."""
    if not _is_run(source):
        errors = _look(source)
        return errors.images, errors.to_dict()
    from peu.cli.config import CONFIG_FILE, read_config
    from peu.files import read_json
    from peu.images.loading import load_images

    found = _found(source)
    config = read_config(Path(source) / CONFIG_FILE)
    images = training_part(
        load_images(str(config.get("data", ""))), use_all=config.get("use_all", False), quiet=True
    )
    if images.fingerprint != read_json(Path(source) / _REPORT)["dataset"]["fingerprint"]:
        raise DataError(
            f"The images of {quoted(source)} are not what they were when it ran. Run `peu "
            "compare` again, or give the images: `peu labels fix photos/`."
        )
    return images, found


def _look(source: str) -> "LabelErrors":
    from peu.comparison.label_errors import find_label_errors
    from peu.images.loading import load_images

    return find_label_errors(load_images(source))


def _is_run(source: str) -> bool:
    return os.path.isfile(Path(source) / _REPORT)  # noqa: PTH113 - names that no path can have


def _summary(found: dict[str, Any]) -> str:
    if found["note"]:
        return str(found["note"])
    count, checked = len(found["suspects"]), found["checked"]
    if not count:
        return f"No label of {checked:,} looks wrong ({found['method']})."
    return (
        f"{count} label{' looks' if count == 1 else 's look'} wrong, of {checked:,} "
        f"({found['method']}). Look at them; `peu labels fix` writes a corrected CSV."
    )
