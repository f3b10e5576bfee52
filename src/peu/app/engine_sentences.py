"""The engine's own sentences in the page's language: errors, and reasons why files are set aside.

The engine speaks English, on the command line and in its files. What of it reaches the page is
listed with its translation in `translations/engine.fr.toml`. A test reads the engine's source, so
that none is forgotten.
"""

import functools

from peu.translations.language import LanguageCode
from peu.translations.sentences import Translator


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
    return sentence if code == "en" else _french()(sentence)


@functools.cache
def _french() -> Translator:
    # Numbers stay as they are: what looks like one may be a version, or part of a name.
    return Translator("engine", number=str)
