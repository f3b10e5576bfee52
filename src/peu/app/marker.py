"""What makes a folder a workspace: a marker in it, and nothing of somebody else's."""

from pathlib import Path

from peu.errors import DataError, ResourceError
from peu.files import cannot_write, read_json, write_json
from peu.wording import quoted

MARKER = "workspace.json"
FORMAT = 1


def open_folder(root: Path) -> None:
    """Make a folder a workspace, or check that it is one.

    Args:
        root: the folder; it is made where there is none.

    Raises:
        ResourceError: it holds something else, or cannot be written.
        DataError: it is damaged, or was written by another version.
    """
    marker = root / MARKER
    try:
        root.mkdir(parents=True, exist_ok=True)
        strangers = [one.name for one in root.iterdir() if not one.name.startswith(".")]
        if marker.is_file():
            if read_json(marker)["format"] != FORMAT:
                raise ValueError  # noqa: TRY301 - one sentence for all that is wrong with it
        elif strangers:
            raise ResourceError(
                f"{quoted(root)} must be new, empty or a workspace of `peu app`. It holds "
                f"{quoted(strangers[0])}. Choose another folder with --workspace."
            )
        else:
            write_json(marker, {"format": FORMAT, "kind": "workspace"})
        (root / "images").mkdir(exist_ok=True)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{quoted(marker)} is damaged or of another version of peu. Choose another folder "
            "with --workspace; the images of this one are in `images/`."
        ) from error
    except OSError as error:
        raise cannot_write(root, error) from error
