"""Section 1.6: backbone and MLP as one network, tested as it is, then trained on."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np

from peu.classifiers.labels import labels_of
from peu.lab.backbone import pretrained
from peu.lab.behaviour import behaviour_in_words, name_behaviour, training_figure
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.telling import Show, Told, accuracy_of, tested, text
from peu.recipes.finetune import FineTune
from peu.recipes.training import TrainingSettings
from peu.reports.report import Block, Cell, Column, Paragraph, Table

# How a phase names what learns beside the head.
_HEAD_AND = "head and "


def measure(bench: Bench) -> Facts:
    """Assemble, test, unfreeze the last stage, train, and ask inner folds whether it helps."""
    dataset, split = bench.images, bench.split
    frozen = pretrained(bench, name="mlp")
    fitted = bench.fit(frozen)
    answers = fitted.predict_indices(split.test)
    classifier = fitted.assemble()
    pixels = dataset[split.test].pixels(classifier.image_size, classifier.resize_mode)
    whole = classifier.model.predict_proba(pixels)
    labels = labels_of(dataset)[split.test]
    shared: dict[str, Any] = {
        "backbone": frozen.backbone,
        "backbone_weights": frozen.backbone_weights,
        "backbone_preprocessing": frozen.backbone_preprocessing,
        "head": frozen.head,
        "pooling": frozen.pooling,
        "resize_mode": frozen.resize_mode,
        "training": TrainingSettings(
            epochs=bench.settings.pace.tuning_epochs, batch_size=16, learning_rate=1e-4
        ),
    }
    recipes = [FineTune(name="always", keep="always", **shared)]
    if not bench.settings.quick:
        recipes.append(FineTune(name="better", keep="better", **shared))
    tuned = {recipe.name: _tuned(bench, recipe) for recipe in recipes}
    return {
        "classes": len(dataset.class_names),
        "used": Path(frozen.backbone).name,
        "tested": len(labels),
        "assembled_correct": int((whole.argmax(axis=1) == labels).sum()),
        "separate_correct": int((answers.argmax(axis=1) == labels).sum()),
        "largest_difference": float(np.abs(whole - answers).max()),
        "parameters": fitted.parameters,
        "head_parameters": fitted.trainable_parameters,
        "rate": recipes[0].training.learning_rate,
        "earliest_rate": recipes[0].earliest_rate,
        "trials": tuned,
    }


def _tuned(bench: Bench, recipe: FineTune) -> Facts:
    """Fit one recipe from the very MLP that section 1.5 trained."""
    started = time.perf_counter()
    fitted = bench.fit(recipe)
    answers = fitted.predict_indices(bench.split.test)
    labels = labels_of(bench.images)[bench.split.test]
    return {
        "correct": int((answers.argmax(axis=1) == labels).sum()),
        "tested": len(labels),
        "seconds": time.perf_counter() - started,
        "history": {name: list(values) for name, values in fitted.history.metrics.items()},
        "notes": list(fitted.notes),
        "phases": [dataclasses.asdict(phase) for phase in fitted.phases],
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what the assembled network does, before and after."""
    trial = facts["trials"]["always"]
    done: list[Block] = [
        Paragraph(
            say(
                f"`{facts['used']}` et le MLP forment un seul réseau, des pixels aux probabilités. "
                "D'abord seul le MLP a appris ; puis le dernier étage du réseau pré-appris est "
                f"dégelé et tout apprend ensemble, au taux {say.short(facts['rate'])} en haut et "
                f"{say.percent(facts['earliest_rate'], 0)} de ce taux au plus bas. La "
                "normalisation par lots reste figée.",
                f"`{facts['used']}` and the MLP are one network, from pixels to probabilities. At "
                "first the MLP alone learnt; then the last stage of the pretrained network is "
                f"unfrozen and all learn together, at a rate of {say.short(facts['rate'])} at the "
                f"top and {say.percent(facts['earliest_rate'], 0)} of it at the lowest. Batch "
                "normalisation stays as it is.",
            )
        ),
        _phases(facts, say),
        training_figure(say, trial["history"]),
    ]
    return Told(
        tuple(done),
        {
            "1.6a": text(_assembled(facts, say)),
            "1.6b": text(_parameters(facts, say)),
            "1.6c": text(_training(facts, say)),
            "1.6d": text(_conclusion(facts, say)),
        },
    )


def _phases(facts: Facts, say: Language) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            say("MLP seul", "MLP alone")
            if phase["name"] == "head"
            else say(
                f"MLP et {phase['name'].removeprefix(_HEAD_AND)}",
                f"MLP and {phase['name'].removeprefix(_HEAD_AND)}",
            ),
            say.count(phase["trainable_parameters"]),
            say.percent(phase["accuracy"]),
            say.number(phase["log_loss"]),
        )
        for phase in facts["trials"]["always"]["phases"]
    ]
    return Table(
        caption=say(
            "Ce qui apprend à chaque étape, et le test ensuite",
            "What learns in each phase, and the test after it",
        ),
        columns=(
            Column(say("Étape", "Phase")),
            Column(say("Paramètres appris", "Parameters learnt"), numeric=True),
            Column(say("Exactitude", "Accuracy"), numeric=True),
            Column(say("Perte", "Log loss"), numeric=True),
        ),
        rows=tuple(rows),
    )


