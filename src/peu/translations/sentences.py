"""English sentences in French, by a catalogue of patterns.

peu speaks English in its code, its files and on the command line. What of it people read in French
is listed in the catalogues of this folder: an English sentence with `{}` for each gap, or `{n}` for
one that only a number fills, and the same in French. A gap may hold a sentence of the catalogue
itself. Tests read the source, so that none is forgotten.
"""

import functools
import re
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from peu.translations.language import NUMBER, french_number, french_signs

Catalogue = Literal["engine", "report"]

GAP = re.compile(r"\{n?\}")
_DEEPEST = 6
_FEWEST_LETTERS = 4
"""Of a sentence: what has fewer joins the parts of a list, such as `{} and {}`."""
_QUOTED = re.compile(r"`[^`]+`")
# Stands for what is quoted, which is nobody's to translate.
_KEPT = "\ue000{}\ue001"
_KEPT_AT = re.compile("\ue000(\\d+)\ue001")
_JOINT = re.compile("[,;:.] | and | or | to ")
"""In a name: it would be taken apart as if it were a list or a sentence."""
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True)
class Pattern:
    """An English sentence with gaps, and how it is said in French.

    Attributes:
        literals: what stands before, between and behind its gaps.
        expression: matches it, with a group for each gap.
        french: with as many gaps, for `str.format`.
        letters: of the English sentence, without its gaps.
    """

    literals: tuple[str, ...]
    expression: re.Pattern[str]
    french: str
    letters: int

    def gaps(self, text: str) -> tuple[str, ...] | None:
        """What fills the gaps in a text; None where it is another sentence."""
        # A text that lacks a literal is the rule, and an expression of many gaps slow to say so.
        if not (text.startswith(self.literals[0]) and text.endswith(self.literals[-1])):
            return None
        place = 0
        for literal in self.literals:
            found = text.find(literal, place)
            if found < 0:
                return None
            place = found + len(literal)
        match = self.expression.fullmatch(text)
        return None if match is None else match.groups()


class Translator:
    """Says in French what is in catalogues.

    Args:
        catalogues: those that are looked in.
        names: texts of users, such as names of classes, that stay as they are.
        number: writes a number that fills a gap.
        on_unknown: called with each text that is in no catalogue and neither name nor number.

    Example:
        >>> Translator("engine")("the file is empty")
        'le fichier est vide'
    """

    def __init__(
        self,
        *catalogues: Catalogue,
        names: Collection[str] = (),
        number: Callable[[str], str] = french_number,
        on_unknown: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._patterns = patterns(catalogues)
        self._vocabulary = {
            quoted
            for pattern in self._patterns
            for literal in pattern.literals
            for quoted in _QUOTED.findall(literal)
        }
        self._names = frozenset(names)
        joined = sorted((name for name in names if _JOINT.search(name)), key=len, reverse=True)
        self._untouched = re.compile("|".join([_QUOTED.pattern, *map(re.escape, joined)]))
        self._number = number
        self._on_unknown = on_unknown
        self._unknown: list[str] = []

    def __call__(self, text: str) -> str:
        """A text in French; as it is where no catalogue has it."""
        if text in self._names:
            return text
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            found = match[0]
            if found in self._vocabulary:
                return found
            mark = "`" if found.startswith("`") else ""
            kept.append(found.removeprefix(mark).removesuffix(mark))
            return f"{mark}{_KEPT.format(len(kept) - 1)}{mark}"

        self._unknown = []
        whole = self._untouched.sub(keep, text)
        said = self._sentences(whole)
        if said is None:
            said = self._gap(whole, _DEEPEST)
        for unknown in self._unknown:
            self._on_unknown(unknown)
        return _KEPT_AT.sub(lambda match: kept[int(match[1])], said)

    def _sentences(self, text: str) -> str | None:
        """A text of one sentence or more, each of which is in a catalogue, or several as one."""
        before = len(self._unknown)
        for end in (*(match.start() for match in _SENTENCE_END.finditer(text)), len(text)):
            said = self._said(text[:end], _DEEPEST, whole_sentence=True)
            rest = text[end + 1 :]
            others = self._sentences(rest) if said is not None and rest else ""
            if said is not None and others is not None:
                return f"{said} {others}" if others else said
            del self._unknown[before:]
        return None

    def _said(self, text: str, depth: int, *, whole_sentence: bool = False) -> str | None:
        """A sentence, name or number in French; None where it is none of them."""
        name = text.removesuffix(".") if whole_sentence else text
        if name in self._names or not _KEPT_AT.sub("", text).strip("`"):
            return text
        if NUMBER.fullmatch(text):
            return self._number(text)
        if not whole_sentence and (listed := self._listed(text, depth)) is not None:
            return listed
        for pattern in self._patterns:
            if whole_sentence and pattern.letters < _FEWEST_LETTERS:
                break
            gaps = pattern.gaps(text)
            if gaps is not None:
                return pattern.french.format(*(self._gap(gap, depth - 1) for gap in gaps))
        return None

    def _listed(self, text: str, depth: int) -> str | None:
        """Numbers with commas between, or texts with semicolons; None where it is no list."""
        numbers, texts = text.split(", "), text.split("; ")
        if all(map(NUMBER.fullmatch, numbers)):
            return french_signs(" ; ").join(map(self._number, numbers))
        if len(texts) == 1 or not depth:
            return None
        before = len(self._unknown)
        said = [self._said(each, depth - 1) for each in texts]
        if None not in said and len(self._unknown) == before:
            return french_signs(" ; ").join(map(str, said))
        del self._unknown[before:]
        return None

    def _gap(self, text: str, depth: int) -> str:
        said = self._said(text, depth) if depth else None
        if said is None:
            self._miss(text)
            return text
        return said

    def _miss(self, text: str) -> None:
        if any(letter.isalpha() for letter in _KEPT_AT.sub("", text)):
            self._unknown.append(text)


@functools.cache
def known(name: Catalogue) -> dict[str, str]:
    """English sentences and the French ones of a catalogue."""
    source = files("peu.translations") / f"{name}.fr.toml"
    return dict(tomllib.loads(source.read_text("utf-8")))


@functools.cache
def patterns(names: Sequence[Catalogue]) -> tuple[Pattern, ...]:
    """Each English sentence of some catalogues, the longest first."""
    every = {english: french for name in names for english, french in known(name).items()}
    found = (_pattern(english, french) for english, french in every.items())
    return tuple(
        sorted(found, key=lambda pattern: (-pattern.letters, -sum(map(len, pattern.literals))))
    )


def _pattern(english: str, french: str) -> Pattern:
    literals = tuple(GAP.split(english))
    expression = re.escape(literals[0])
    for gap, literal in zip(GAP.findall(english), literals[1:], strict=True):
        filled = f"({NUMBER.pattern})" if gap == "{n}" else "(.*?)"
        expression += filled + re.escape(literal)
    return Pattern(
        literals,
        re.compile(expression, re.DOTALL),
        french_signs(french.replace("{n}", "{}")),
        sum(letter.isalpha() for literal in literals for letter in literal),
    )
