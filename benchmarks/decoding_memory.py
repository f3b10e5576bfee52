"""Peak memory of decoding one large image, beyond what the process has before it.

    python benchmarks/decoding_memory.py                 # 64 megapixels, every format and mode
    python benchmarks/decoding_memory.py --megapixels 16 --shorter 256

Each image is decoded in a process of its own, and memory is the system's high-water mark of
resident pages, so that what C libraries take counts. An image that is refused is listed with the
reason, and what finding that out took.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_MEASURE = """
import sys, warnings
from pathlib import Path
from peu.images.decoding import UnreadableImage, decode_image
from PIL import Image, features
import numpy, pi_heif
Image.init()
if features.check("avif"):
    from PIL import _avif
decode_image(Path(sys.argv[3]))
peak = lambda: int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
Path("/proc/self/clear_refs").write_text("5")
before = peak()
try:
    image = decode_image(Path(sys.argv[1]), shorter=int(sys.argv[2]) or None).image
    told = f"{image.width} x {image.height}"
except UnreadableImage as error:
    told = str(error)
print(f"{(peak() - before) * 1024 / 1e6:.0f}\\t{told}")
"""

Save = Callable[[Image.Image, Path], None]


def _saved(format_name: str, mode: str = "RGB", **options: Any) -> Save:
    def save(image: Image.Image, path: Path) -> None:
        image.convert(mode).save(path, format_name, **options)

    return save


def _deep(format_name: str, dtype: type, factor: float) -> Save:
    def save(image: Image.Image, path: Path) -> None:
        values: Any = (np.asarray(image.convert("L"), np.float32) * factor).astype(dtype)
        Image.fromarray(values).save(path, format_name)

    return save


def _turned(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, "JPEG", exif=exif)


KINDS: dict[str, Save] = {
    "JPEG": _saved("JPEG"),
    "JPEG turned by EXIF": _turned,
    "JPEG 4:4:4": _saved("JPEG", subsampling=0),
    "JPEG grey": _saved("JPEG", "L"),
    "JPEG CMYK": _saved("JPEG", "CMYK"),
    "JPEG progressive": _saved("JPEG", progressive=True),
    "JPEG progressive 4:4:4": _saved("JPEG", progressive=True, subsampling=0),
    "PNG": _saved("PNG", compress_level=1),
    "PNG grey": _saved("PNG", "L", compress_level=1),
    "PNG palette": _saved("PNG", "P", compress_level=1),
    "PNG alpha": _saved("PNG", "RGBA", compress_level=1),
    "PNG black and white": _saved("PNG", "1", compress_level=1),
    "PNG 16 bits": _deep("PNG", np.uint16, 257),
    "GIF": _saved("GIF", "P"),
    "BMP": _saved("BMP"),
    "PPM": _saved("PPM"),
    "TIFF": _saved("TIFF"),
    "TIFF deflate": _saved("TIFF", compression="tiff_adobe_deflate"),
    "TIFF LZW alpha": _saved("TIFF", "RGBA", compression="tiff_lzw"),
    "TIFF JPEG": _saved("TIFF", compression="jpeg"),
    "TIFF 16 bits": _deep("TIFF", np.uint16, 257),
    "TIFF float": _deep("TIFF", np.float32, 1 / 255),
    "WebP": _saved("WEBP", method=0),
    "WebP lossless alpha": _saved("WEBP", "RGBA", lossless=True, quality=0, method=0),
    "AVIF": _saved("AVIF", speed=10),
    "AVIF 4:4:4 alpha": _saved("AVIF", "RGBA", speed=10, subsampling="4:4:4"),
}


def _drawing(megapixels: float) -> Image.Image:
    side = int((megapixels * 1e6) ** 0.5)
    small = np.random.default_rng(0).integers(0, 256, (side // 16, side // 16, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BILINEAR)


def measured(path: Path, shorter: int, small: Path) -> tuple[float, str]:
    """Megabytes that decoding a file takes at its peak, and what came of it."""
    command = [sys.executable, "-c", _MEASURE, str(path), str(shorter), str(small)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return float("nan"), (done.stderr.splitlines() or ["killed"])[-1]
    megabytes, told = done.stdout.rstrip("\n").split("\t", 1)
    return float(megabytes), told


def rows(megapixels: float, shorter: int, chosen: str) -> Iterator[tuple[str, float, float, str]]:
    """Each kind of image with its file's size, what it takes, in megabytes, and what came of it."""
    image = _drawing(megapixels)
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small"
        for name, save in KINDS.items():
            if chosen.lower() not in name.lower():
                continue
            path = Path(folder) / "image"
            try:
                save(image.resize((64, 64)), small)
                save(image, path)
            except (OSError, ValueError) as error:
                yield name, float("nan"), float("nan"), f"cannot be made: {error}"
                continue
            yield name, path.stat().st_size / 1e6, *measured(path, shorter, small)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=63.9)
    parser.add_argument("--shorter", type=int, default=0, help="as of decode_image; 0 is none")
    parser.add_argument("--only", default="", help="kinds with this in their names")
    given = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = None
    print("| image | file, MB | peak, MB | |\n| --- | --- | --- | --- |")
    for name, size, megabytes, told in rows(given.megapixels, given.shorter, given.only):
        print(f"| {name} | {size:.0f} | {megabytes:.0f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
