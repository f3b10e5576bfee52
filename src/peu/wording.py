"""Names in messages: quoted, on one line, a few out of many."""

import json
import re
from collections.abc import Sequence

_EXAMPLES = 3
_LONGEST = 120
_PLAIN = re.compile(r"[ -~\n]*")


def quoted(name: object) -> str:
    r"""A name in backquotes, safe in a one-line message.

    File names may hold newlines, escape codes and bytes that are no text; a terminal or a
    log must not be steered by them.

    Args:
        name: a path or text.

    Returns:
        The text in backquotes, unprintable characters escaped, the middle left out of a very
        long one.

    Example:
        >>> quoted("two\nlines.jpg")
        '`two\\nlines.jpg`'
    """
    return f"`{one_line(name)}`"


def one_line(name: object) -> str:
    """A name as `quoted` writes it, without the backquotes, for a table."""
    text = printable(str(name))
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"
    return text


def printable(text: str) -> str:
    """Escape what steers a terminal, and bytes that are no text."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def printable_json(text: str) -> str:
    r"""Escape, in a JSON text, what steers a terminal: it stays the same value.

    JSON asks for this below U+0020 alone, but U+009B steers as well as an escape character, and
    other marks turn the direction of writing round. Half characters, of names that are no text,
    become question marks.

    Example:
        >>> printable_json('["\x9b2J"]')
        '["\\u009b2J"]'
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.encode("utf-8", "replace").decode()
    return "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1]
        for letter in text
    )


def first_few(items: Sequence[str]) -> str:
    """The first few items, and the number of the others.

    Example:
        >>> first_few(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    listed = ", ".join(items[:_EXAMPLES])
    rest = len(items) - _EXAMPLES
    return f"{listed} and {rest} more" if rest > 0 else listed


def in_words(seconds: float) -> str:
    """A time as a person says it: "90 s", "10 min", "2 h"."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"
