"""Section 2.1: the digits, and the noise that is added to them."""

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.noise import add_noise
from peu.images.dataset import ImageDataset
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.telling import Show, Told, text
from peu.recipes.denoising import Denoising
from peu.recipes.noise import read_noise
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

_TRAIN_NOISE, _TEST_NOISE = 0.2, 0.4
_SHOWN = 10
_LOOKED_AT = 1000


def measure(bench: Bench) -> Facts:
    """Count the digits, add noise, and see what clipping does."""
    digits = bench.digits
    parts = np.array(digits.parts, dtype=str)
    pixels = first_pixels(digits, _LOOKED_AT)
    seed = child_seed(bench.settings.seed, "noise")
    shown = pixels[:_SHOWN]
    rows: list[NDArray[np.float32]] = [shown.astype(np.float32) / np.float32(255)]
    rows += [
        add_noise(shown, read_noise(level), np.random.default_rng(seed)) / np.float32(255)
        for level in (_TRAIN_NOISE, _TEST_NOISE)
    ]
    bench.keep_image("noisy", mosaic(np.stack(rows)))
    intensities = pixels.astype(np.float64) / 255
    drawn = np.random.default_rng(seed).standard_normal(intensities.shape)
    clipped = []
    for level in (_TRAIN_NOISE, _TEST_NOISE):
        noisy = intensities + level * drawn
        held = np.clip(noisy, 0, 1)
        black = pixels == 0
        clipped.append(
            {
                "level": level,
                "below": float((noisy < 0).mean()),
                "above": float((noisy > 1).mean()),
                "black_mean": float(held[black].mean()) if black.any() else None,
            }
        )
    height, width = side_of(digits)
    return {
        "name": digits.name,
        "asked_for": bench.settings.digits is not None,
        "train": int((parts != "test").sum()),
        "test": int((parts == "test").sum()),
        "height": height,
        "width": width,
        "classes": len(digits.class_names),
        "clipped": clipped,
    }


def first_pixels(digits: ImageDataset, most: int) -> NDArray[np.uint8]:
    """Give the first images at that size, (n, height, width, 1), as many as there are."""
    from peu.autoencoders.images import image_pixels

    chosen = np.arange(min(most, len(digits)))
    return image_pixels(digits[chosen], side_of(digits), "crop", "grey")


def side_of(digits: ImageDataset) -> tuple[int, int]:
    """Give the (height, width) in pixels that parts 2 and 3 work at: 28 x 28 for MNIST."""
    from peu.autoencoders.images import usual_size

    return usual_size(digits, Denoising().stride)


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell what the digits are, and what clipping is for."""
    first, second = (say.short(one["level"]) for one in facts["clipped"])
    return Told(
        (
            show(
                "noisy",
                say(
                    f"De haut en bas : les images, avec un bruit de {first} (apprentissage), puis "
                    f"de {second} (test), bornés à [0, 1].",
                    f"From the top: the images, with noise of {first} (training), then of "
                    f"{second} (test), clipped to [0, 1].",
                ),
            ),
        ),
        {"2.1a": text(_counts(facts, say)), "2.1b": text(_clip(facts, say))},
    )


def _counts(facts: Facts, say: Language) -> str:
    height, width = facts["height"], facts["width"]
    each = say.count(height * width)
    classes = say(f"{facts['classes']} classes.", f"{facts['classes']} classes.")
    if facts["classes"] == 10:
        classes = say("10 classes, une par chiffre.", "10 classes, one a digit.")
    if not facts["test"]:
        said = say(
            f"`{facts['name']}` a {say.count(facts['train'])} images sans base de test ; une part "
            "en est tenue à l'écart.",
            f"`{facts['name']}` has {say.count(facts['train'])} images without a test set; a "
            "share of them is held out.",
        )
        if not facts["asked_for"]:
            missing = say("MNIST n'est pas accessible ici.", "MNIST is not to be had here.")
            said = f"{missing} {said}"
    else:
        said = say(
            f"{say.count(facts['test'])} images de test et {say.count(facts['train'])} "
            "d'apprentissage.",
            f"{say.count(facts['test'])} test images and {say.count(facts['train'])} for training.",
        )
    return (
        said
        + " "
        + say(
            f"Chacune fait {height} × {width} pixels gris, {each} valeurs ; {classes} À débruiter, "
            "les classes ne servent pas : l'apprentissage n'est pas supervisé, la cible est "
            "l'image elle-même.",
            f"Each has {height} × {width} grey pixels, {each} values; {classes} Denoising has no "
            "use for classes: learning is unsupervised, the target is the image itself.",
        )
    )


def _clip(facts: Facts, say: Language) -> str:
    said = [
        say(
            "Le bruit gaussien sort de [0, 1] ; `np.clip` ramène à 0 ce qui est dessous et à 1 ce "
            "qui est dessus, pour rester une image.",
            "Gaussian noise leaves [0, 1]; `np.clip` brings what is below to 0 and what is above "
            "to 1, so that it stays an image.",
        )
    ]
    said += [
        say(
            f"À {say.short(one['level'])}, {say.percent(one['below'], 0)} des pixels étaient "
            f"négatifs et {say.percent(one['above'], 0)} au-dessus de 1.",
            f"At {say.short(one['level'])}, {say.percent(one['below'], 0)} of the pixels were "
            f"negative and {say.percent(one['above'], 0)} above 1.",
        )
        for one in facts["clipped"]
    ]
    last = facts["clipped"][-1]
    if last["black_mean"] is None:
        return " ".join(said)
    said.append(
        say(
            "Conséquence souvent oubliée : le bruit n'est plus centré. Un pixel noir vaut en "
            f"moyenne {say.number(last['black_mean'], 3)} à {say.short(last['level'])} "
            f"(σ/√2π = {say.number(last['level'] / np.sqrt(2 * np.pi), 3)}), et un filtre qui "
            "moyenne laisse un fond gris.",
            "What is often forgotten: the noise is no longer centred. A black pixel has a mean of "
            f"{say.number(last['black_mean'], 3)} at {say.short(last['level'])} "
            f"(σ/√2π = {say.number(last['level'] / np.sqrt(2 * np.pi), 3)}), and a filter that "
            "averages leaves a grey background.",
        )
    )
    return " ".join(said)
