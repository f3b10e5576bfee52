"""Words for messages: names on one line, and a few examples out of many."""

from collections.abc import Sequence

_EXAMPLES = 3
_LONGEST = 120


def shown(name: object) -> str:
    r"""Give a name as it can stand in a one-line message.

    File names may hold newlines, escape codes and bytes that are no text; a terminal or a
    log must not be steered by them.

    Args:
        name: a path or text.

    Returns:
        The text in backquotes, unprintable characters escaped, the middle left out of a very
        long one.

    Example:
        >>> shown("two\nlines.jpg")
        '`two\\nlines.jpg`'
    """
    return f"`{on_one_line(name)}`"


def on_one_line(name: object) -> str:
    """Give a name as `shown` does, without backquotes: for a table, where it stands alone."""
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


def some(items: Sequence[str]) -> str:
    """Join the first few items and count the rest.

    Example:
        >>> some(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    listed = ", ".join(items[:_EXAMPLES])
    rest = len(items) - _EXAMPLES
    return f"{listed} and {rest} more" if rest > 0 else listed
