"""How long work tells whoever watches how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Receive the state of a piece of work; the command line draws it, a library is silent."""

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Take one step.

        Args:
            stage: what is being done, in a few words; a new text starts a new bar.
            done: steps finished, from 0 to `total`.
            total: steps in all.
        """


def silent(stage: str, done: int, total: int) -> None:
    """Show nothing: the default wherever a `Progress` is taken."""
