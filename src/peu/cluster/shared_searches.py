"""Searches on machines of a cluster, whose journals lie where the command runs."""

import contextlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from peu.classifiers.search import Place, journals_in
from peu.classifiers.search_journal import Journal
from peu.cluster.desk import Desk
from peu.errors import DiskError

_GONE = (
    "Expected the command that started this search to keep its journal. Received no answer from "
    "it. Run it again: what was searched is kept."
)

_CLOSING_SECONDS = 5.0


class JournalKeeper:
    """Reads and writes journals for searches that run elsewhere.

    The process that opened a journal last is the one that may write to it: another one is of a
    machine that was taken for dead.

    Args:
        place: where journals are kept.
    """

    def __init__(self, place: Path) -> None:
        self._place = journals_in(place)
        self._open: dict[str, tuple[str, Journal]] = {}

    def open(self, name: str, owner: str) -> Sequence[dict[str, Any]]:
        """Give a journal to a process.

        Raises:
            DiskError: it cannot be written.
            ValueError: it is damaged.
        """
        journal = self._place(name).open()
        self._open[name] = owner, journal
        return journal.read_logs(0)

    def append(
        self, name: str, owner: str, after: int, logs: list[dict[str, Any]]
    ) -> Sequence[dict[str, Any]]:
        """Add what happened after so many entries; what is there already is not added again.

        Returns:
            The entries, as they are read back.

        Raises:
            DiskError: it cannot be written, or another process has opened it since.
        """
        held_by, journal = self._open[name]
        if held_by != owner:
            raise DiskError("Expected one process to write a search's journal. Received two.")
        if not journal.read_logs(after):
            journal.append_logs(logs)
        return journal.read_logs(after)

    def discard(self, name: str) -> None:
        """Begin a journal anew."""
        self._place(name).discard()


@contextlib.contextmanager
def keeping_searches(ray: Any, folder: Path | None, here: Any) -> Iterator[Any]:
    """Keep the journals of searches that machines make while the body runs.

    Args:
        ray: the package, connected.
        folder: of the journals, on this machine; None keeps none.
        here: scheduling strategy of the desk.

    Yields:
        What `searches_at` takes on the machines.
    """
    if folder is None:
        yield None
        return
    desk = (
        ray.remote(Desk)
        .options(
            num_cpus=0,
            scheduling_strategy=here,
            max_restarts=-1,
            max_task_retries=-1,
        )
        .remote()
    )
    thread = threading.Thread(
        target=_serve, args=(ray, desk, JournalKeeper(folder)), name="peu-searches", daemon=True
    )
    thread.start()
    try:
        yield desk
    finally:
        # Where Ray goes while the thread waits for it, Ray breaks the thread off noisily.
        with contextlib.suppress(ray.exceptions.RayError, ConnectionError):
            ray.get(desk.close.remote(), timeout=_CLOSING_SECONDS)
            thread.join(_CLOSING_SECONDS)
        ray.kill(desk)


def _serve(ray: Any, desk: Any, keeper: JournalKeeper) -> None:
    """Answer questions until the desk has closed or gone."""
    while True:
        try:
            asked = ray.get(desk.fetch.remote())
        except (ray.exceptions.RayError, ConnectionError):
            return
        if asked is None:
            return
        key, (what, *arguments) = asked
        answer: Any
        try:
            answer = getattr(keeper, what)(*arguments)
        except Exception as error:  # noqa: BLE001 - raised where the question was asked
            answer = error
        with contextlib.suppress(ray.exceptions.RayError, ConnectionError):
            desk.answer.remote(key, answer)


def searches_at(desk: Any) -> Place | None:
    """Where a machine of the cluster keeps its searches.

    Args:
        desk: of `keeping_searches`.
    """
    return None if desk is None else lambda name: _KeptElsewhere(desk, name)


class _KeptElsewhere:
    """A `KeptJournal` of a machine of the cluster."""

    def __init__(self, desk: Any, name: str) -> None:
        self._desk = desk
        self._name = name

    def open(self) -> "_RemoteJournal":
        return _RemoteJournal(self._desk, self._name)

    def discard(self) -> None:
        _ask(self._desk, "discard", self._name)


class _RemoteJournal:
    """A `Journal` whose lines are written elsewhere, and are known here."""

    def __init__(self, desk: Any, name: str) -> None:
        self._desk = desk
        self._name = name
        self._owner = uuid.uuid4().hex
        self._logs = list(_ask(desk, "open", name, self._owner))

    def read_logs(self, log_number_from: int) -> Sequence[dict[str, Any]]:
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._logs += _ask(self._desk, "append", self._name, self._owner, len(self._logs), logs)


def _ask(desk: Any, *question: Any) -> Any:
    import ray

    try:
        answer = ray.get(desk.ask.remote(uuid.uuid4().hex, question))
    except ray.exceptions.RayError as error:
        raise DiskError(_GONE) from error
    if isinstance(answer, Exception):
        raise answer
    return answer
