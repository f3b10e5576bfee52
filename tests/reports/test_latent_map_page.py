"""The page of the map: escaped, whole, and with every dot's image in it."""

import base64
import io
import json
import re

import numpy as np
from PIL import Image

from peu.comparison.latent import LatentPoints
from peu.reports.class_colours import class_colours
from peu.reports.latent_map_page import latent_map_page

HOSTILE = "</script><script>alert(1)</script>"


def _points(count: int = 5, channels: int = 1, *, labelled: bool = True) -> LatentPoints:
    return LatentPoints(
        codes=np.linspace(-4, 4, 2 * count).reshape(count, 2),
        axes=(0, 2),
        latent_dim=3,
        pixels=np.full((count, 10, 20, channels), 200, np.uint8),
        names=(HOSTILE, *(f"image {at}" for at in range(1, count))),
        labels=np.arange(count) % 2 if labelled else None,
        class_names=("a<b", "c&d") if labelled else (),
    )


def _data(page: str) -> dict[str, object]:
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def test_names_cannot_break_out_of_the_page() -> None:
    page = latent_map_page(_points(), HOSTILE)
    assert "alert(1)</script>" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert _data(page)["names"][0] == HOSTILE  # type: ignore[index]
    assert "a&lt;b" in page


def test_it_needs_no_other_file() -> None:
    page = latent_map_page(_points(), "set")
    assert "default-src 'none'" in page
    addresses = set(re.findall(r"https?://[^\"'\s]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "dimension 1" in page
    assert "dimension 3" in page


def test_every_dot_has_its_image_on_the_sheet() -> None:
    for channels, kind in ((1, "png"), (3, "jpeg")):
        page = latent_map_page(_points(7, channels), "set")
        found = re.search(rf'"data:image/{kind};base64,([^"]+)"', page)
        assert found is not None
        sheet = Image.open(io.BytesIO(base64.b64decode(found[1])))
        data = _data(page)
        side, columns = int(str(data["side"])), int(str(data["columns"]))
        assert columns**2 >= 7
        assert sheet.size == (columns * side, columns * side)
        for at in range(7):
            corner = (at % columns * side + 4, at // columns * side + 4)
            value = sheet.convert("L").getpixel(corner)
            assert isinstance(value, (int, float))
            assert abs(value - 200) < 12


def test_without_labels_all_dots_are_alike() -> None:
    page = latent_map_page(_points(labelled=False), "set")
    assert _data(page)["labels"] == [0] * 5
    assert "all images (5)" in page


def test_colours_differ() -> None:
    for count in (1, 10, 40):
        assert len(set(class_colours(count))) == count
