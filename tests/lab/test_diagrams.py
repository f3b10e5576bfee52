"""Networks are drawn as stages: in a row on pages, one below the other on phones."""

import pytest

from peu.lab.diagrams import Stage, stages
from peu.lab.language import Language
from peu.reports.figure import to_svg

ROW = (
    Stage("image", "28 × 28 × 1"),
    Stage("encodeur", "34 740", network=True),
    Stage("sortie", "28 × 28 × 1", term="MSE"),
)


@pytest.mark.parametrize("narrow", [False, True])
def test_every_stage_and_term_is_drawn_and_told(narrow: bool) -> None:
    found = stages(Language("fr"), ROW, "Le réseau.", value="Forme")
    drawn = to_svg(found, narrow=narrow)
    for stage in ROW:
        assert f">{stage.name}<" in drawn
        assert f"{stage.name} ({stage.value})" in found.alternative
    assert ">MSE<" in drawn
    assert found.table.rows == tuple((stage.name, stage.value) for stage in ROW)
