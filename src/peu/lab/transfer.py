"""Section 1.5: VGG16 taken apart, and what a pretrained network's features are worth."""

import dataclasses
from pathlib import Path
from typing import Any

from peu.errors import PeuError
from peu.lab.backbone import pretrained
from peu.lab.behaviour import behaviour_in_words, name_behaviour, training_figure
from peu.lab.bench import Bench, trial_facts
from peu.lab.charts import intervals
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.telling import Show, Told, accuracy_of, tested, text
from peu.recipes.descriptors import HogSVM
from peu.reports.report import Block, Callout, Cell, Column, Table

_SHEET_SIDE = 224


def measure(bench: Bench) -> Facts:
    """Take VGG16 apart by its graph, extract features, and train the MLP on them."""
    facts: Facts = {
        "vgg": read_vgg16(),
        "classes": len(bench.images.class_names),
        "images": len(bench.images),
        "asked": Path(bench.settings.backbone).name,
        "unavailable": "",
    }
    try:
        # Where images cannot be parted, VGG16 can still be taken apart.
        facts["train"] = len(bench.split.train)
        recipe = pretrained(bench, name="mlp")
        trials = bench.test(
            [
                recipe,
                dataclasses.replace(recipe, name="logistic", head="logistic", pooling="average"),
                HogSVM(),
            ]
        )
    except PeuError as error:
        return {**facts, "unavailable": str(error)}
    from peu.classifiers.frozen import load_feature_network

    network = load_feature_network(recipe)
    maps = network.get_layer("feature_map").output.shape[1:]
    earlier = bench.facts_of("1.2")
    return {
        **facts,
        "used": Path(recipe.backbone).name,
        "maps": [int(side) for side in maps],
        "features": int(network.output.shape[-1]),
        "backbone_parameters": int(network.count_params()),
        "hidden_units": recipe.hidden_units,
        "trials": {trial.recipe.name: trial_facts(trial) for trial in trials},
        "cnn": None if earlier is None else earlier["trial"],
    }


def read_vgg16() -> Facts:
    """Give VGG16's layers and parameters from its graph; no weights are fetched."""
    from peu.networks.backend import keras

    network = keras.applications.VGG16(
        weights=None, include_top=True, input_shape=(_SHEET_SIDE, _SHEET_SIDE, 3)
    )
    layers = [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "output": [int(side) for side in layer.output.shape[1:]],
            "parameters": int(layer.count_params()),
        }
        for layer in network.layers
    ]
    keras.backend.clear_session()
    return {"layers": layers, "parameters": sum(layer["parameters"] for layer in layers)}


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what VGG16 is, and what its features or another's gave."""
    vgg = facts["vgg"]
    done: list[Block] = [_layer_table(vgg["layers"], say)]
    answers = {
        "1.5a": text(_layers(vgg, say)),
        "1.5b": text(_parameters(facts, say)),
        "1.5c": text(_purpose(vgg, say)),
        "1.5d": text(_border(vgg, say)),
    }
    if facts["unavailable"]:
        missing = say(
            f"Pas mesuré ici : {facts['unavailable']}", f"Not measured here: {facts['unavailable']}"
        )
        done.append(Callout(say("Pas mesuré", "Not measured"), missing, tone="warning"))
        return Told(
            tuple(done), {**answers, **{f"1.5{letter}": text(missing) for letter in "efgh"}}
        )
    done += _substitute(facts, say)
    done.append(training_figure(say, facts["trials"]["mlp"]["history"], "MLP."))
    found = {
        "MLP": facts["trials"]["mlp"],
        say("régression logistique", "logistic regression"): facts["trials"]["logistic"],
        say("descripteurs (HOG), sans réseau", "descriptors (HOG), no network"): facts["trials"][
            "hog"
        ],
    }
    if facts["cnn"]:
        found[say("réseau du sujet (1.2)", "the sheet's network (1.2)")] = facts["cnn"]
    done.append(
        intervals(
            say,
            [(name, accuracy_of(trial)) for name, trial in found.items()],
            say(
                "Sur les mêmes images de test, avec intervalles de Wilson à 95 %.",
                "On the same test images, with 95% Wilson intervals.",
            ),
        )
    )
    return Told(
        tuple(done),
        {
            **answers,
            "1.5e": text(_features(facts, say)),
            "1.5f": text(_head(facts, say)),
            "1.5g": text(_training(facts, say)),
            "1.5h": text(_conclusion(facts, say)),
        },
    )


