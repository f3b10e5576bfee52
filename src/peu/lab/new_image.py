"""Section 1.7: a new image recognised, where that was seen, and what would raise doubt."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from peu.classifiers.fit import fit_classifier
from peu.classifiers.labels import labels_of
from peu.errors import PeuError
from peu.images.decoding import decode_image
from peu.lab.backbone import pretrained
from peu.lab.bench import Bench
from peu.lab.charts import Line, Panel, curves
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.telling import Show, Told, text
from peu.models.classifier import Classifier
from peu.models.explanation import explain
from peu.recipes.descriptors import HogSVM
from peu.recipes.registry import Recipe
from peu.reports.images import overlay
from peu.reports.mosaics import mosaic
from peu.reports.report import Block, Cell, Column, Paragraph, Table
from peu.seeds import child_seed

_STEPS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_UNSURE = 0.5
_SHOWN = 224


def measure(bench: Bench) -> Facts:
    """Learn, recognise, explain, and spoil the image step by step."""
    dataset, split = bench.images, bench.split
    recipe, missing = _recipe(bench)
    given = bench.settings.image
    # An image from elsewhere may be asked of a model of all images; one of the set may not.
    learnt = dataset if given is not None else dataset[split.train]
    classifier = fit_classifier(recipe, learnt, seed=bench.settings.seed)
    if given is not None:
        image, name, truth = decode_image(given).image, given.name, None
    else:
        index = int(split.test[0])
        image, name = dataset.read(index), dataset.keys[index]
        truth = dataset.class_names[int(labels_of(dataset)[index])]
    prediction = classifier.predict(image)[0]
    label = classifier.class_names.index(prediction.label)
    pixels = classifier.view(image)
    heatmap = explain(classifier, pixels, label)
    shown = image.copy()
    shown.thumbnail((2 * _SHOWN, 2 * _SHOWN), Image.Resampling.LANCZOS)
    glow = overlay(
        shown,
        heatmap.values.tolist(),
        resize_mode=classifier.resize_mode,
        input_size=pixels.shape[:2],
    )
    bench.keep_image("image", _side_by_side(shown, glow))
    seed = child_seed(bench.settings.seed, "spoiled")
    spoiled = {kind: _spoil(classifier, shown, how, label, seed) for kind, how in _WAYS.items()}
    bench.keep_image("spoiled", _strip(shown, seed))
    strange = classifier.predict(_strangers(seed))
    return {
        "used": Path(getattr(recipe, "backbone", recipe.name)).name,
        "recipe": recipe.name,
        "missing": missing,
        "learnt_from": len(learnt),
        "name": name,
        "truth": truth,
        "label": prediction.label,
        "probabilities": prediction.probabilities,
        "method": heatmap.method,
        "steps": list(_STEPS),
        "spoiled": spoiled,
        "strangers": [[one.label, one.probability] for one in strange],
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell what was recognised, and why one may or may not believe it."""
    rows: list[tuple[Cell, ...]] = [
        (name, say.percent(value))
        for name, value in sorted(facts["probabilities"].items(), key=lambda pair: -pair[1])
    ]
    done: list[Block] = [
        Paragraph(_sources(facts, say)),
        show(
            "image",
            say(
                f"L'image et, à droite, ce qui a parlé pour `{facts['label']}` "
                f"({_method(facts, say)}).",
                f"The image and, on the right, what spoke for `{facts['label']}` "
                f"({_method(facts, say)}).",
            ),
        ),
        Table(
            caption=say("Réponse du modèle", "The model's answer"),
            columns=(
                Column(say("Classe", "Class")),
                Column(say("Probabilité", "Probability"), numeric=True),
            ),
            rows=tuple(rows),
        ),
        show(
            "spoiled",
            say(
                "La même image de plus en plus floue, bruitée, cachée ; de gauche à droite.",
                "The same image ever more blurred, noisy, covered; from left to right.",
            ),
        ),
        curves(
            say,
            [
                Panel(
                    say(
                        f"probabilité de `{facts['label']}`", f"probability of `{facts['label']}`"
                    ).replace("`", ""),
                    say("force (0 intacte, 1 au plus fort)", "strength (0 as it is, 1 the most)"),
                    tuple(
                        Line(_way(say, kind), facts["steps"], facts["spoiled"][kind])
                        for kind in _WAYS
                    ),
                    floor=0.0,
                )
            ],
            say(
                "Ce qu'il reste de la réponse quand l'image se dégrade.",
                "What is left of the answer as the image gets worse.",
            ),
        ),
    ]
    return Told(tuple(done), {"1.7a": text(*_answer(facts, say))})


def _recipe(bench: Bench) -> tuple[Recipe, str]:
    """Give frozen features with logistic regression, or descriptors where there are no weights."""
    try:
        frozen = pretrained(bench)
    except PeuError as error:
        return HogSVM(), str(error)
    return dataclasses.replace(frozen, head="logistic", pooling="average", resize_mode="pad"), ""


def _blur(image: Image.Image, strength: float, _seed: int) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(strength * max(image.size) / 12))


def _noise(image: Image.Image, strength: float, seed: int) -> Image.Image:
    values = np.asarray(image, np.float64)
    drawn = np.random.default_rng(seed).normal(0, 160 * strength, values.shape)
    return Image.fromarray(np.clip(values + drawn, 0, 255).astype(np.uint8))


