"""Pages without their plots, which take longest: `tests/reports` looks at every one."""

import contextlib
from collections.abc import Iterator

import pytest

from peu.reports import html


@contextlib.contextmanager
def undrawn_pages() -> Iterator[None]:
    """Leave the plots out of the pages that are written meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "page_svg", lambda *_: "<svg/>")
        yield
