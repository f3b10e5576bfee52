"""The two languages of a lab's page: which words, and how numbers are written."""

import locale
import math
import os
import re
from dataclasses import dataclass
from typing import Literal, get_args

from peu.evaluation.uncertainty import Interval
from peu.recipes.checks import check_choice

LanguageCode = Literal["fr", "en"]
_NARROW_SPACE = "\u202f"


@dataclass(frozen=True)
class Language:
    """Choose words and write numbers as one of the two languages does.

    Both texts stand side by side where they are used, so that whoever changes one sees the other.

    Attributes:
        code: "fr" or "en".

    Raises:
        RecipeError: another code.

    Example:
        >>> say = Language("fr")
        >>> say("bonjour", "hello"), say.number(0.926)
        ('bonjour', '0,926')
    """

    code: LanguageCode

    def __post_init__(self) -> None:
        check_choice("language", self.code, LanguageCode)

    def __call__(self, french: str, english: str) -> str:
        """Give the text of this language, in French with the spaces that its signs want."""
        if self.code == "en":
            return english
        french = re.sub(r" (?=[:»])", "\u00a0", french).replace("« ", "«\u00a0")
        return re.sub(r" (?=[;?!%])", _NARROW_SPACE, french)

    def number(self, value: float, digits: int = 3) -> str:
        """Write a number with so many decimals."""
        if not math.isfinite(value):
            return "\u2013"
        return self._written(f"{value:,.{digits}f}")

    def short(self, value: float) -> str:
        """Write a number with three figures that count, however large or small it is."""
        if value == 0 or not math.isfinite(value):
            return "0" if value == 0 else "\u2013"
        value = float(f"{value:.2e}")
        exponent = math.floor(math.log10(abs(value)))
        if -4 <= exponent < 6:
            text = f"{value:,.{max(0, 2 - exponent)}f}"
            return self._written(text.rstrip("0").rstrip(".") if "." in text else text)
        mantissa = f"{value / 10.0**exponent:.2f}".rstrip("0").rstrip(".")
        return self._written(f"{mantissa}e{exponent}")

    def count(self, value: int) -> str:
        """Write a whole number with its thousands apart."""
        return self._written(f"{value:,}")

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share in [0, 1] as a percentage."""
        return self.number(100 * share, digits) + self(f"{_NARROW_SPACE}%", "%")

    def points(self, difference: float) -> str:
        """Write a difference of shares in percentage points, with its sign."""
        sign = "+" if difference > 0 else ""
        return sign + self.number(100 * difference, 1) + self(" points", " points")

    def seconds(self, value: float) -> str:
        """Write a time as one reads it."""
        if value < 60:
            return f"{self.number(value, 2 if value < 1 else 1)} s"
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest:02d} s"

    def interval(self, interval: Interval) -> str:
        """Write a share with its interval."""
        level = self.percent(interval.level, 0)
        low, high = self.percent(interval.low), self.percent(interval.high)
        return self(
            f"{self.percent(interval.mean)} (intervalle à {level}\u00a0: {low} à {high})",
            f"{self.percent(interval.mean)} ({level} interval: {low} to {high})",
        )

    def shape(self, sides: "tuple[int, ...] | list[int]") -> str:
        """Write the shape of an array, as Python does but for the thousands."""
        return " × ".join(self.count(side) for side in sides)

    def listed(self, items: "list[str] | tuple[str, ...]") -> str:
        """Join words: a, b and c."""
        if len(items) < 2:
            return "".join(items)
        return self(" et ", " and ").join((", ".join(items[:-1]), items[-1]))

    def _written(self, text: str) -> str:
        text = text.replace("-", "\u2212")
        if self.code == "en":
            return text
        return text.translate({ord(","): _NARROW_SPACE, ord("."): ","})


def usual_language() -> LanguageCode:
    """Give French where the user's locale is French, else English."""
    named = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        None,
    )
    found = named or locale.getlocale()[0] or ""
    return "fr" if found.lower().startswith("fr") else "en"


LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)
