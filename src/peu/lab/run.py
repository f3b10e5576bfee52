"""Running the lab sheet's sections; what is finished is not done again."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peu.errors import DiskError, PeuError
from peu.files import canonical_json, read_json, write_json
from peu.lab.context import SETS_FILE, LabContext
from peu.lab.findings import SectionResult, Trouble, read_result, trouble_of, write_result
from peu.lab.sections import SECTIONS, LabSection
from peu.lab.settings import LabSettings
from peu.output_folder import OutputFolder
from peu.settings import settings_to_dict
from peu.version import __version__

FORMAT = 1
SETTINGS_FILE = "lab.json"
_CONTENTS = (
    SETTINGS_FILE,
    SETS_FILE,
    "parts",
    "runs",
    "models",
    "report.html",
    "report.json",
    "report.pdf",
    "figures",
    "exercise.html",
    "marks.csv",
)

OnSection = Callable[[LabSection, SectionResult[Any]], None]


def run_lab(
    settings: LabSettings,
    folder: str | Path,
    *,
    sections: Sequence[LabSection] = SECTIONS,
    overwrite: bool = False,
    workers: int | None = 0,
    on_section: OnSection = lambda *_: None,
) -> tuple[SectionResult[Any], ...]:
    """Work through sections of the sheet, one after the other.

    The result of a section is written as soon as it ends, and its trainings before: an interrupted
    lab is resumed where it was. A section that cannot run says why, and the rest goes on; it is
    tried again the next time.

    Args:
        settings: what to work on.
        folder: of the lab; made if missing.
        sections: in the order in which they are done.
        overwrite: throw away what a lab with other settings left there.
        workers: processes that train networks side by side, one thread each; None is as many as
            cores and memory allow, where they are worth it, as the command line does. Figures do
            not depend on how many; those of 0, which trains here, may differ in their last
            digits. Anything else needs `if __name__ == "__main__":`.
        on_section: called with each section that ended.

    Returns:
        The result of each section asked for.

    Raises:
        DataError: the images that the settings name are not there.
        ResourceError: the folder holds something else, a lab on other images, or another lab is
            working in it.

    Example:
        >>> from peu import LabSettings, run_lab, write_lab  # doctest: +SKIP
        >>> run_lab(LabSettings(quick=True), "lab/")  # doctest: +SKIP
        >>> write_lab("lab/", language="fr")  # doctest: +SKIP
    """
    place = Path(folder)
    lab = LabContext(settings=settings, folder=place, workers=workers)
    # A wrong name must be refused at once, and leave nothing behind.
    task = _task(settings, lab.fingerprints())
    output = OutputFolder(
        path=place, kind="lab", marker=SETTINGS_FILE, overwrite=overwrite, contents=_CONTENTS
    )
    results: list[SectionResult[Any]] = []
    with output.claim(lambda _: read_settings(place) == task) as resumed:
        if not resumed:
            write_json(place / SETTINGS_FILE, task)
        for section in sections:
            result = read_result(place, section.key, section.findings)
            if result is None or result.failed:
                result = _run(section, lab)
                write_result(place, result)
            results.append(result)
            on_section(section, result)
    return tuple(results)


def read_settings(folder: Path) -> object:
    """Read the settings in a lab's folder; None where they cannot be read."""
    try:
        return read_json(folder / SETTINGS_FILE)
    except (OSError, ValueError):
        return None


def _task(settings: LabSettings, fingerprints: Mapping[str, str]) -> Any:
    """What a lab's findings depend on, as JSON; those on images that changed must not be mixed."""
    own = {"peu": __version__, "fingerprints": fingerprints, **settings_to_dict(settings)}
    return json.loads(canonical_json({"format": FORMAT, **own}))


def _run(section: LabSection, lab: LabContext) -> SectionResult[Any]:
    lab.section = section.key
    started = time.perf_counter()
    findings, failed = None, ""
    trouble: Trouble = ""
    try:
        findings = section.measure(lab)
    except DiskError:
        raise
    except PeuError as error:
        failed, trouble = str(error), trouble_of(error)
    return SectionResult(
        section=section.key,
        findings=findings,
        seconds=time.perf_counter() - started,
        failed=failed,
        trouble=trouble,
    )
