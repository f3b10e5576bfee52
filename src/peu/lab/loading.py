"""Section 1.1: what the images are like, and how they become arrays."""

import numpy as np
from PIL import Image

from peu.classifiers.labels import labels_of
from peu.errors import DataError
from peu.images.checks import describe_dataset
from peu.images.dataset import ImageDataset
from peu.lab.bench import TEST_SHARE, Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.observations import EVEN_SHARE, EVEN_WITHIN, observe_classes
from peu.lab.telling import Show, Told, text
from peu.reports.mosaics import mosaic
from peu.reports.report import Cell, Column, Paragraph, Table

_SHEET_SIZE = 224
_SHOWN = 6
_MOST_ROWS = 12
_SHOWN_SIDE = 96
# From which share of one direction on axes are said to agree.
_AGREE = 0.5


def measure(bench: Bench) -> Facts:
    """Count, look at borders and axes, and part the images as the sheet does."""
    dataset = bench.images
    found = describe_dataset(dataset)
    classes = observe_classes(dataset, seed=bench.settings.seed)
    try:
        split = bench.split
        parted: Facts = {"train": len(split.train), "test": len(split.test)}
        label = int(labels_of(dataset)[split.train[0]])
    except DataError as error:
        parted, label = {"refused": str(error)}, 0
    bench.keep_image("examples", _examples(dataset))
    return {
        "name": found.name,
        "images": found.images,
        "class_names": list(dataset.class_names),
        "counts": found.classes,
        "widths": [found.widths.minimum, found.widths.median, found.widths.maximum],
        "heights": [found.heights.minimum, found.heights.median, found.heights.maximum],
        "ratios": [
            found.aspect_ratios.minimum,
            found.aspect_ratios.median,
            found.aspect_ratios.maximum,
        ],
        "sizes": len({(one.width, one.height) for one in dataset.facts}),
        "copies": sum(len(group) - 1 for group in found.duplicates),
        "set_aside": len(found.set_aside),
        "classes": classes,
        "parted": parted,
        "first_label": label,
        "first_row": [1.0 if at == label else 0.0 for at in range(len(dataset.class_names))],
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Describe the set in words."""
    names = facts["class_names"]
    done = (
        Paragraph(
            say(
                f"{say.count(facts['images'])} images de `{facts['name']}` en {len(names)} "
                f"{'classe' if len(names) == 1 else 'classes'} ont été lues, toutes à leur taille "
                "d'origine.",
                f"{say.count(facts['images'])} images of `{facts['name']}` in {len(names)} "
                f"{'class' if len(names) == 1 else 'classes'} were read, all at their own size.",
            )
            + _losses(facts, say)
        ),
        show(
            "examples",
            say(
                f"Quelques images, une ligne par classe : {say.listed(names[:_MOST_ROWS])}.",
                f"Some images, a row a class: {say.listed(names[:_MOST_ROWS])}.",
            ),
        ),
        _table(facts, say),
    )
    return Told(
        done,
        {
            "1.1a": text(_sizes(facts, say)),
            "1.1b": text(_backgrounds(facts, say)),
            "1.1c": text(_orientations(facts, say)),
            "1.1d": text(_inputs(facts, say)),
            "1.1e": text(_targets(facts, say)),
        },
    )


def _examples(dataset: ImageDataset) -> Image.Image:
    side = (_SHOWN_SIDE, _SHOWN_SIDE)
    rows = []
    for at in range(min(_MOST_ROWS, len(dataset.class_names))):
        own = np.flatnonzero(labels_of(dataset) == at)
        chosen = own[np.linspace(0, len(own) - 1, _SHOWN).astype(int)] if len(own) else own
        pixels = dataset[chosen].pixels(side, "pad")
        blank = np.full((_SHOWN - len(pixels), *side, 3), 255, np.uint8)
        rows.append(np.concatenate([pixels, blank]))
    return mosaic(np.stack(rows))


def _table(facts: Facts, say: Language) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one["name"],
            facts["counts"].get(one["name"], one["observed"]),
            f"{one['even']}/{one['observed']}",
            say.percent(one["even_share"], 0),
            say.number(one["elongation"], 1),
            f"{say.number(one['direction'], 0)}°" if one["long"] else "\u2013",
            say.number(one["agreement"], 2) if one["long"] else "\u2013",
        )
        for one in facts["classes"]
    ]
    titles = (
        say("Images", "Images"),
        say("Bord uni", "Even border"),
        say("Part unie du bord", "Even share of it"),
        say("Allongement", "Elongation"),
        say("Direction", "Direction"),
        say("Accord", "Agreement"),
    )
    return Table(
        caption=say(
            "Par classe, d'après les pixels. Bord : cadre de 8 % ; uni si "
            f"{say.percent(EVEN_SHARE, 0)} de ses gris sont à moins de {EVEN_WITHIN} (sur 255) de "
            "leur médiane. Direction : de l'axe long à l'horizontale ; accord de 0 (toutes les "
            "directions) à 1 (une seule)",
            "By class, from the pixels. Border: a frame of 8%; even where "
            f"{say.percent(EVEN_SHARE, 0)} of its grey values are within {EVEN_WITHIN} (of 255) of "
            "their median. Direction: of the long axis to the horizontal; agreement from 0 (all "
            "directions) to 1 (one alone)",
        ),
        columns=(
            Column(say("Classe", "Class")),
            *(Column(title, numeric=True) for title in titles),
        ),
        rows=tuple(rows),
    )


def _losses(facts: Facts, say: Language) -> str:
    said = ""
    if facts["set_aside"]:
        said += say(
            f" {facts['set_aside']} fichiers inutilisables ont été écartés.",
            f" {facts['set_aside']} files that cannot be used were set aside.",
        )
    if facts["copies"]:
        said += say(
            f" {facts['copies']} sont des copies d'autres images : elles restent du même "
            "côté du découpage.",
            f" {facts['copies']} are copies of others: they stay on one side of the split.",
        )
    return said


def _sizes(facts: Facts, say: Language) -> str:
    widths, heights, ratios = facts["widths"], facts["heights"], facts["ratios"]
    if facts["sizes"] == 1:
        return say(
            f"Toutes ont la même taille, {widths[0]:.0f} × {heights[0]:.0f} pixels.",
            f"All have one size, {widths[0]:.0f} × {heights[0]:.0f} pixels.",
        )
    return say(
        f"Elles n'ont pas la même taille : {facts['sizes']} tailles différentes, de "
        f"{widths[0]:.0f} à {widths[2]:.0f} pixels de large et de {heights[0]:.0f} à "
        f"{heights[2]:.0f} de haut (médianes {widths[1]:.0f} et {heights[1]:.0f}), avec un rapport "
        f"largeur/hauteur de {say.number(ratios[0], 2)} à {say.number(ratios[2], 2)}. Un réseau à "
        f"couches denses veut une taille fixe : le sujet étire tout à {_SHEET_SIZE} × "
        f"{_SHEET_SIZE}, ce qui déforme jusqu'à un facteur "
        f"{say.number(max(ratios[2], 1 / ratios[0]), 1)}.",
        f"They differ in size: {facts['sizes']} sizes, from {widths[0]:.0f} to {widths[2]:.0f} "
        f"pixels wide and from {heights[0]:.0f} to {heights[2]:.0f} high (medians "
        f"{widths[1]:.0f} and {heights[1]:.0f}), width by height from {say.number(ratios[0], 2)} "
        f"to {say.number(ratios[2], 2)}. A network with dense layers wants one size: the sheet "
        f"stretches all to {_SHEET_SIZE} × {_SHEET_SIZE}, which distorts by a factor of up to "
        f"{say.number(max(ratios[2], 1 / ratios[0]), 1)}.",
    )


def _backgrounds(facts: Facts, say: Language) -> str:
    even = sum(one["even"] for one in facts["classes"])
    seen = sum(one["observed"] for one in facts["classes"])
    share = even / max(1, seen)
    by_class = sorted(facts["classes"], key=lambda one: -one["even"] / one["observed"])
    first, last = by_class[0], by_class[-1]
    if share >= 0.5:
        verdict = say("Le fond est le plus souvent uni", "Most backgrounds are even")
    elif share >= 0.2:
        verdict = say("Les fonds sont mêlés", "Backgrounds are mixed")
    else:
        verdict = say("Le fond est rarement uni", "Few backgrounds are even")
    said = verdict + say(
        f" : {even} bords unis sur {seen} ({say.percent(share, 0)}).",
        f": {even} even borders of {seen} ({say.percent(share, 0)}).",
    )
    if len(by_class) > 1:
        high, low = (one["even"] / one["observed"] for one in (first, last))
        said += " " + say(
            f"Le plus souvent pour `{first['name']}` ({say.percent(high, 0)}), le moins pour "
            f"`{last['name']}` ({say.percent(low, 0)}).",
            f"Most often of `{first['name']}` ({say.percent(high, 0)}), least of "
            f"`{last['name']}` ({say.percent(low, 0)}).",
        )
        if high - low >= 0.3:
            said += " " + say(
                "Attention : le fond va de pair avec la classe, et un réseau peut apprendre "
                "le fond au lieu de l'objet.",
                "Beware: the background goes with the class, and a network may learn it instead "
                "of the object.",
            )
    return said


def _orientations(facts: Facts, say: Language) -> str:
    known = [one for one in facts["classes"] if one["long"] >= 5]
    if not known:
        return say(
            "Trop peu d'objets allongés pour parler d'une orientation.",
            "Too few elongated objects to speak of an orientation.",
        )
    aligned = [one for one in known if one["agreement"] >= _AGREE]
    free = [one for one in known if one["agreement"] < _AGREE]
    parts = []
    if aligned:
        named = say.listed(
            [
                f"`{one['name']}` ({say.number(one['direction'], 0)}°, "
                f"{say('accord', 'agreement')} {say.number(one['agreement'], 2)})"
                for one in aligned
            ]
        )
        parts.append(
            say(
                f"L'axe long se présente surtout dans une direction pour {named}.",
                f"The long axis lies mostly in one direction for {named}.",
            )
        )
    if free:
        named = say.listed([f"`{one['name']}` ({say.number(one['agreement'], 2)})" for one in free])
        parts.append(
            say(
                f"Il varie pour {named} (accord sous {say.number(_AGREE, 1)}).",
                f"It varies for {named} (agreement below {say.number(_AGREE, 1)}).",
            )
        )
    parts.append(
        say(
            "Mesuré sur l'axe principal de ce qui tranche sur le bord : fiable sur fond uni, "
            "approximatif ailleurs.",
            "Measured on the principal axis of what stands out from the border: sound on even "
            "backgrounds, rough on others.",
        )
    )
    return " ".join(parts)


def _inputs(facts: Facts, say: Language) -> str:
    parted = facts["parted"]
    if "refused" in parted:
        return say(
            f"Pas de X_train ici : les images ne peuvent pas être partagées. ({parted['refused']})",
            f"There is no X_train here: the images cannot be parted. ({parted['refused']})",
        )
    shape = (parted["train"], _SHEET_SIZE, _SHEET_SIZE, 3)
    mebibytes = 4 * int(np.prod(shape)) / 2**20
    share = parted["train"] / facts["images"]
    return say(
        f"({say.shape(shape)}) : {parted['train']} images d'apprentissage sur "
        f"{facts['images']} ({say.percent(share, 0)} ; demandé : "
        f"{say.percent(1 - TEST_SHARE, 0)}), ramenées à {_SHEET_SIZE} × {_SHEET_SIZE} pixels de 3 "
        f"couleurs, soit {say.number(mebibytes, 0)} Mio en float32. Les {parted['test']} autres "
        "testent. Ici le partage respecte les proportions des classes et garde les copies "
        "ensemble ; celui du sujet, un simple mélange, ne le garantit pas. peu garde les "
        "octets (4 fois moins de mémoire) et divise par 255 dans le réseau.",
        f"({say.shape(shape)}): {parted['train']} training images of {facts['images']} "
        f"({say.percent(share, 0)}; asked for: {say.percent(1 - TEST_SHARE, 0)}), brought to "
        f"{_SHEET_SIZE} × {_SHEET_SIZE} pixels of 3 colours, {say.number(mebibytes, 0)} MiB as "
        f"float32. The other {parted['test']} are for testing. Here classes keep their shares and "
        "copies stay together; the sheet's plain shuffle does not see to that. peu keeps bytes (a "
        "quarter of the memory) and divides by 255 inside the network.",
    )


def _targets(facts: Facts, say: Language) -> str:
    parted, classes = facts["parted"], len(facts["class_names"])
    if "refused" in parted or classes < 2:
        return say(
            "Une seule classe, ou trop peu d'images : un codage one-hot n'aurait rien à "
            "distinguer, et aucun classifieur ne peut être appris.",
            "One class, or too few images: a one-hot code would have nothing to tell apart, and "
            "no classifier can be learnt.",
        )
    label = facts["first_label"]
    row = (
        "["
        + (";" if say.code == "fr" else ",")
        .join(f" {value:.0f}" for value in facts["first_row"])
        .strip()
        + "]"
    )
    name = facts["class_names"][label]
    return say(
        f"y_train : ({parted['train']}), un entier de 0 à {classes - 1} par image. "
        f"Y_train : ({parted['train']} × {classes}), une colonne par classe "
        f"(`to_categorical`) : {label} (`{name}`) devient {row}. Le softmax donne {classes} "
        "probabilités, et l'entropie croisée les compare à cette ligne ; les entiers, eux, "
        "suggéreraient un ordre entre classes qui n'existe pas. Avec l'entropie croisée "
        "« sparse », qu'utilise peu, les entiers suffisent et le calcul est le même.",
        f"y_train: ({parted['train']}), a whole number from 0 to {classes - 1} an image. Y_train: "
        f"({parted['train']} × {classes}), a column a class (`to_categorical`): {label} (`{name}`) "
        f"becomes {row}. The softmax gives {classes} probabilities, and cross-entropy compares "
        "them with that row; whole numbers would suggest an order of classes that there is not. "
        "With the sparse cross-entropy that peu uses, whole numbers do, and the computation is the "
        "same.",
    )
