"""The Keras code of each section, as a student would write it: cells that run one after another.

`templates/keras/1.1.py` and so on are ordinary Python, a `# %%` before each cell. A comment that
begins with `# fr:` or `# en:` belongs to one language. The sections of a part run in their order,
in one namespace. Sizes and epochs are constants at the beginning of a line, `EPOCHS = 20`, so that
a test can run the same code on less.
"""

import re
from importlib.resources import files

from peu.translations.language import LanguageCode

_CELL = re.compile(r"^# %%.*$", re.MULTILINE)
_COMMENT = re.compile(r"^( *)# (fr|en): ?(.*)$")


def keras_cells(key: str, language: LanguageCode) -> tuple[str, ...]:
    """The cells of a section; none where it has no code.

    Args:
        key: number of the section.
        language: of the comments.

    Example:
        >>> "X_train" in "".join(keras_cells("1.1", "fr"))
        True
    """
    file = files("peu.lab") / "templates" / "keras" / f"{key}.py"
    try:
        source = file.read_text("utf-8")
    except FileNotFoundError:
        return ()
    lines = [line for line in source.splitlines() if _spoken(line, language)]
    text = "\n".join(_COMMENT.sub(r"\1# \3", line) for line in lines)
    return tuple(cell.strip("\n") for cell in _CELL.split(text) if cell.strip())


def _spoken(line: str, language: LanguageCode) -> bool:
    """Whether a line is code, or a comment in this language."""
    found = _COMMENT.match(line)
    return found is None or found[2] == language
