"""How an image set shows itself in a Python session and in a notebook."""

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np

from peu.errors import DataError
from peu.wording import first_few, one_line

if TYPE_CHECKING:
    from peu.images.dataset import ImageDataset

_THUMBNAILS = 6
_SIDE = 64


def describe_in_a_line(images: "ImageDataset") -> str:
    """The text of `repr`: name, number of images, a few classes, files set aside."""
    classes = [f"{one_line(name)[:40]}: {count}" for name, count in class_counts(images).items()]
    listed = f" in {len(classes)} classes ({first_few(classes)})" if classes else ""
    left = f", {len(images.set_aside)} set aside" if images.set_aside else ""
    return f"<ImageDataset {one_line(images.name)[:40]!r}: {len(images)} images{listed}{left}>"


def describe_in_html(images: "ImageDataset") -> str:
    """A table of class counts under a few small thumbnails, one of each class."""
    rows = "".join(
        f"<tr><td>{html.escape(one_line(name))}</td><td>{count}</td></tr>"
        for name, count in class_counts(images).items()
    )
    left = f", {len(images.set_aside)} set aside" if images.set_aside else ""
    return (
        f"<div><b>{html.escape(one_line(images.name))}</b>: {len(images)} images{left}"
        f"<div>{''.join(_thumbnails(images))}</div><table>{rows}</table></div>"
    )


def class_counts(images: "ImageDataset") -> dict[str, int]:
    """The number of images of each class; empty where there are no labels."""
    if images.labels is None:
        return {}
    counts = np.bincount(images.labels, minlength=len(images.class_names))
    return dict(zip(images.class_names, counts.tolist(), strict=True))


def _thumbnails(images: "ImageDataset") -> list[str]:
    labels = np.arange(len(images)) if images.labels is None else images.labels
    first = np.sort(np.unique(labels, return_index=True)[1])[:_THUMBNAILS].tolist()
    found = []
    for at in first:
        try:
            image = images.read(at)
        except DataError:  # the file has changed: a display is no place to say so
            continue
        image.thumbnail((_SIDE, _SIDE))
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=80)
        data = base64.b64encode(stream.getvalue()).decode()
        title = html.escape(one_line(images.keys[at]), quote=True)
        found.append(f'<img src="data:image/jpeg;base64,{data}" title="{title}" alt="{title}">')
    return found
