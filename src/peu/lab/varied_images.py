"""Section 1.4: which ways of varying the images help, and which do not suit them."""

import dataclasses
from typing import Any

from peu.classifiers.labels import labels_of
from peu.errors import RecipeError
from peu.evaluation.uncertainty import Interval
from peu.lab.behaviour import Behaviour, behaviour_in_words, name_behaviour, training_figure
from peu.lab.bench import Bench, by_rank, fold_rows, trial_facts
from peu.lab.charts import intervals
from peu.lab.findings import Facts
from peu.lab.hyperparameters import Settings, recipe_of, usual_settings
from peu.lab.language import Language
from peu.lab.observations import symmetry_of
from peu.lab.telling import Show, Told, accuracy_of, tested, text
from peu.recipes.augmentation import Augmentation, Policy
from peu.recipes.augmented import SmallResNet
from peu.recipes.scratch import SmallCNN
from peu.reports.report import Block, Paragraph

_CLEARLY = 0.1
# Points that a gap may move by without being said to.
_SMALL = 2.0
_SYMMETRY_SIDE = 32


def measure(bench: Bench) -> Facts:
    """Compare augmentations by folds of the training images, and test the one that did best."""
    pace = bench.settings.pace
    earlier = bench.facts_of("1.3")
    settings: Settings = earlier["settings"] if earlier else usual_settings(bench.settings)
    longer = {**settings, "epochs": pace.varied_times * settings["epochs"]}
    plain = recipe_of(longer, pace.small_size, "none")
    recipes = {
        "none": plain,
        **{name: _varied(plain, name) for name in pace.policies},
    }
    compared = bench.compare_by_folds(list(recipes.values()))
    if compared.failures:
        raise RecipeError(compared.failures[0].reason)
    rows = fold_rows(compared)
    varied = [row for row in rows if row["name"] != "none"]
    best = str(max(varied, key=by_rank)["name"])
    tried: dict[str, Any] = {"none": plain, best: recipes[best], "vertical": recipes["vertical"]}
    others = list(tried.values())
    if pace.augmented:
        others.append(SmallResNet())
    trials = bench.test(others)
    _preview(bench)
    return {
        "classes": len(bench.images.class_names),
        "train": len(bench.split.train),
        "folds": pace.tried_folds,
        "image_size": pace.small_size,
        "settings": longer,
        "from_search": earlier is not None,
        "rows": rows,
        "best": best,
        "symmetry": _symmetry(bench),
        "trials": {trial.recipe.name: trial_facts(trial) for trial in trials},
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell what each augmentation did."""
    ordered = sorted(facts["rows"], key=by_rank, reverse=True)
    trials = facts["trials"]
    best = facts["best"]
    done: list[Block] = [
        show(
            "policies",
            say(
                "Ce que chaque politique fait de deux images d'apprentissage.",
                "What each policy makes of two training images.",
            ),
        ),
        show(
            "vertical",
            say(
                "Le retournement du sujet, de haut en bas.",
                "The sheet's flip, top to bottom.",
            ),
        ),
        Paragraph(
            say(
                f"Le réseau {'retenu en 1.3' if facts['from_search'] else 'du sujet'}, "
                f"{facts['settings']['epochs']:.0f} epochs à {facts['image_size']} × "
                f"{facts['image_size']} pixels, sans augmentation et avec chacune, sur les mêmes "
                f"{facts['folds']} plis des {facts['train']} images d'apprentissage.",
                f"The network {'chosen in 1.3' if facts['from_search'] else 'of the sheet'}, "
                f"{facts['settings']['epochs']:.0f} epochs at {facts['image_size']} × "
                f"{facts['image_size']} pixels, without augmentation and with each, on the same "
                f"{facts['folds']} folds of the {facts['train']} training images.",
            )
        ),
        intervals(
            say,
            [(_named(say, row["name"]), Interval(*row["accuracy"])) for row in ordered],
            say(
                "Images d'apprentissage qu'aucun réseau testé n'avait vues, chacune une fois ; "
                "intervalles de Wilson à 95 %. En orange, l'augmentation retenue.",
                "Training images that the network tested had not seen, each once; 95% Wilson "
                "intervals. Orange: the augmentation chosen.",
            ),
            chosen=_named(say, best),
        ),
        *(
            training_figure(
                say,
                trials[name]["history"],
                say(f"{_named(say, name)}.", f"{_named(say, name)}.").capitalize(),
            )
            for name in ("none", best)
        ),
    ]
    return Told(
        tuple(done),
        {
            "1.4a": text(_principle(facts, say)),
            "1.4b": text(_suitable(facts, say)),
            "1.4c": text(_effect(facts, say)),
            "1.4d": text(_results(facts, say)),
        },
    )


def _varied(plain: SmallCNN, name: str) -> SmallCNN:
    if name == "vertical":
        augmentation = Augmentation(policy="flip", flips="vertical")
    else:
        policy: Policy = name  # type: ignore[assignment]
        augmentation = Augmentation(policy=policy)
    return dataclasses.replace(plain, name=name, augmentation=augmentation)


def _preview(bench: Bench) -> None:
    from peu.reports.augmentation_preview import POLICIES, preview_augmentation

    training = bench.images[bench.split.train]
    folder = bench.folder / "parts" / bench.section
    shown = [policy for policy in POLICIES if policy != "none"]
    preview_augmentation(
        training, folder / "policies.png", policies=shown, seed=bench.settings.seed
    )
    preview_augmentation(
        training,
        folder / "vertical.png",
        policies=["flip"],
        flips="vertical",
        seed=bench.settings.seed,
    )


def _symmetry(bench: Bench) -> tuple[float, float]:
    """Give the symmetry of the training images."""
    side = (_SYMMETRY_SIDE, _SYMMETRY_SIDE)
    pixels = bench.images[bench.split.train].pixels(side, "stretch")
    return symmetry_of(pixels.mean(axis=3), labels_of(bench.images)[bench.split.train])


def _named(say: Language, name: str) -> str:
    return {
        "none": say("sans augmentation", "no augmentation"),
        "vertical": say("retournement vertical", "vertical flip"),
        "flip": say("miroir horizontal", "horizontal flip"),
        "standard": say("standard (petits mouvements, lumière)", "standard (small moves, light)"),
        "strong": say("forte (recadrage, couleurs)", "strong (crops, colours)"),
        "mixup": say("mixup (forte, images mêlées)", "mixup (strong, blended)"),
        "erase": say("effacement (forte, un rectangle caché)", "erase (strong, a patch covered)"),
        "resnet": say("réseau résiduel de peu", "peu's residual network"),
    }[name]


def _principle(facts: Facts, say: Language) -> str:
    epochs = int(facts["settings"]["epochs"])
    return say(
        "On montre au réseau, à chaque epoch, une variante nouvelle de chaque image, tirée parmi "
        "des transformations qui ne changent pas la classe. L'étiquette reste, les pixels "
        f"changent : au lieu de revoir {facts['train']} images {epochs} fois, il en voit jusqu'à "
        f"{say.count(facts['train'] * epochs)} variantes. C'est dire au réseau à quoi il doit "
        "être insensible, sans une image de plus. Au test, rien n'est transformé.",
        "In each epoch the network is shown a new variant of each image, drawn from changes that "
        "leave the class as it is. The label stays, the pixels change: instead of seeing "
        f"{facts['train']} images {epochs} times, it sees up to "
        f"{say.count(facts['train'] * epochs)} variants. That tells the network what not to mind, "
        "without one more image. When testing nothing is changed.",
    )


def _suitable(facts: Facts, say: Language) -> str:
    rows = {row["name"]: row for row in facts["rows"]}
    plain = rows["none"]["accuracy"][0]
    better = [name for name in rows if name != "none" and rows[name]["accuracy"][0] > plain]
    worse = [name for name in rows if name != "none" and rows[name]["accuracy"][0] <= plain]

    def listed(names: list[str]) -> str:
        return say.listed(
            [
                f"{_named(say, name)} ({say.points(rows[name]['accuracy'][0] - plain)})"
                for name in names
            ]
        )

    said = []
    if better:
        said.append(
            say(
                f"Sur les plis font mieux que rien : {listed(better)}.",
                f"On the folds these do better than none: {listed(better)}.",
            )
        )
    if worse:
        said.append(
            say(f"N'apportent rien : {listed(worse)}.", f"These bring nothing: {listed(worse)}.")
        )
    gain = rows["vertical"]["accuracy"][0] - plain
    mirrored, turned = facts["symmetry"]
    numbers = f"{say.number(mirrored, 2)}, {say.number(turned, 2)}"
    opening = (
        say(
            "L'image moyenne d'une classe ressemble plus à son miroir horizontal qu'à elle-même "
            f"tête en bas (corrélations {numbers}) : le retournement vertical du sujet montre des "
            "objets comme on n'en voit guère",
            "A class's mean image resembles its horizontal mirror image more than itself upside "
            f"down (correlations {numbers}): the sheet's vertical flip shows objects as they are "
            "hardly seen",
        )
        if mirrored - turned >= _CLEARLY
        else say(
            "L'image moyenne d'une classe ne distingue guère haut et bas (corrélation avec son "
            f"miroir horizontal, avec elle-même tête en bas : {numbers})",
            "A class's mean image hardly tells top from bottom (correlation with its horizontal "
            f"mirror image, with itself upside down: {numbers})",
        )
    )
    outcome = say(
        f" ; ici il change l'exactitude de {say.points(gain)}.",
        f"; here it changes accuracy by {say.points(gain)}.",
    )
    said.append(opening + outcome)
    said.append(
        say(
            "Le miroir horizontal convient dès que gauche et droite ne font pas la classe (il ne "
            "convient ni aux lettres ni aux chiffres).",
            "The horizontal flip suits wherever left and right do not make the class (it suits "
            "neither letters nor digits).",
        )
    )
    return " ".join(said)


def _behaviours(facts: Facts) -> tuple[Behaviour, Behaviour]:
    return (
        name_behaviour(facts["trials"]["none"]["history"], facts["classes"]),
        name_behaviour(facts["trials"][facts["best"]]["history"], facts["classes"]),
    )


def _effect(facts: Facts, say: Language) -> str:
    plain, varied = _behaviours(facts)
    gaps = [each.train_accuracy - each.test_accuracy for each in (plain, varied)]
    rows = {row["name"]: row for row in facts["rows"]}
    losses = [facts["trials"][name]["history"]["loss"][-1] for name in ("none", facts["best"])]
    slower = rows[facts["best"]]["seconds"] / max(rows["none"]["seconds"], 1e-9)
    change = 100 * (gaps[1] - gaps[0])
    if abs(change) < _SMALL:
        moved = say("ne bouge guère", "hardly moves")
    elif change < 0:
        moved = say("se réduit", "shrinks")
    else:
        moved = say("se creuse", "widens")
    return say(
        f"Sans augmentation, {say.percent(plain.train_accuracy)} sur l'apprentissage et "
        f"{say.percent(plain.test_accuracy)} sur le test ; avec ({_named(say, facts['best'])}), "
        f"{say.percent(varied.train_accuracy)} et {say.percent(varied.test_accuracy)}. L'écart "
        f"{moved} : de {say.number(100 * gaps[0], 1)} à {say.number(100 * gaps[1], 1)} points. La "
        f"perte de test finit à {say.number(plain.loss_rise, 1)} fois son minimum sans, à "
        f"{say.number(varied.loss_rise, 1)} fois avec. La perte d'apprentissage finit à "
        f"{say.short(losses[0])} sans, à {say.short(losses[1])} avec ; la durée d'un pli est "
        f"multipliée par {say.number(slower, 1)}.",
        f"Without augmentation {say.percent(plain.train_accuracy)} on training images and "
        f"{say.percent(plain.test_accuracy)} on test images; with it "
        f"({_named(say, facts['best'])}) {say.percent(varied.train_accuracy)} and "
        f"{say.percent(varied.test_accuracy)}. The gap {moved}: from "
        f"{say.number(100 * gaps[0], 1)} to {say.number(100 * gaps[1], 1)} points. The test loss "
        f"ends at {say.number(plain.loss_rise, 1)} times its lowest without, at "
        f"{say.number(varied.loss_rise, 1)} times with. The training loss ends at "
        f"{say.short(losses[0])} without, at {say.short(losses[1])} with; a fold takes "
        f"{say.number(slower, 1)} times as long.",
    )


def _results(facts: Facts, say: Language) -> str:
    trials, best = facts["trials"], facts["best"]
    _, varied = _behaviours(facts)
    difference = accuracy_of(trials[best]).mean - accuracy_of(trials["none"]).mean
    said = [
        say(
            f"Retenu sur les plis : {_named(say, best)}. Sur les images de test, "
            f"{tested(say, trials[best])} contre {tested(say, trials['none'])} sans "
            f"({say.points(difference)}).",
            f"Chosen on the folds: {_named(say, best)}. On the test images "
            f"{tested(say, trials[best])} against {tested(say, trials['none'])} without "
            f"({say.points(difference)}).",
        ),
        behaviour_in_words(say, varied),
    ]
    if "resnet" in trials:
        trial = trials["resnet"]
        said.append(
            say(
                "Avec un réseau fait pour cela (résiduel, normalisé, "
                f"{say.count(trial['parameters'])} paramètres, {len(trial['history']['loss'])} "
                f"epochs), `resnet` : {tested(say, trial)}, en {say.seconds(trial['seconds'])}.",
                "With a network made for it (residual, normalised, "
                f"{say.count(trial['parameters'])} parameters, {len(trial['history']['loss'])} "
                f"epochs), `resnet`: {tested(say, trial)}, in {say.seconds(trial['seconds'])}.",
            )
        )
    return " ".join(said)