def _layer_table(layers: list[dict[str, Any]], say: Language) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one["name"], one["kind"], say.shape(one["output"]), say.count(one["parameters"]))
        for one in layers
    ]
    return Table(
        caption="VGG16",
        columns=(
            Column(say("Couche", "Layer")),
            Column(say("Type", "Kind")),
            Column(say("Sortie", "Output"), numeric=True),
            Column(say("Paramètres", "Parameters"), numeric=True),
        ),
        rows=tuple(rows),
    )


def _of_kind(vgg: Facts, kind: str) -> list[dict[str, Any]]:
    return [layer for layer in vgg["layers"] if layer["kind"] == kind]


def _last_map(vgg: Facts) -> dict[str, Any]:
    """Give the last layer before the maps are flattened."""
    names = [layer["kind"] for layer in vgg["layers"]]
    found: dict[str, Any] = vgg["layers"][names.index("Flatten") - 1]
    return found


def _layers(vgg: Facts, say: Language) -> str:
    convolutions, dense = len(_of_kind(vgg, "Conv2D")), len(_of_kind(vgg, "Dense"))
    pools = len(_of_kind(vgg, "MaxPooling2D"))
    return say(
        f"Keras en compte {len(vgg['layers'])}. {convolutions + dense} ont des poids "
        f"({convolutions} convolutions et {dense} couches denses), d'où le nom ; s'y ajoutent "
        f"{pools} max pooling, l'entrée et la mise à plat.",
        f"Keras counts {len(vgg['layers'])}. {convolutions + dense} have weights ({convolutions} "
        f"convolutions and {dense} dense layers), hence the name; then there are {pools} max "
        "poolings, the input and the flattening.",
    )


def _parameters(facts: Facts, say: Language) -> str:
    vgg = facts["vgg"]
    dense = sum(layer["parameters"] for layer in _of_kind(vgg, "Dense"))
    each = vgg["parameters"] // max(1, facts["images"])
    return say(
        f"{say.count(vgg['parameters'])}, dont {say.count(dense)} "
        f"({say.percent(dense / vgg['parameters'], 0)}) dans les couches denses et "
        f"{say.count(vgg['parameters'] - dense)} dans les convolutions. Ce serait "
        f"{say.count(each)} par image d'ici : il faut les prendre tout appris.",
        f"{say.count(vgg['parameters'])}, of which {say.count(dense)} "
        f"({say.percent(dense / vgg['parameters'], 0)}) are in the dense layers and "
        f"{say.count(vgg['parameters'] - dense)} in the convolutions. That would be "
        f"{say.count(each)} for each image here: they have to come learnt.",
    )


def _purpose(vgg: Facts, say: Language) -> str:
    inside, outside = vgg["layers"][0]["output"], vgg["layers"][-1]["output"]
    return say(
        f"Il prend une image {say.shape(inside)} et donne {outside[0]} probabilités, une par "
        "classe du défi ImageNet (le sujet parle de 21 841 classes : c'est l'ImageNet entier, la "
        f"sortie du réseau, elle, en a {outside[0]}).",
        f"It takes an image of {say.shape(inside)} and gives {outside[0]} probabilities, one for "
        "each class of the ImageNet challenge (the sheet speaks of 21,841 classes: that is all of "
        f"ImageNet; the network's output has {outside[0]}).",
    )


def _border(vgg: Facts, say: Language) -> str:
    last = _last_map(vgg)
    after = [layer["name"] for layer in vgg["layers"][vgg["layers"].index(last) + 1 :]]
    return say(
        f"Après `{last['name']}`, qui donne encore une carte : {say.shape(last['output'])}. "
        f"Ensuite ({', '.join(after)}) il n'y a plus de lieu dans l'image : c'est la "
        "classification.",
        f"After `{last['name']}`, which still gives a map: {say.shape(last['output'])}. Beyond it "
        f"({', '.join(after)}) there are no places in the image any more: that is "
        "classification.",
    )


def _substitute(facts: Facts, say: Language) -> tuple[Block, ...]:
    if facts["used"] == "vgg16":
        return ()
    said = say(
        f"Le réseau utilisé ci-dessous est `{facts['used']}`, pas VGG16",
        f"The network used below is `{facts['used']}`, not VGG16",
    )
    why = (
        say(
            ", dont les poids n'ont pas pu être obtenus sur cette machine.",
            ", whose weights were not to be had on this machine.",
        )
        if facts["asked"] == "vgg16"
        else say(", comme demandé.", ", as was asked for.")
    )
    return (Callout(say("Autre réseau", "Another network"), said + why),)


