"""What a JPEG's bytes say before they are decoded."""

from peu.images.colours import UnreadableImage

MOST_SCANS = 100
"""Scans of a progressive JPEG; encoders write about ten."""

_START_OF_SCAN = b"\xff\xda"
# Every block of 8 x 8 pixels takes a bit or more of Huffman code in its first scan, which is 512
# pixels a byte; arithmetic coding takes less, so that this is generous.
_MOST_PIXELS_A_BYTE = 2048


def check_jpeg(content: bytes, size: tuple[int, int]) -> None:
    """Refuse a JPEG that would take minutes, or that lacks most of its pixels.

    A decoder goes over the whole image once a scan, so that a small file can keep it busy for
    as long as its writer likes; and it fills what is missing with grey, without a word.

    Args:
        content: the whole file.
        size: (width, height) that its header declares, in pixels.

    Raises:
        UnreadableImage: it has more than `MOST_SCANS` scans, or too few bytes for its size.
    """
    # In the image's own code a byte 255 is followed by 0 or a restart marker, never by this.
    scans = content.count(_START_OF_SCAN)
    if scans > MOST_SCANS:
        raise UnreadableImage(f"it has {scans:,} scans: at most {MOST_SCANS} are read")
    width, height = size
    if width * height > len(content) * _MOST_PIXELS_A_BYTE:
        raise UnreadableImage(
            f"it says that it is {width} x {height} pixels, but its {len(content):,} bytes cannot "
            "hold them: it is cut short"
        )
