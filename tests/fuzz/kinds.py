"""What is attacked: for each kind of input sound examples, damage to them, and who reads it."""

import contextlib
import csv
import io
import json
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from broken_images import drawing, encoded, heic
from fuzz.mutators import changed_json, damaged, strange_value, with_png_checksums
from fuzz.outcomes import ACCEPTED, FailedTry, commanded, refused
from fuzz.saved_models import Models
from peu.comparison.trial import read_trial_file
from peu.errors import DataError, PeuError
from peu.files import with_checksum
from peu.images.decoding import decode_image
from peu.images.loading import load_images

Try = Callable[[random.Random, Path], str]


def _sound_images() -> dict[str, bytes]:
    photo = Image.fromarray(drawing(48, 36))
    frames = [Image.fromarray(drawing(48, 36, seed)) for seed in (1, 2)]
    grey16 = Image.fromarray((np.asarray(photo.convert("L")).astype(np.uint16)) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    tiff = {"TIFF " + name: {"compression": name} for name in ("tiff_lzw", "packbits", "jpeg")}
    return {
        "JPEG": encoded(photo, "JPEG", exif=exif),
        "JPEG progressive": encoded(photo, "JPEG", progressive=True),
        "JPEG CMYK": encoded(photo.convert("CMYK"), "JPEG"),
        "MPO": encoded(photo, "MPO", save_all=True, append_images=frames),
        "PNG": encoded(photo, "PNG"),
        "PNG palette": encoded(photo.convert("P"), "PNG", transparency=3),
        "PNG alpha": encoded(photo.convert("RGBA"), "PNG", exif=exif),
        "PNG 16 bits": encoded(grey16, "PNG"),
        "PNG animated": encoded(photo, "PNG", save_all=True, append_images=frames),
        "GIF animated": encoded(photo, "GIF", save_all=True, append_images=frames),
        "BMP": encoded(photo, "BMP"),
        "PPM": encoded(photo, "PPM"),
        "WEBP": encoded(photo, "WEBP", exif=exif),
        "WEBP animated": encoded(photo, "WEBP", save_all=True, append_images=frames),
        "WEBP lossless": encoded(photo.convert("RGBA"), "WEBP", lossless=True),
        "TIFF": encoded(photo, "TIFF"),
        "TIFF pages": encoded(grey16, "TIFF", save_all=True, append_images=[grey16]),
        **{name: encoded(photo, "TIFF", **options) for name, options in tiff.items()},
        "AVIF": encoded(photo, "AVIF", speed=10),
        "HEIC": heic(),
    }


IMAGES = _sound_images()
_ALL = list(IMAGES.values())


def image(generator: random.Random, folder: Path) -> str:
    """A damaged image file, decoded whole or reduced."""
    name = generator.choice(list(IMAGES))
    content = damaged(generator, IMAGES[name], _ALL)
    if name.startswith("PNG") and generator.random() < 0.8:
        content = with_png_checksums(content)
    (folder / "input.bin").write_bytes(content)
    return decoded(content, generator.choice((None, 8, 224)))


def decoded(content: bytes, shorter: int | None = None) -> str:
    """What becomes of an image file's content."""
    try:
        found = decode_image(content, shorter=shorter)
    except DataError as error:
        return refused(error)
    if found.image.mode != "RGB" or min(found.image.size) < 1 or len(found.image.tobytes()) < 1:
        raise FailedTry(f"an image of mode {found.image.mode} and size {found.image.size}")
    return ACCEPTED


def _loaded(path: Path, *, labels_required: bool = True) -> str:
    try:
        images = load_images(path, labels_required=labels_required)
    except PeuError as error:
        return refused(error)
    images.pixels((16, 16), "pad")
    return ACCEPTED


def archive(generator: random.Random, folder: Path) -> str:
    """A zip of class folders with strange names and members, or damaged bytes."""
    buffer = io.BytesIO()
    names = [f"{label}/{n}.png" for label in ("cat", "dog") for n in range(2)]
    with zipfile.ZipFile(buffer, "w", generator.choice((0, 8, 12, 14))) as file:
        for name in names:
            content = generator.choice(_ALL) if generator.random() < 0.5 else IMAGES["PNG"]
            if generator.random() < 0.15:
                name = generator.choice(_NAMES)  # noqa: PLW2901
            file.writestr(zipfile.ZipInfo(name), content)
    content = buffer.getvalue()
    if generator.random() < 0.8:
        content = damaged(generator, content, _ALL)
    path = folder / "input.zip"
    path.write_bytes(content)
    return _loaded(path, labels_required=generator.random() < 0.5)


_NAMES = ("../x.png", "/x.png", "c:\\x.png", "cat/\0.png", "cat", "", "cat/" + "x" * 300 + ".png")


def table(generator: random.Random, folder: Path) -> str:
    """A CSV of images and labels, changed as text and as bytes."""
    rows = [["image", "label"], ["a.png", "cat"], ["b.png", "dog"], ["c.jpg", "cat"]]
    for name in ("a.png", "b.png", "c.jpg"):
        (folder / name).write_bytes(IMAGES["PNG"])
    for _ in range(generator.randint(0, 3)):
        row = generator.choice(rows)
        row[generator.randrange(len(row))] = str(strange_value(generator))
    text = io.StringIO()
    csv.writer(text, delimiter=generator.choice(",;\t")).writerows(rows)
    content = text.getvalue().encode("utf-8", "surrogatepass")
    if generator.random() < 0.6:
        content = damaged(generator, content, [b'"', b"\r\n", b"\xff\xfe", b"\0", content])
    path = folder / "input.csv"
    path.write_bytes(content)
    return _loaded(path, labels_required=generator.random() < 0.5)


def arrays(generator: random.Random, folder: Path) -> str:
    """An npz of images: other shapes and types, or damaged bytes."""
    drawn = np.random.default_rng(generator.randrange(1 << 30))
    shape = [generator.choice((0, 1, 3, 6, 9, 16)) for _ in range(generator.randint(1, 5))]
    if generator.random() < 0.6:
        shape = [6, 16, 16]
    dtype = generator.choice(("u1", "i8", "f4", "f8", "?", "U3", "M8[s]", "c8", "i2"))
    x = (drawn.random(shape) * generator.choice((1, 255, 1e9, -3))).astype(dtype)
    labels: Any = np.array(["a", "b"] * 3) if generator.random() < 0.5 else np.arange(6) % 2
    if generator.random() < 0.3 and labels.dtype.kind != "U":
        labels = labels.astype(generator.choice(("f4", "S3", "U3", "?", "i1")))[: shape[0]]
    buffer = io.BytesIO()
    names = generator.choice((("x", "y"), ("x_train", "y_train"), ("x", "z")))
    np.savez_compressed(buffer, **dict(zip(names, (x, labels), strict=True)))
    content = buffer.getvalue()
    if generator.random() < 0.5:
        content = damaged(generator, content, [content])
    path = folder / "input.npz"
    path.write_bytes(content)
    return _loaded(path, labels_required=generator.random() < 0.5)


def configuration(generator: random.Random, folder: Path) -> str:
    """A settings file of `peu compare`, of which the images are then missing."""
    text = generator.choice(_CONFIGS)
    for _ in range(generator.randint(0, 2)):
        word = generator.choice(text.split())
        value = json.dumps(strange_value(generator))[:6000]
        text = text.replace(word, value, 1)
    content = text.encode("utf-8", "surrogatepass")
    if generator.random() < 0.4:
        content = damaged(generator, content, [b"[[", b'"""', b"=", content])
    path = folder / "input.toml"
    path.write_bytes(content)
    return commanded(["compare", folder / "nowhere", "--config", path, "-o", folder / "run"])


_CONFIGS = (
    'format = 1\nfolds = 5\nrepeats = 2\nseed = 0\n[[recipes]]\nkind = "hog"\nC = 10.0\n',
    'folds = 3\n[[recipes]]\nkind = "transfer"\nbackbone = "efficientnet-lite2"\nC = "auto"\n',
    'seed = 3\n[[recipes]]\nkind = "fisher"\nscales = [1.0, 2.0]\nimage_size = [96, 96]\n',
)


def arguments(generator: random.Random, folder: Path) -> str:
    """A command with options and values that do not belong to it; its images are missing."""
    words: list[str] = [generator.choice(_COMMANDS), str(folder / "nowhere")]
    for _ in range(generator.randint(0, 5)):
        words.append(generator.choice(_OPTIONS))
        if generator.random() < 0.7:
            words.append(str(generator.choice((strange_value(generator), "hog", "3", "hog.C=1"))))
    if generator.random() < 0.3:
        generator.shuffle(words)
    # These would go on without images of the user's.
    if str(folder / "nowhere") not in words or {"samples", "digits"} & set(words):
        return ACCEPTED
    return commanded([word.replace("\0", "0") for word in words])


_COMMANDS = (
    *("compare", "train", "predict", "evaluate", "describe", "check", "labels", "curve"),
    *("recipes", "runs", "export", "augment", "next", "--help", "nothing"),
)
_WORDS = """
--json --quiet --folds --repeats --seed --recipes --set --recipe -o --output --overwrite
--time-limit --workers --image-size --backbone --coverage --explain --csv --paths-from
--sort-into --help --version --config --quick --format --target --accept-all --none --run -- -
-x
"""
_OPTIONS = _WORDS.split()


def cache(generator: random.Random, folder: Path) -> str:
    """A store in the cache with damaged bytes or rows: what is read is as before, or made anew."""
    photos, store_folder = folder / "photos", Path(Models.get().cache) / "arrays"
    shutil.copytree(Models.get().photos, photos)
    before = load_images(photos)
    wanted = [(one.key, one.metadata) for one in before.records], before.pixels((16, 16), "pad")
    for path in sorted(store_folder.glob("*.sqlite")):
        if generator.random() < 0.5:
            path.write_bytes(damaged(generator, path.read_bytes(), _ALL))
            continue
        column = generator.choice(("kind", "data", "checksum", "image"))
        value = generator.choice((b"", b"[]", None, 3, "text", generator.randbytes(40)))
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as file:
            file.execute(f"UPDATE OR IGNORE arrays SET {column} = ?", (value,))
            file.commit()
    again = load_images(photos)
    found = [(one.key, one.metadata) for one in again.records], again.pixels((16, 16), "pad")
    if found[0] != wanted[0] or not np.array_equal(found[1], wanted[1]):
        raise FailedTry("other figures from a damaged cache")
    return ACCEPTED


def trial(generator: random.Random, folder: Path) -> str:
    """A trial's file with other values under a checksum that holds, or damaged bytes."""
    stored = Models.get().trial
    content = json.dumps(stored).encode()
    if generator.random() < 0.7:
        changed = changed_json(generator, {k: v for k, v in stored.items() if k != "sha256"})
        try:
            content = json.dumps(with_checksum(changed)).encode("utf-8", "surrogatepass")
        except (TypeError, ValueError):
            content = json.dumps(changed).encode("utf-8", "surrogatepass")
    else:
        content = damaged(generator, content, [content])
    path = folder / "trial.json"  # a trial is read under its own name alone
    path.write_bytes(content)
    found = read_trial_file(path)
    if found is None:
        return "refused"
    if not np.isfinite(found.probabilities).all() or len(found.labels) != len(found.probabilities):
        raise FailedTry("a trial whose probabilities are none")
    return ACCEPTED


def model(generator: random.Random, folder: Path) -> str:
    """A saved model changed in any file, under hashes that hold, predicts or is refused."""
    return commanded(Models.get().forged(generator, folder / "model"))


KINDS: dict[str, Try] = {
    "images": image,
    "archives": archive,
    "tables": table,
    "arrays": arrays,
    "models": model,
    "trials": trial,
    "caches": cache,
    "configurations": configuration,
    "arguments": arguments,
}