def _features(facts: Facts, say: Language) -> str:
    last = _last_map(facts["vgg"])
    wide = last["output"][0] * last["output"][1] * last["output"][2]
    said = say(
        f"Avec VGG16, {say.shape(last['output'])} = {say.count(wide)} nombres par image.",
        f"With VGG16, {say.shape(last['output'])} = {say.count(wide)} numbers an image.",
    )
    if facts["used"] == "vgg16":
        return said
    return (
        said
        + " "
        + say(
            f"Ici, avec `{facts['used']}`, {say.shape(facts['maps'])} = "
            f"{say.count(facts['features'])}.",
            f"Here, with `{facts['used']}`, {say.shape(facts['maps'])} = "
            f"{say.count(facts['features'])}.",
        )
    )


def _head(facts: Facts, say: Language) -> str:
    ins, hidden, classes = facts["features"], facts["hidden_units"], facts["classes"]
    calculated = (ins + 1) * hidden + (hidden + 1) * classes
    shown = facts["trials"]["mlp"]["trainable_parameters"]
    same = (
        say("le réseau en affiche autant", "the network shows as many")
        if shown == calculated
        else say(
            f"le réseau en affiche {say.count(shown)} : désaccord",
            f"the network shows {say.count(shown)}: they disagree",
        )
    )
    return say(
        f"({say.count(ins)} + 1) × {hidden} + ({hidden} + 1) × {classes} = {say.count(calculated)} "
        f"; {same}. Les {say.count(facts['backbone_parameters'])} du réseau pré-appris ne bougent "
        "pas.",
        f"({say.count(ins)} + 1) × {hidden} + ({hidden} + 1) × {classes} = "
        f"{say.count(calculated)}; {same}. The {say.count(facts['backbone_parameters'])} of the "
        "pretrained network stay as they are.",
    )


def _training(facts: Facts, say: Language) -> str:
    trial = facts["trials"]["mlp"]
    accuracy = trial["history"]["accuracy"]
    reached = next((at for at, value in enumerate(accuracy, start=1) if value >= 0.95), None)
    when = (
        say(
            f"95 % d'exactitude d'apprentissage dès l'epoch {reached}",
            f"95% training accuracy as early as epoch {reached}",
        )
        if reached
        else say(
            f"{say.percent(accuracy[-1])} d'exactitude d'apprentissage à la fin",
            f"{say.percent(accuracy[-1])} training accuracy at the end",
        )
    )
    found = name_behaviour(trial["history"], facts["classes"])
    return " ".join(
        (
            say(
                f"Vite : {when}, {say.seconds(trial['seconds'])} en tout, caractéristiques "
                "comprises si elles n'étaient pas déjà gardées.",
                f"Quickly: {when}, {say.seconds(trial['seconds'])} in all, with the features "
                "unless they were kept from before.",
            ),
            behaviour_in_words(say, found),
        )
    )


def _conclusion(facts: Facts, say: Language) -> str:
    trials = facts["trials"]
    mlp, simple, classical = (trials[key] for key in ("mlp", "logistic", "hog"))
    said = [
        say(f"MLP : {tested(say, mlp)}.", f"MLP: {tested(say, mlp)}."),
    ]
    if facts["cnn"]:
        gain = accuracy_of(mlp).mean - accuracy_of(facts["cnn"]).mean
        said.append(
            say(
                f"Contre le réseau appris de zéro : {say.points(gain)}, sur les mêmes images.",
                f"Against the network from scratch: {say.points(gain)}, on the same images.",
            )
        )
    said.append(
        say(
            f"Une simple régression logistique sur les moyennes des cartes fait "
            f"{tested(say, simple)} avec {say.count(simple['trainable_parameters'])} paramètres, "
            f"et des descripteurs classiques sans aucun poids pré-appris {tested(say, classical)}.",
            f"Plain logistic regression on the maps' means has {tested(say, simple)} with "
            f"{say.count(simple['trainable_parameters'])} parameters, and classical descriptors "
            f"without any pretrained weights {tested(say, classical)}.",
        )
    )
    said.append(
        say(
            "Prudence : si les classes sont parmi celles d'ImageNet (accordéon, tonneau, jumelles "
            "le sont), le résultat est flatté.",
            "Beware: where the classes are among ImageNet's (accordion, barrel and binoculars "
            "are), the result is flattered.",
        )
    )
    return " ".join(said)