def _cover(image: Image.Image, strength: float, _seed: int) -> Image.Image:
    covered = np.asarray(image).copy()
    height, width = covered.shape[:2]
    reach = [round(side * np.sqrt(strength) / 2) for side in (height, width)]
    middle = (height // 2, width // 2)
    top, left = (max(0, at - far) for at, far in zip(middle, reach, strict=True))
    covered[top : middle[0] + reach[0], left : middle[1] + reach[1]] = covered.mean(axis=(0, 1))
    return Image.fromarray(covered)


_WAYS: dict[str, Callable[[Image.Image, float, int], Image.Image]] = {
    "blur": _blur,
    "noise": _noise,
    "cover": _cover,
}


def _spoil(
    classifier: Classifier,
    image: Image.Image,
    how: Callable[[Image.Image, float, int], Image.Image],
    label: int,
    seed: int,
) -> list[float]:
    spoiled = [how(image, strength, seed) for strength in _STEPS]
    return [float(row[label]) for row in classifier.predict_proba(spoiled)]


def _strip(image: Image.Image, seed: int) -> Image.Image:
    side = (96, 96)
    rows = [
        [np.asarray(how(image, strength, seed).resize(side)) for strength in _STEPS]
        for how in _WAYS.values()
    ]
    return mosaic(np.asarray(rows, np.uint8))


def _strangers(seed: int) -> list[NDArray[np.uint8]]:
    """Give two images of nothing: an even grey, and noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (_SHOWN, _SHOWN, 3), dtype=np.uint8)
    return [np.full((_SHOWN, _SHOWN, 3), 128, np.uint8), noise]


def _side_by_side(first: Image.Image, second: Image.Image) -> Image.Image:
    both = Image.new("RGB", (first.width + second.width + 8, first.height), (255, 255, 255))
    both.paste(first, (0, 0))
    both.paste(second, (first.width + 8, 0))
    return both


def _method(facts: Facts, say: Language) -> str:
    occlusion = say("en cachant une région après l'autre", "by covering one region after another")
    return occlusion if facts["method"] == "occlusion" else str(facts["method"])


def _way(say: Language, kind: str) -> str:
    return {
        "blur": say("flou", "blur"),
        "noise": say("bruit", "noise"),
        "cover": say("centre caché", "centre covered"),
    }[kind]


def _sources(facts: Facts, say: Language) -> str:
    said = say(
        f"Modèle : `{facts['used']}`"
        f"{'' if facts['missing'] else ' figé et régression logistique'}, appris sur "
        f"{facts['learnt_from']} images. Image : `{facts['name']}`",
        f"Model: `{facts['used']}`"
        f"{'' if facts['missing'] else ', frozen, and logistic regression'}, learnt from "
        f"{facts['learnt_from']} images. Image: `{facts['name']}`",
    )
    said += (
        say(
            ", une image de test, que le modèle n'a pas vue (`--image` en donne une autre).",
            ", a test image that the model has not seen (`--image` gives another).",
        )
        if facts["truth"] is not None
        else say(", donnée par `--image`.", ", given by `--image`.")
    )
    if facts["missing"]:
        said += " " + say(
            f"Aucun réseau pré-appris n'est disponible ({facts['missing']})",
            f"No pretrained network is to be had ({facts['missing']})",
        )
    return said


def _answer(facts: Facts, say: Language) -> tuple[str, ...]:
    value = facts["probabilities"][facts["label"]]
    first = say(
        "La ramener à la taille du réseau, comme à l'apprentissage, et lire les probabilités "
        f"(`peu predict modèle/ image`) : `{facts['label']}` à {say.percent(value)}",
        "Bring it to the network's size, as in training, and read the probabilities (`peu predict "
        f"model/ image`): `{facts['label']}` at {say.percent(value)}",
    )
    if facts["truth"] is not None:
        right = facts["truth"] == facts["label"]
        first += (
            say(", et c'est juste.", ", and that is right.")
            if right
            else say(
                f", et c'est faux : c'est `{facts['truth']}`.",
                f", and that is wrong: it is `{facts['truth']}`.",
            )
        )
    else:
        first += "."
    limits = []
    for kind in _WAYS:
        values = facts["spoiled"][kind]
        below = [step for step, each in zip(facts["steps"], values, strict=True) if each < _UNSURE]
        limits.append(
            say(
                f"{_way(say, kind)} : à partir de {say.number(below[0], 2)}",
                f"{_way(say, kind)}: from {say.number(below[0], 2)} on",
            )
            if below
            else say(f"{_way(say, kind)} : jamais", f"{_way(say, kind)}: never")
        )
    (grey, grey_share), (noise, noise_share) = facts["strangers"]
    return (
        first,
        say(
            f"Il passe sous 50 % ({' ; '.join(limits)}, forces de 0 à 1 comme ci-dessus).",
            f"It falls below 50% ({'; '.join(limits)}, strengths from 0 to 1 as above).",
        ),
        say(
            "Mais il répond toujours par une des classes apprises : un gris uni donne "
            f"`{grey}` à {say.percent(grey_share)}, du bruit pur `{noise}` à "
            f"{say.percent(noise_share)}. Une probabilité haute ne dit pas que l'image est "
            "d'une de ces classes.",
            "But it always answers with one of the classes it learnt: an even grey gives "
            f"`{grey}` at {say.percent(grey_share)}, pure noise `{noise}` at "
            f"{say.percent(noise_share)}. A high probability does not say that the image is of "
            "one of these classes.",
        ),
    )
