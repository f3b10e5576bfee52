"""A description of an image set as text for a terminal, or for a pipe."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from rich.console import Console
from rich.table import Table
from rich.text import Text

from peu.images.checks import Description, Spread
from peu.wording import on_one_line, shown

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
    """Print a description: counts, sizes, kinds, copies, what was set aside, and warnings.

    Names come from files, and are shown so that none can steer the terminal.

    Args:
        description: of any image set.
        console: where it goes; where it is no terminal, plain text comes out.
    """
    classes = len(description.classes)
    _say(
        console,
        f"{on_one_line(description.name)}: {_counted(description.images, 'image')}"
        + (f" in {_counted(classes, 'class', 'classes')}" if classes else ", no classes"),
    )
    if classes:
        _say(console)
        console.print(_class_table(description.classes))
    _say(console)
    console.print(_size_table(description))
    _say(console)
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
            listed = [f"{on_one_line(name)}: {count:,}" for name, count in counts.items()]
            _say(console, f"{title}: {'; '.join(listed)}")
    across = set(description.duplicates_across_classes)
    groups = [
        " = ".join(shown(key) for key in group) + (" (in several classes)" * (group in across))
        for group in sorted(description.duplicates, key=lambda group: group not in across)
    ]
    _say_list(console, "The same image again:", groups, most=_MOST_GROUPS)
    files = [f"{shown(one.path)}: {one.reason}" for one in description.set_aside]
    _say_list(console, "Set aside:", files, most=_MOST_FILES)
    warnings = description.warnings
    _say_list(console, "Worth knowing:", warnings, most=len(warnings))


def _class_table(classes: Mapping[str, int]) -> Table:
    """Set many classes side by side, read downwards, so that the rest stays in sight."""
    columns = min(_MOST_COLUMNS, -(-len(classes) // _CLASSES_A_COLUMN))
    high = -(-len(classes) // columns)
    cells = [(Text(on_one_line(name)), Text(f"{count:,}")) for name, count in classes.items()]
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


def _say_list(console: Console, title: str, lines: Sequence[str], *, most: int) -> None:
    if not lines:
        return
    _say(console)
    _say(console, title)
    for line in lines[:most]:
        _say(console, f"- {' '.join(line.split())}")
    if len(lines) > most:
        _say(console, f"- and {len(lines) - most:,} more: --json lists all")


def _say(console: Console, text: str = "") -> None:
    console.print(text, markup=False, emoji=False, soft_wrap=True)


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
