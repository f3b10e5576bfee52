"""What a section found, kept as a file as soon as it ends, so that a lab can be resumed."""

import json
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import pydantic
from pydantic.dataclasses import dataclass as pydantic_dataclass

from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError
from peu.files import read_json, with_checksum, without_checksum, write_json
from peu.version import __version__

FORMAT = 2
F = TypeVar("F")
Trouble = Literal["", "setting", "images", "model", "machine"]


@pydantic_dataclass(
    frozen=True, kw_only=True, config=pydantic.ConfigDict(ser_json_inf_nan="strings")
)
class SectionResult(Generic[F]):
    """The result of one section, without any words: the page of either language is made from it.

    Attributes:
        section: its key.
        findings: the dataclass of numbers and states that its step returned; None if it failed.
        seconds: that it took.
        failed: why it could not run, or "".
        trouble: what is to be mended, by the type of the error; "" where nothing failed.
        format: of the file.
        peu: version that wrote it.
    """

    section: str
    findings: F | None
    seconds: float
    failed: str = ""
    trouble: Trouble = ""
    format: int = FORMAT
    peu: str = __version__


def trouble_of(error: PeuError) -> Trouble:
    """Name what an error asks to mend, so that a page can say it in its own language."""
    kinds: dict[type[PeuError], Trouble] = {
        RecipeError: "setting",
        DataError: "images",
        BundleError: "model",
        ResourceError: "machine",
    }
    return next((name for kind, name in kinds.items() if isinstance(error, kind)), "setting")


def write_result(folder: Path, result: SectionResult[Any]) -> None:
    """Keep the result of a section in the lab's folder.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    stored = with_checksum(json.loads(result_json(result)))
    write_json(_file(folder, result.section), stored)


def read_result(folder: Path, section: str, findings: type[F]) -> SectionResult[F] | None:
    """Read the result of a section; None where it has not run, or its file is not readable.

    Args:
        folder: of the lab.
        section: its key.
        findings: the dataclass that its step returns.
    """
    adapter: pydantic.TypeAdapter[SectionResult[F]] = pydantic.TypeAdapter(
        SectionResult[findings]  # type: ignore[valid-type]
    )
    try:
        stored = without_checksum(read_json(_file(folder, section)))
        result = adapter.validate_json(json.dumps(stored))
    except (OSError, ValueError):
        return None
    written_by = (result.format, result.peu, result.section)
    return result if written_by == (FORMAT, __version__, section) else None


def result_json(result: SectionResult[Any]) -> bytes:
    """Write a result as JSON."""
    findings = type(result.findings) if result.findings is not None else Any
    adapter = pydantic.TypeAdapter(SectionResult[findings])  # type: ignore[valid-type]
    return adapter.dump_json(result, indent=2)


def _file(folder: Path, section: str) -> Path:
    return folder / "parts" / f"{section}.json"
