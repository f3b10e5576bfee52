"""A small sample of the hunt, what it found before, and that it notices what it looks for."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzz import hunt
from fuzz.kinds import IMAGES, KINDS, decoded
from fuzz.mutators import changed_json, damaged
from fuzz.outcomes import ACCEPTED, FailedTry, refused
from peu.errors import PeuError

FINDINGS = sorted((Path(__file__).parent / "findings").glob("*.bin"))
_TRIES = {"images": 150, "caches": 5, "models": 25, "trials": 25}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_the_hunt_ends_well(kind: str) -> None:
    for number in range(_TRIES.get(kind, 15)):
        end, _, _, complaint = hunt.attempt(kind, 0, number, None)
        assert end != "failed", f"{kind} {number}: {complaint}"


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_three_thousand_tries_end_well(tmp_path: Path) -> None:
    # In a process of its own: tries are in forked ones, and TensorFlow stands no fork.
    told = subprocess.run(
        [sys.executable, "-m", "fuzz.hunt", "--tries", "350", "--keep", tmp_path],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    tries = told.stdout.splitlines()[-1].split("|")[2]
    assert int(tries.replace(",", "")) >= 3000


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_before_is_mended(path: Path) -> None:
    started = time.process_time()
    decoded(path.read_bytes())
    assert time.process_time() - started < 10


def test_every_sound_image_is_accepted() -> None:
    for name, content in IMAGES.items():
        assert decoded(content) == ACCEPTED, name


def test_the_same_seed_does_the_same_damage() -> None:
    content = IMAGES["PNG"]
    again = [damaged(random.Random(7), content, [content]) for _ in range(2)]
    assert again[0] == again[1] != content
    value = {"a": [1, 2, {"b": "c"}]}
    changed = [changed_json(random.Random(seed), value) for seed in range(20)]
    assert sum(each != value for each in changed) > 15


def _fault(kind: str) -> None:
    if kind == "crash":
        os._exit(9)
    if kind == "hang":
        time.sleep(60)
    if kind == "exit 1":
        refused(PeuError("of its own"))
    if kind == "error":
        raise KeyError("none of peu's")
    if kind == "memory":
        _ = bytearray(os.urandom(1)) * (200 << 20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.parametrize("kind", ["crash", "hang", "exit 1", "error", "memory"])
def test_every_fault_is_noticed_and_the_hunt_goes_on(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def attacked(generator: random.Random, folder: Path) -> str:
        (folder / "input.bin").write_bytes(b"x")
        if generator.random() < 0.5:
            _fault(kind)
        return ACCEPTED

    monkeypatch.setitem(KINDS, "test", attacked)
    monkeypatch.setitem(hunt.MOST_BYTES, "test", 100 << 20)
    tally = hunt.Tally()
    hunt.batch("test", 1, range(3), tally, tmp_path, seconds=1.0)
    bad = sum(random.Random(f"1/test/{number}").random() < 0.5 for number in range(3))
    assert 0 < bad < 3
    assert tally.tries == 3
    assert tally.ends["failed"] == bad
    assert f"| test | 3 | {3 - bad} | 0 | {bad} |" in hunt.table({"test": tally})


def test_an_error_in_two_lines_is_a_failure() -> None:
    with pytest.raises(FailedTry):
        refused(PeuError("one\ntwo"))
