"""The languages that people read peu in, and how French sets signs and numbers."""

import re
from typing import Literal, get_args

LanguageCode = Literal["fr", "en"]
LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)
NARROW_SPACE = "\u202f"

_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_PLAIN = r"\d+(?:\.\d+)?(?:e[\u2212+-]?\d+)?"
NUMBER = re.compile(rf"[\u2212+-]?(?:{_GROUPED}|{_PLAIN})%?")
"""A number as English writes it, alone."""

_CODE = re.compile(r"(`[^`]*`)")
# At the end of a piece of text, what is elided before comes from elsewhere.
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_«]|\Z)")


def french_signs(text: str) -> str:
    """Set French signs: the spaces that do not break before them, and curved apostrophes.

    What stands between backticks is code, where an apostrophe stays as it is.

    Example:
        >>> french_signs("l'image")
        'l’image'
    """
    text = re.sub(r" (?=[:»])", "\u00a0", text).replace("« ", "«\u00a0")
    text = re.sub(r" (?=[;?!%])", NARROW_SPACE, text)
    parts: list[str] = _CODE.split(text)
    parts[::2] = [_APOSTROPHE.sub("\u2019", part) for part in parts[::2]]
    return "".join(parts)


def french_number(text: str) -> str:
    """An English number as French writes it: `1,234.5%` is `1 234,5 %`, with narrow spaces.

    Example:
        >>> french_number("0.926")
        '0,926'
    """
    written = text.translate({ord(","): NARROW_SPACE, ord("."): ","})
    return written.replace("%", f"{NARROW_SPACE}%").replace("-", "\u2212")
