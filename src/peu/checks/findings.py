"""What a check of images found, the most serious first."""

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from peu.checks.measurements import Measurements
from peu.checks.shortcuts import Shortcut
from peu.images.dataset import ImageDataset

Severity = Literal["serious", "warning", "note"]
ORDER: tuple[Severity, ...] = ("serious", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a set of images.

    Attributes:
        kind: "unreadable", "classes", "duplicates_across_parts", "duplicates_across_classes",
            "duplicates", "shortcut", "blank", "dark", "blurred" or "tiny".
        severity: "serious": figures or models will be wrong; "warning": they may be; "note".
        sentence: what was found, how often, and what to do.
        images: the names of the images concerned, one list for each group of copies.
        shortcut: the figures of a shortcut.
        offending: the names that `--move-to` would take away.
    """

    kind: str
    severity: Severity
    sentence: str
    images: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    shortcut: Shortcut | None = field(default=None, repr=False)
    offending: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class ImageCheck:
    """Everything that a check found, the most serious first.

    Attributes:
        images: the set.
        findings: empty where nothing is wrong.
        groups: (n,) near-duplicates share a number, crops among them.
        measured: light, sharpness and colours of each image.
    """

    images: ImageDataset
    findings: tuple[Finding, ...]
    groups: NDArray[np.int64]
    measured: Measurements

    def __repr__(self) -> str:
        kinds = ", ".join(dict.fromkeys(one.kind for one in self.findings)) or "nothing wrong"
        count = f"{len(self.images):,} images, {len(self.findings)} findings"
        return f"<ImageCheck of {self.images.name!r:.80}: {count}: {kinds[:250]}>"

    def _repr_html_(self) -> str:
        """The sentences as a list, for notebooks."""
        items = "".join(
            f"<li><b>{one.severity}</b>: {html.escape(one.sentence)}</li>" for one in self.findings
        )
        head = html.escape(f"{self.images.name}: {len(self.images):,} images")
        return f"<p>{head}</p><ul>{items or '<li>Nothing is wrong with them.</li>'}</ul>"

    @property
    def offending(self) -> tuple[str, ...]:
        """The files that can be taken away: unreadable, blank, and copies beyond the first."""
        return tuple(dict.fromkeys(name for one in self.findings for name in one.offending))

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON values."""
        return {
            "name": self.images.name,
            "fingerprint": self.images.fingerprint,
            "images": len(self.images),
            "findings": [
                {
                    "kind": one.kind,
                    "severity": one.severity,
                    "sentence": one.sentence,
                    "images": [list(group) for group in one.images],
                    "shortcut": None if one.shortcut is None else asdict(one.shortcut),
                    "offending": list(one.offending),
                }
                for one in self.findings
            ],
        }


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The most serious first, otherwise as they came."""
    return tuple(sorted(findings, key=lambda one: ORDER.index(one.severity)))
