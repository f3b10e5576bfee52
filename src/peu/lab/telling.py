"""What a section says: what was done, and an answer to each of its questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from peu.evaluation.uncertainty import Interval, wilson_interval
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.reports.report import Block, Paragraph, Plate

# Gives an image that the section kept, with what it shows in words.
Show = Callable[[str, str], Plate]


@dataclass(frozen=True)
class Told:
    """Hold the text of a section.

    Attributes:
        done: what was done and what came out, before the questions.
        answers: by the key of the question.
    """

    done: tuple[Block, ...]
    answers: Mapping[str, tuple[Block, ...]]


@dataclass(frozen=True)
class LabSection:
    """Hold one section of the sheet: what it computes and how it tells it.

    Attributes:
        key: its number on the sheet.
        french: its title.
        english: its title.
        measure: computes; what it returns is kept as JSON.
        tell: turns that into text, in either language.
    """

    key: str
    french: str
    english: str
    measure: Callable[[Bench], Facts]
    tell: Callable[[Facts, Language, Show], Told]


def text(*sentences: str) -> tuple[Block, ...]:
    """Give sentences as one paragraph; those that are empty are left out."""
    joined = " ".join(sentence for sentence in sentences if sentence)
    return (Paragraph(joined),) if joined else ()


def accuracy_of(trial: Facts) -> Interval:
    """Give a trial's accuracy on the test images, and how far to trust so few."""
    return wilson_interval(trial["correct"], trial["tested"])


def tested(say: Language, trial: Facts) -> str:
    """Write a trial's accuracy with counts and interval."""
    interval = accuracy_of(trial)
    low, high = say.percent(interval.low, 0), say.percent(interval.high, 0)
    share = say.percent(interval.mean)
    counts = f"{trial['correct']}/{trial['tested']}"
    return say(
        f"{share} ({counts} ; intervalle à 95 % : {low} à {high})",
        f"{share} ({counts}; 95% interval: {low} to {high})",
    )
