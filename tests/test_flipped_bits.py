"""A bit that flips in a file that peu wrote is noticed, or changes nothing."""

import pytest

from flipped_bits import Kind, flip, kinds_of_files
from peu.images.loading import load_images
from small_set import drawn_images

KINDS = (
    "models",
    "trials",
    "reports, as lists of runs",
    "reports, as results",
    "settings of runs",
    "caches of arrays",
    "findings of a lab",
    "journals of searches",
    "quarantine logs",
)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kind]:
    images = load_images(drawn_images(tmp_path_factory))
    folder = tmp_path_factory.mktemp("flipped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(folder / "cache"))
        # The lists and results lie beside the page.
        patch.setattr("peu.reports.html.page_svg", lambda *_: "<svg/>")
        return {each.name: each for each in kinds_of_files(images, folder)}


@pytest.mark.parametrize("name", KINDS)
def test_a_flipped_bit_is_noticed_or_harmless(
    kinds: dict[str, Kind], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEU_CACHE", str(kinds["caches of arrays"].files[0].parent.parent))
    assert set(kinds) == set(KINDS)
    found = flip(kinds[name], 8, seed=0)
    assert found["WRONG"] == 0
    assert found["noticed"] + found["harmless"] == 8
