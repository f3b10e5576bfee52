"""The lab sheet from its first section to its last; what is finished is not done again."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from peu import __version__
from peu.errors import PeuError, ResourceError
from peu.files import canonical_json, owning, read_json, write_json
from peu.lab.bench import SETS_FILE, Bench
from peu.lab.findings import Findings, read_findings, write_findings
from peu.lab.sections import SECTIONS
from peu.lab.settings import LabSettings
from peu.lab.telling import LabSection

FORMAT = 1
SETTINGS_FILE = "lab.json"
_OURS = (
    SETTINGS_FILE,
    SETS_FILE,
    "parts",
    "runs",
    "models",
    "report.html",
    "report.json",
    "figures",
)

OnSection = Callable[[LabSection, Findings], None]


def run_lab(
    settings: LabSettings,
    folder: str | Path,
    *,
    sections: Sequence[LabSection] = SECTIONS,
    overwrite: bool = False,
    on_section: OnSection = lambda *_: None,
) -> tuple[Findings, ...]:
    """Work through sections of the sheet, one after the other.

    A section is a file as soon as it ends, and its trainings are before: an interrupted lab goes
    on where it was. One that cannot run says why, and the rest goes on; it is tried again the next
    time.

    Args:
        settings: what to work on.
        folder: of the lab; made if missing.
        sections: in the order in which they are done.
        overwrite: throw away what a lab with other settings left there.
        on_section: told of each section that ended.

    Returns:
        The findings of each section asked for.

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
    bench = Bench(settings=settings, folder=place)
    # A wrong name must be said at once, and leave nothing behind.
    named = {kind: dataset.fingerprint for kind, dataset in bench.open_named().items()}
    claim_lab(place, settings, named, overwrite=overwrite)
    found = []
    with owning(place):
        for section in sections:
            findings = read_findings(place, section.key)
            if findings is None or findings.failed:
                findings = _run(section, bench.at(section.key))
                write_findings(place, findings)
            found.append(findings)
            on_section(section, findings)
    return tuple(found)


def claim_lab(
    folder: Path,
    settings: LabSettings,
    fingerprints: Mapping[str, str] | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Make a folder this lab's own, or find that it was already.

    Args:
        folder: of the lab.
        settings: what it works on.
        fingerprints: of the sets that the settings name: findings on images that have changed
            since must not be mixed with new ones.
        overwrite: throw away what another lab left there.

    Raises:
        ResourceError: it holds something else, or a lab with other settings or images.
    """
    own = {"peu": __version__, "fingerprints": dict(fingerprints or {}), **settings.to_dict()}
    wanted = json.loads(canonical_json({"format": FORMAT, **own}))
    if folder.exists() and not folder.is_dir():
        raise ResourceError(
            f"`{folder}` must be a folder. Received: a file. Choose another with --output."
        )
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    written = [name for name in names if not name.startswith(".")]
    if not written:
        write_json(folder / SETTINGS_FILE, wanted)
        return
    if SETTINGS_FILE not in written:
        raise ResourceError(
            f"`{folder}` must be empty or a lab of peu. It holds {len(written)} other things. "
            "Choose another folder with --output."
        )
    if read_settings(folder) == wanted:
        return
    if not overwrite:
        raise ResourceError(
            f"`{folder}` holds a lab with other settings or images, and nothing is overwritten "
            "unasked. Choose another folder with --output, or say --overwrite."
        )
    with owning(folder):
        for name in _OURS:
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        write_json(folder / SETTINGS_FILE, wanted)


def read_settings(folder: Path) -> object:
    """Give what a lab's folder says of its settings, or None where that cannot be read."""
    try:
        return read_json(folder / SETTINGS_FILE)
    except (OSError, ValueError):
        return None


def _run(section: LabSection, bench: Bench) -> Findings:
    started = time.perf_counter()
    try:
        facts, failed = section.measure(bench), ""
    except PeuError as error:
        facts, failed = {}, str(error)
    return Findings(
        section=section.key,
        facts=facts,
        seconds=time.perf_counter() - started,
        failed=failed,
    )
