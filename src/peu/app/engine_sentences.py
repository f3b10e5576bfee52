"""The engine's own sentences in the page's language: errors, and reasons why files are set aside.

The engine speaks English, on the command line and in its files. What of it reaches the page is
listed with its translation in `texts/engine.fr.toml`: an English sentence with `{}` for each gap,
and the same in French. A test reads the engine's source, so that none is forgotten.
"""

import functools
import re
import tomllib
from importlib.resources import files

from peu.lab.language import Language, LanguageCode

_GAP = "{}"
_DEEPEST = 6
_FEWEST_LETTERS = 4
"""Of a sentence: what has fewer joins the parts of a list, and is looked for inside gaps alone."""


@functools.lru_cache(maxsize=4096)
def translated(sentence: str, code: LanguageCode) -> str:
    """A sentence of the engine in a language; as it is where there is no translation.

    What fills a gap may be such a sentence itself: why a file could not be read, for instance.

    Args:
        sentence: as an error, a report or a job's remarks have it.
        code: "en" or "fr".

    Example:
        >>> translated("it is 4 x 9 pixels: each side must be at least 8", "fr")[:17]
        'elle a 4 x 9 pixe'
    """
    return sentence if code == "en" else _in_words_of(sentence, code, _DEEPEST)


def _in_words_of(sentence: str, code: LanguageCode, depth: int) -> str:
    for pattern, wanted, letters in patterns(code):
        if depth == _DEEPEST and letters < _FEWEST_LETTERS:
            continue
        if (found := pattern.fullmatch(sentence)) is not None:
            gaps = [
                _in_words_of(gap, code, depth - 1) if depth and gap else gap
                for gap in found.groups()
            ]
            parts = Language(code).spaced(wanted).split(_GAP)
            ends = [*gaps, ""]
            return "".join(part + end for part, end in zip(parts, ends, strict=True))
    return sentence


@functools.cache
def patterns(code: LanguageCode) -> tuple[tuple[re.Pattern[str], str, int], ...]:
    """Each English sentence as a pattern, its translation and its letters; the longest first."""
    source = files("peu.app") / "texts" / f"engine.{code}.toml"
    known: dict[str, str] = tomllib.loads(source.read_text("utf-8"))
    letters = {each: len(each.replace(_GAP, "")) for each in known}
    by_length = sorted(known, key=lambda each: -letters[each])
    return tuple((_pattern(each), known[each], letters[each]) for each in by_length)


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, sentence.split(_GAP))), re.DOTALL)
