"""The number format is what the processor is good at, or what was asked for."""

import pytest

from peu.networks import precision
from peu.networks.precision import choose_precision


@pytest.mark.parametrize(("has", "chosen"), [(True, "mixed_bfloat16"), (False, "float32")])
def test_auto_follows_the_processor(
    monkeypatch: pytest.MonkeyPatch, has: bool, chosen: str
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: has)
    assert choose_precision("auto") == chosen
    assert choose_precision("float32") == "float32"
    assert choose_precision("mixed_bfloat16") == "mixed_bfloat16"
