"""The two languages of a lab's page: how numbers and lists are written, and words of charts."""

import functools
import locale
import math
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from peu.evaluation.uncertainty import Interval
from peu.settings import check_setting
from peu.translations.language import LANGUAGES, NARROW_SPACE, LanguageCode, french_signs


@dataclass(frozen=True)
class Language:
    """A language of the page.

    Attributes:
        code: "fr" or "en".

    Raises:
        RecipeError: another code.

    Example:
        >>> Language("fr").number(0.926)
        '0,926'
    """

    code: LanguageCode

    def __post_init__(self) -> None:
        check_setting(
            "language",
            holds=self.code in LANGUAGES,
            expected=f"one of {', '.join(LANGUAGES)}",
            received=self.code,
            advice="Leave it out for that of your locale.",
        )

    @functools.cached_property
    def words(self) -> dict[str, str]:
        """Short texts that code needs: of charts, lists and the command line."""
        source = files("peu.lab") / "templates" / self.code / "words.toml"
        words = tomllib.loads(source.read_text("utf-8"))
        return {name: self.spaced(text) for name, text in words.items()}

    def spaced(self, text: str) -> str:
        """Set this language's signs in a text."""
        return french_signs(text) if self.code == "fr" else text

    def number(self, value: float, digits: int = 3) -> str:
        """Write a number with so many decimals."""
        if not math.isfinite(value):
            return "\u2013"
        # Adding zero drops the sign of what is rounded to zero.
        return self._written(f"{round(value, digits) + 0.0:,.{digits}f}")

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
        return self.number(100 * share, digits) + ("%" if self.code == "en" else f"{NARROW_SPACE}%")

    def points(self, difference: float) -> str:
        """Write a difference of shares in percentage points, with its sign."""
        written = self.number(100 * difference, 1)
        sign = "+" if written.strip("0.,") and difference > 0 else ""
        single = self.code == "fr" and abs(100 * difference) < 2
        return f"{sign}{written} point{'' if single else 's'}"

    def plural(self, value: int, one: str, many: str) -> str:
        """Write a count with its noun: French has its singular for 0 too, English for 1 alone."""
        single = -2 < value < 2 if self.code == "fr" else value == 1
        return f"{self.count(value)} {one if single else many}"

    def seconds(self, value: float) -> str:
        """Write a time as one reads it."""
        if value < 60:
            return f"{self.number(value, 2 if value < 1 else 1)} s"
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest:02d} s"

    def interval(self, interval: Interval) -> str:
        """Write a share with its interval."""
        return self.words["interval"].format(
            mean=self.percent(interval.mean),
            level=self.percent(interval.level, 0),
            low=self.percent(interval.low),
            high=self.percent(interval.high),
        )

    def shape(self, sides: Iterable[int]) -> str:
        """Write the shape of an array on one line, with thousands apart."""
        return "\u00a0×\u00a0".join(self.count(side) for side in sides)

    def array_shape(self, sides: Iterable[int]) -> str:
        """Write the shape of an array as NumPy shows it."""
        return f"`{tuple(sides)}`"

    def listed(self, items: Iterable[str]) -> str:
        """Join words: a, b and c."""
        *first, last = list(items) or [""]
        return f" {self.words['and']} ".join([", ".join(first), last] if first else [last])

    def _written(self, text: str) -> str:
        text = text.replace("-", "\u2212")
        if self.code == "en":
            return text
        return text.translate({ord(","): NARROW_SPACE, ord("."): ","})


def usual_language() -> LanguageCode:
    """French where the user's locale is French, else English."""
    named = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        None,
    )
    found = named or locale.getlocale()[0] or ""
    return "fr" if found.lower().startswith("fr") else "en"
