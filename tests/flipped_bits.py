"""Files of every kind that peu writes, and what is read from them when one bit is another."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from optuna.distributions import FloatDistribution
from pydantic.dataclasses import dataclass as pydantic_dataclass
from sklearn.base import clone

import peu
from peu.cache_folder import cache_folder
from peu.checks.findings import Finding, ImageCheck
from peu.checks.measurements import measure
from peu.checks.quarantine import LOG, move_to_quarantine, undo_quarantine
from peu.classifiers.search import AfterEpoch, Judgement, run_search
from peu.classifiers.search_journal import JournalFile
from peu.classifiers.search_record import Values
from peu.cli.config import write_config
from peu.cli.run_folder import is_same_run, run_config
from peu.comparison.compare import compare
from peu.comparison.run_list import list_runs
from peu.comparison.trial import read_trial_file, trial_to_dict
from peu.errors import PeuError
from peu.images.dataset import ImageDataset
from peu.lab.findings import SectionResult, read_result, write_result
from peu.reports.comparison_report import stored_report, write_report
from small_set import PLAIN

Verdict = Literal["noticed", "harmless", "WRONG"]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: of the kind.
        files: some of these.
        read: what peu takes from them; None where it found them damaged.
    """

    name: str
    files: tuple[Path, ...]
    read: Callable[[], Any]


@pydantic_dataclass(frozen=True)
class _Findings:
    accuracy: float
    names: tuple[str, ...]


def kinds_of_files(images: ImageDataset, folder: Path) -> Iterator[Kind]:
    """Write files of every kind into a folder.

    Args:
        images: with labels, in a folder.
        folder: that is empty; the cache lies elsewhere.
    """
    yield _model(images, folder / "model")
    run = folder / "runs" / "one"
    config = run_config("photos", images.fingerprint, 2, 1, 0, [PLAIN])
    write_config(run, config)
    found = compare(images, [PLAIN], folds=2, repeats=1, run_folder=run)
    write_report(found, run)
    trials = tuple(sorted((run / "trials").glob("*.json")))
    yield Kind("trials", trials, lambda: _trials(trials))
    report = (run / "report.json",)
    yield Kind("reports, as lists of runs", report, lambda: _runs(run.parent))
    yield Kind("reports, as results", report, lambda: stored_report(found, run))
    settings = run / "config.toml"
    yield Kind("settings of runs", (settings,), lambda: is_same_run(settings, config) or None)
    yield _arrays(images)
    yield _findings(folder / "lab")
    yield _journal(folder / "searches")
    yield _quarantine(images, folder)


def flip(kind: Kind, count: int, seed: int) -> "Counter[Verdict]":
    """Flip single bits in files of a kind, each where all others are as they were written.

    Args:
        kind: of the files.
        count: how many bits.
        seed: of the choice; each file is as likely as any other.
    """
    expected = kind.read()
    assert expected is not None
    chosen = random.Random(seed)
    found: Counter[Verdict] = Counter()
    for _ in range(count):
        path = chosen.choice(kind.files)
        with flipped(path, chosen.randrange(8 * path.stat().st_size)):
            try:
                value = kind.read()
            except PeuError:
                value = None
        verdict: Verdict = "noticed" if value is None else "WRONG"
        found["harmless" if value == expected else verdict] += 1
    return found


@contextmanager
def flipped(path: Path, bit: int) -> Iterator[None]:
    """Let one bit of a file be another; afterwards the file is as it was."""
    content = path.read_bytes()
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    try:
        yield
    finally:
        path.write_bytes(content)


def _model(images: ImageDataset, folder: Path) -> Kind:
    clone(PLAIN).fit(images).save(folder)
    few = [images.paths[at] for at in (0, len(images) - 1)]

    def answers() -> Any:
        return [asdict(each) for each in peu.load(folder).predict(few)]

    return Kind("models", tuple(p for p in folder.rglob("*") if p.is_file()), answers)


def _trials(paths: tuple[Path, ...]) -> Any:
    trials = [read_trial_file(each) for each in paths]
    # A damaged one is run again.
    return None if None in trials else [trial_to_dict(each) for each in trials if each]


def _runs(folder: Path) -> Any:
    runs = list_runs(folder)
    return None if not runs or runs[0].trouble else runs


def _arrays(images: ImageDataset) -> Kind:
    images.pixels((16, 16), "pad")
    files = tuple((cache_folder() / "arrays").glob("*.sqlite"))

    def arrays() -> Any:
        # What is not found is computed again, so that the same is read in the end.
        kept = {path: path.read_bytes() for path in files}
        found = peu.load_images(images.root)
        pixels = found.pixels((16, 16), "pad")
        for path, content in kept.items():
            path.write_bytes(content)
        return found.fingerprint, [asdict(each) for each in found.metadata], pixels.tobytes()

    return Kind("caches of arrays", files, arrays)


def _findings(folder: Path) -> Kind:
    result = SectionResult[_Findings](
        section="1.1", findings=_Findings(0.1 + 0.2, ("é", "b")), seconds=1.5
    )
    write_result(folder, result)
    files = tuple(p for p in folder.rglob("*") if p.is_file())
    return Kind("findings of a lab", files, lambda: read_result(folder, "1.1", _Findings))


def _journal(folder: Path) -> Kind:
    folder.mkdir()
    file = folder / "one.log"

    def judge(values: Values, after_epoch: AfterEpoch) -> Judgement:
        after_epoch(1, values["rate"])
        return Judgement(values["rate"], 0.1, 0.5)

    def search() -> Any:
        rate = {"rate": FloatDistribution(0.001, 1.0, log=True)}
        trials, _, _ = run_search(
            rate,
            judge,
            start={"rate": 0.1},
            trials=4,
            time_limit=None,
            seed=0,
            journal=JournalFile(file),
        )
        return [(each.settings, each.log_loss, each.intermediate) for each in trials]

    search()
    return Kind("journals of searches", (file,), search)


def _quarantine(images: ImageDataset, folder: Path) -> Kind:
    photos, away = folder / "photos", folder / "away"
    shutil.copytree(images.root, photos)
    copied = peu.load_images(photos)
    finding = Finding("blank", "note", "Some are blank.", offending=copied.keys[:3])
    move_to_quarantine(ImageCheck(copied, (finding,), copied.groups, measure(copied)), away)

    def moved_back() -> Any:
        log = (away / LOG).read_bytes()
        before = {path: path.read_bytes() for path in away.rglob("*") if path.is_file()}
        names = undo_quarantine(away)
        for path, content in before.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            (photos / path.relative_to(away)).unlink(missing_ok=True)
        assert (away / LOG).read_bytes() == log
        return names

    return Kind("quarantine logs", (away / LOG,), moved_back)
