"""The log of what was done to a workspace's images, from which everything can be undone."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from peu.files import cannot_write, read_text

What = Literal["add", "move", "remove", "new_class", "rename_class", "remove_class"]
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Action:
    """Something that was done to the images.

    Attributes:
        what: of which kind.
        moves: (from, to) of each file or folder, relative to the workspace, with forward slashes;
            from "" for what came from outside.
        made: folders that were made for it, in that order.
        batch: actions of one batch that follow each other are undone together.
        name: the class that it is about.
    """

    what: What
    moves: tuple[tuple[str, str], ...] = ()
    made: tuple[str, ...] = ()
    batch: str = ""
    name: str = ""


class History:
    """A file of actions, one a line, the latest last; nobody else writes to it meanwhile.

    Args:
        file: the log; it need not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._actions = self._read()

    def append(self, action: Action) -> None:
        """Write an action down, before it is done: a killed program can then undo it.

        Raises:
            ResourceError: the disk is full or cannot be written.
        """
        line = json.dumps(vars(action), ensure_ascii=False, sort_keys=True) + "\n"
        try:
            with self._file.open("ab") as stream:
                start = stream.tell()
                try:
                    stream.write(line.encode("utf-8"))
                    stream.flush()
                except OSError:
                    # Half a line would hide the action that is written after it.
                    with contextlib.suppress(OSError):
                        os.truncate(self._file, start)
                    raise
        except OSError as error:
            raise cannot_write(self._file, error) from error
        self._actions.append((start, action))

    def last(self) -> tuple[Action, ...]:
        """The actions that the next undo takes back, the latest first; empty where there are none.

        They are one action, or all of its batch.
        """
        return tuple(action for _, action in self._last())

    def forget_last(self) -> None:
        """Take out of the log what `last` gives.

        Raises:
            ResourceError: the log cannot be written.
        """
        found = self._last()
        if not found:
            return
        try:
            os.truncate(self._file, found[-1][0])
        except OSError as error:
            raise cannot_write(self._file, error) from error
        del self._actions[-len(found) :]

    def _last(self) -> list[tuple[int, Action]]:
        """The last actions with where their lines begin, the latest first."""
        found: list[tuple[int, Action]] = []
        for start, action in reversed(self._actions):
            if found and not (action.batch and action.batch == found[0][1].batch):
                break
            found.append((start, action))
        return found

    def _read(self) -> list[tuple[int, Action]]:
        try:
            text = read_text(self._file, most_bytes=_MOST_BYTES)
        except (OSError, ValueError):
            return []
        actions: list[tuple[int, Action]] = []
        at = 0
        for line in text.splitlines(keepends=True):
            # What was cut off by a crash, or changed by hand, is no action.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                actions.append((at, _action(json.loads(line))))
            at += len(line.encode("utf-8"))
        return actions


def _action(value: dict[str, object]) -> Action:
    moves, made = value["moves"], value["made"]
    if not isinstance(moves, list) or not isinstance(made, list):
        raise TypeError
    paths = [str(path) for move in moves for path in move] + [str(each) for each in made]
    if any(
        PurePosixPath(each).is_absolute() or ".." in PurePosixPath(each).parts for each in paths
    ):
        raise ValueError
    return Action(
        what=value["what"],  # type: ignore[arg-type]
        moves=tuple((str(source), str(target)) for source, target in moves),
        made=tuple(str(each) for each in made),
        batch=str(value["batch"]),
        name=str(value["name"]),
    )
