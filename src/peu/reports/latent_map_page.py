"""The latent plane as one page: a dot for each image, shown when hovered over."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.comparison.latent import LatentPoints
from peu.reports.class_colours import class_colours
from peu.reports.html import page_environment, readable
from peu.reports.mosaics import to_pixels
from peu.reports.thumbnails import jpeg_uri, png_uri

_LONGEST_SIDE = 40
_SIZE = 720
_MARGIN = 40


def latent_map_page(points: LatentPoints, title: str) -> str:
    """The whole page; it needs no network and no other file.

    Every name is escaped, whatever a file or a class is called. The images are tiles of
    one image inside the page.

    Args:
        points: images and their positions.
        title: name of the set.
    """
    low, high = _range(points.codes)
    places = _MARGIN + (points.codes - low) / (high - low) * (_SIZE - 2 * _MARGIN)
    sheet, side, columns = _sheet(points.pixels)
    labels = [0] * len(points.names) if points.labels is None else points.labels.tolist()
    data = {
        "x": np.round(places[:, 0], 1).tolist(),
        "y": np.round(_SIZE - places[:, 1], 1).tolist(),
        "codes": np.round(points.codes, 2).tolist(),
        "names": [readable(name) for name in points.names],
        "labels": labels,
        "classes": [readable(name) for name in points.class_names],
        "side": side,
        "columns": columns,
    }
    ticks = [
        (round(float(_MARGIN + (tick - low) / (high - low) * (_SIZE - 2 * _MARGIN)), 1), tick)
        for tick in range(math.ceil(low), math.floor(high) + 1)
    ]
    names = points.class_names or ("all images",)
    present = np.bincount(labels, minlength=len(names)).tolist()
    legend = [
        {"name": name, "colour": colour, "count": count, "index": index}
        for index, (name, colour, count) in enumerate(
            zip(names, class_colours(len(names)), present, strict=True)
        )
        if count
    ]
    template = page_environment().get_template("latent_map.html.j2")
    page: str = template.render(
        title=f"The map of {title}",
        data=data,
        colours=class_colours(len(names)),
        legend=legend,
        ticks=ticks,
        size=_SIZE,
        margin=_MARGIN,
        axes=[axis + 1 for axis in points.axes],
        count=len(points.names),
        sheet=sheet,
    )
    return page


def _range(codes: NDArray[np.float64]) -> tuple[float, float]:
    """One range for both axes, so that both have the same scale."""
    reach = float(np.abs(codes).max()) if len(codes) else 0.0
    reach = max(3.0, min(reach, 1e6)) * 1.02
    return -reach, reach


def _sheet(pixels: NDArray[np.uint8]) -> tuple[str, int, int]:
    """All images as tiles of one: its data URI, the side of a tile, tiles in a row."""
    columns = max(1, math.ceil(math.sqrt(len(pixels))))
    height, width = pixels.shape[1:3]
    side = min(_LONGEST_SIDE, max(height, width))
    colour = pixels.shape[-1] == 3
    sheet = Image.new("RGB" if colour else "L", (columns * side, columns * side))
    for at, image in enumerate(to_pixels(pixels)):
        small = Image.fromarray(image if colour else image[..., 0])
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (at % columns * side, at // columns * side))
    return (jpeg_uri if colour else png_uri)(sheet), side, columns