def _assembled(facts: Facts, say: Language) -> str:
    assembled = {"correct": facts["assembled_correct"], "tested": facts["tested"]}
    same = facts["assembled_correct"] == facts["separate_correct"]
    difference = say.short(facts["largest_difference"])
    verdict = (
        say(
            "C'est exactement le résultat de 1.5, comme attendu : ce sont les mêmes poids, "
            "seulement mis bout à bout. La plus grande différence de probabilité entre les deux "
            f"calculs est {difference}.",
            "That is exactly the result of features and MLP apart, as expected: the same weights, "
            "only joined. The largest difference of a probability between the two computations is "
            f"{difference}.",
        )
        if same
        else say(
            f"Séparés, ils avaient {facts['separate_correct']} bonnes réponses : les deux calculs "
            f"diffèrent (jusqu'à {difference}), ce qui ne devrait pas être.",
            f"Apart they had {facts['separate_correct']} right: the two computations differ (by up "
            f"to {difference}), which should not be.",
        )
    )
    return (
        say(
            f"Sans nouvel apprentissage : {tested(say, assembled)}.",
            f"Without further training: {tested(say, assembled)}.",
        )
        + " "
        + verdict
    )


def _parameters(facts: Facts, say: Language) -> str:
    phases = facts["trials"]["always"]["phases"]
    last = phases[-1]["trainable_parameters"]
    return say(
        f"Le réseau assemblé en compte {say.count(facts['parameters'])}. Tout gelé sauf le MLP, "
        f"{say.count(facts['head_parameters'])} apprennent ; avec le dernier étage, "
        f"{say.count(last)}, soit {say.percent(last / facts['parameters'], 0)}.",
        f"The assembled network has {say.count(facts['parameters'])}. With all but the MLP frozen "
        f"{say.count(facts['head_parameters'])} learn; with the last stage {say.count(last)}, "
        f"which is {say.percent(last / facts['parameters'], 0)}.",
    )


def _training(facts: Facts, say: Language) -> str:
    trial = facts["trials"]["always"]
    before, after = trial["phases"][0], trial["phases"][-1]
    moved = after["log_loss"] - before["log_loss"]
    trend = say("baisse", "falls") if moved < 0 else say("monte", "rises")
    return " ".join(
        (
            say(
                f"{len(trial['history']['loss'])} epochs, {say.seconds(trial['seconds'])} avec la "
                f"tête : la perte de test {trend} de {say.number(before['log_loss'])} à "
                f"{say.number(after['log_loss'])}, l'exactitude passe de "
                f"{say.percent(before['accuracy'])} à {say.percent(after['accuracy'])}.",
                f"{len(trial['history']['loss'])} epochs, {say.seconds(trial['seconds'])} with the "
                f"head: the test loss {trend} from {say.number(before['log_loss'])} to "
                f"{say.number(after['log_loss'])}, accuracy goes from "
                f"{say.percent(before['accuracy'])} to {say.percent(after['accuracy'])}.",
            ),
            behaviour_in_words(say, name_behaviour(trial["history"], facts["classes"])),
        )
    )


def _conclusion(facts: Facts, say: Language) -> str:
    always = facts["trials"]["always"]
    phases = always["phases"]
    start = {"correct": round(phases[0]["accuracy"] * facts["tested"]), "tested": facts["tested"]}
    difference = always["correct"] - start["correct"]
    said = [
        say(
            f"Avant : {tested(say, start)} ; après : {tested(say, always)}.",
            f"Before: {tested(say, start)}; after: {tested(say, always)}.",
        )
    ]
    if abs(difference) <= 3:
        said.append(
            say(
                f"{abs(difference)} image{'s' * (abs(difference) > 1)} d'écart sur "
                f"{facts['tested']} : le fine-tuning ne se distingue pas ici des caractéristiques "
                "figées par l'exactitude ; la perte en dit plus.",
                f"A difference of {abs(difference)} image{'s' * (abs(difference) != 1)} of "
                f"{facts['tested']}: by accuracy fine-tuning cannot be told from frozen features "
                "here; the loss says more.",
            )
        )
    elif difference > 0:
        said.append(say("Le fine-tuning aide.", "Fine-tuning helps."))
    else:
        said.append(
            say(
                "Le fine-tuning nuit : ces images sont trop peu pour tant de paramètres.",
                "Fine-tuning does harm: these images are too few for so many parameters.",
            )
        )
    better = facts["trials"].get("better")
    if better is not None:
        kept = better["phases"][-1]["name"] != "head"
        said.append(
            say(
                "Laissé à des plis internes, qui ne voient pas le test, le choix est de "
                f"{'dégeler' if kept else 'garder le MLP seul'} : {tested(say, better)}.",
                "Left to inner folds, which do not see the test, the choice is to "
                f"{'unfreeze' if kept else 'keep the MLP alone'}: {tested(say, better)}.",
            )
        )
    interval = accuracy_of(always)
    said.append(
        say(
            f"Avec {facts['tested']} images de test, l'intervalle fait encore "
            f"{say.number(100 * (interval.high - interval.low), 0)} points.",
            f"With {facts['tested']} test images the interval is still "
            f"{say.number(100 * (interval.high - interval.low), 0)} points wide.",
        )
    )
    return " ".join(said)
