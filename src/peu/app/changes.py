"""Changes of a workspace's files: written down, done, and taken back."""

import contextlib
import itertools
import os
from collections.abc import Collection
from pathlib import Path

from peu.app.history import Action, History
from peu.files import cannot_write

REMOVED = "removed"


class Changes:
    """Does what an action says by renaming alone, and undoes it: no content is ever lost.

    Args:
        root: of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._history = History(root / "history.jsonl")

    def note(self, action: Action) -> None:
        """Write down what somebody else is about to do.

        Raises:
            ResourceError: the disk is full or cannot be written.
        """
        self._history.append(action)

    def do(self, action: Action) -> None:
        """Write an action down, and do it.

        Raises:
            ResourceError: the disk is full or cannot be written.
        """
        self._history.append(action)
        for folder in action.made:
            try:
                (self._root / folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(self._root / folder, error) from error
        for source, target in action.moves:
            self._rename(source, target)

    def last(self) -> Action | None:
        """What `undo` takes back, with all moves of its batch; None where there is nothing."""
        found = self._history.last()
        if not found:
            return None
        moves = tuple(move for one in reversed(found) for move in one.moves)
        return Action(found[0].what, moves, batch=found[0].batch, name=found[0].name)

    def undo(self) -> Action | None:
        """Take back the last action, or all of its batch, and forget it.

        Raises:
            ResourceError: a file cannot be moved back.
        """
        action = self.last()
        for one in self._history.last():
            for source, target in reversed(one.moves):
                place = source or self.free_place(target, ())
                # What is not there was not done before the program was killed.
                if self._is_there(target) and not self._is_there(place):
                    self._rename(target, place)
            for folder in reversed(one.made):
                with contextlib.suppress(OSError):  # somebody put something into it
                    (self._root / folder).rmdir()
        self._history.forget_last()
        return action

    def free_place(self, source: str, taken: Collection[str]) -> str:
        """A free place in `removed/` for a file or folder that is taken away.

        Args:
            source: relative to the workspace.
            taken: places that others are about to take.
        """
        path = Path(source)
        for number in itertools.count(1):
            more = "" if number == 1 else f"-{number}"
            target = f"{REMOVED}/{path.parent.name}/{path.stem}{more}{path.suffix}"
            if target not in taken and not self._is_there(target):
                break
        return target

    def _is_there(self, place: str) -> bool:
        return os.path.lexists(self._root / place)

    def _rename(self, source: str, target: str) -> None:
        end = self._root / target
        try:
            end.parent.mkdir(parents=True, exist_ok=True)
            (self._root / source).rename(end)
        except OSError as error:
            raise cannot_write(end, error) from error
