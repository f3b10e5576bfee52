"""A description of an image set as text for a terminal, or for a pipe."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from rich.console import Console
from rich.table import Table
from rich.text import Text

from peu.images.checks import Description, Spread
from peu.wording import one_line, quoted

_CLASSES_A_COLUMN = 15
_MOST_COLUMNS = 3
_LONGEST_CLASS = 40
_MOST_GROUPS = 10
_MOST_FILES = 20
_MODES = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with transparency",
    "I": "32-bit grey",
    "I;16": "16-bit grey",
    "F": "grey in floating point",
    "P": "palette",
    "RGB": "colour",
    "RGBA": "colour with transparency",
    "CMYK": "printing colours",
    "YCbCr": "colour",
}


def show_description(description: Description, console: Console) -> None:
    """Print a description: counts, sizes, kinds, duplicates, what was set aside, and warnings.

    Names come from files, and are shown so that none can steer the terminal.

    Args:
        description: of any image set.
        console: where it goes, without markup; where it is no terminal, plain text comes out.
    """

    def say(*lines: str) -> None:
        for line in lines:
            console.print(line, soft_wrap=True)

    def say_list(title: str, lines: Sequence[str], most: int) -> None:
        if lines:
            say("", title, *(f"- {' '.join(line.split())}" for line in lines[:most]))
        if len(lines) > most:
            say(f"- and {len(lines) - most:,} more: --json lists all")

    classes = len(description.classes)
    say(
        f"{one_line(description.name)}: {_counted(description.images, 'image')}"
        + (f" in {_counted(classes, 'class', 'classes')}" if classes else ", no classes"),
        "",
    )
    if classes:
        console.print(_class_table(description.classes))
        say("")
    console.print(_size_table(description))
    say("")
    modes = {
        f"{_MODES[mode]} ({mode})" if mode in _MODES else mode: count
        for mode, count in description.modes.items()
    }
    for title, counts in (
        ("Colour modes", modes),
        ("Formats", description.formats),
        ("Parts", description.parts),
        ("Notes", description.notes),
    ):
        if counts:
            listed = [f"{one_line(name)}: {count:,}" for name, count in counts.items()]
            say(f"{title}: {'; '.join(listed)}")
    across = set(description.duplicates_across_classes)
    groups = [
        " = ".join(quoted(key) for key in group) + (" (in several classes)" * (group in across))
        for group in sorted(description.duplicates, key=lambda group: group not in across)
    ]
    say_list("Duplicates:", groups, _MOST_GROUPS)
    files = [f"{quoted(one.path)}: {one.reason}" for one in description.set_aside]
    say_list("Set aside:", files, _MOST_FILES)
    say_list("Warnings:", description.warnings, len(description.warnings))


def _class_table(classes: Mapping[str, int]) -> Table:
    """Set many classes side by side, read downwards, so that the rest stays in sight."""
    columns = min(_MOST_COLUMNS, -(-len(classes) // _CLASSES_A_COLUMN))
    high = -(-len(classes) // columns)
    cells = [(Text(one_line(name)), Text(f"{count:,}")) for name, count in classes.items()]
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for _ in range(columns):
        table.add_column("class", overflow="ellipsis", no_wrap=True, max_width=_LONGEST_CLASS)
        table.add_column("images", justify="right", no_wrap=True)
    blank = (Text(), Text())
    starts = range(0, len(cells), high)
    for row in zip_longest(*(cells[at : at + high] for at in starts), fillvalue=blank):
        table.add_row(*(cell for pair in row for cell in pair))
    return table


def _size_table(description: Description) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("size")
    for heading in ("smallest", "median", "largest"):
        table.add_column(heading, justify="right")

    def add(name: str, spread: Spread, digits: int) -> None:
        figures = (spread.minimum, spread.median, spread.maximum)
        table.add_row(name, *(f"{figure:.{digits}f}" for figure in figures))

    add("width, pixels", description.widths, 0)
    add("height, pixels", description.heights, 0)
    add("width / height", description.aspect_ratios, 2)
    return table


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
