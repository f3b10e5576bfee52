"""The page's texts: a file for each screen and language, and how numbers are written in it."""

import functools
import tomllib
from importlib.resources import files
from typing import Any

from peu.app.engine_sentences import translated
from peu.lab.language import Language
from peu.translations.language import LANGUAGES, LanguageCode


class Texts:
    """All texts of the page in one language.

    Args:
        code: "en" or "fr".

    Example:
        >>> Texts("fr")("page.images")
        'Images'
    """

    def __init__(self, code: LanguageCode) -> None:
        self.language = Language(code)
        self._texts = catalogue(code)

    @property
    def code(self) -> LanguageCode:
        """The language: "en" or "fr"."""
        return self.language.code

    def __call__(self, key: str, /, **values: Any) -> str:
        """A text with its gaps filled; whole numbers with their thousands apart.

        Args:
            key: file and key with a dot between, as in "images.title".
            **values: for the gaps. A text in two forms, for one and for many, goes by `n`.

        Raises:
            KeyError: no such text.
        """
        text = self._texts[key]
        if isinstance(text, list):
            one, many = text
            number = values["n"]
            single = abs(number) < 2 if self.code == "fr" else number == 1
            text = one if single else many
        shown = {
            name: self.language.count(value) if type(value) is int else value
            for name, value in values.items()
        }
        # A name that a person gave keeps its own spaces.
        return self.language.spaced(text).format(**shown)

    def engine(self, sentence: object) -> str:
        """What the engine says in English, in the page's language: an error, a reason."""
        return translated(str(sentence), self.code)

    def has(self, name: str) -> bool:
        """Whether there is such a text."""
        return name in self._texts


@functools.cache
def catalogue(code: LanguageCode) -> dict[str, Any]:
    """Every text of a language by "file.key": a text, or [for one, for many]."""
    found = {}
    for source in (files("peu.app") / "texts" / code).iterdir():
        screen = source.name.removesuffix(".toml")
        for key, text in tomllib.loads(source.read_text("utf-8")).items():
            found[f"{screen}.{key}"] = text
    return found


def preferred_language(header: str) -> LanguageCode:
    """The language that a browser asks for, of those the page has.

    Args:
        header: what it sent as `Accept-Language`.

    Example:
        >>> preferred_language("de, fr-CH;q=0.9, en;q=0.8")
        'fr'
    """
    wanted = []
    for place, part in enumerate(header.split(",")):
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wanted.append((-weight, place, code.split("-")[0].strip().lower()))
    for weight, _, code in sorted(wanted):
        for language in LANGUAGES:
            if code == language and weight < 0:
                return language
    return "en"
