"""What section 1.3 says: what each setting did, and what came of the best."""

import itertools
from typing import Any

from peu.evaluation.uncertainty import Interval
from peu.lab.behaviour import behaviour_in_words, name_behaviour, training_figure
from peu.lab.bench import by_rank
from peu.lab.charts import intervals
from peu.lab.findings import Facts
from peu.lab.hyperparameters import differs_only_in
from peu.lab.language import Language
from peu.lab.telling import Show, Told, accuracy_of, tested, text
from peu.recipes.scratch import SmallCNN
from peu.reports.report import Block, Paragraph


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what each setting did, and what came of the best."""
    trials = facts["trials"]
    ordered = sorted(facts["rows"], key=by_rank, reverse=True)
    done: list[Block] = [
        Paragraph(
            say(
                f"{len(facts['rows'])} configurations, à {facts['image_size']} × "
                f"{facts['image_size']} pixels pour en essayer beaucoup. Elles sont comparées par "
                f"validation croisée ({facts['folds']} plis sur {facts['parts']}) sur les seules "
                f"{facts['train']} images d'apprentissage : les images de test ne choisissent "
                "rien.",
                f"{len(facts['rows'])} configurations, at {facts['image_size']} × "
                f"{facts['image_size']} pixels to try many. They are compared by "
                f"{facts['folds']} of {facts['parts']} folds of the {facts['train']} training "
                "images alone: the test images choose nothing.",
            )
        ),
        intervals(
            say,
            [(_named(say, row, facts), Interval(*row["accuracy"])) for row in ordered],
            say(
                "Images d'apprentissage qu'aucun réseau testé n'avait vues, chacune une fois ; "
                "intervalles de Wilson à 95 %. En orange, la configuration retenue. Les "
                "intervalles se recouvrent : si peu d'images ne départagent que de grands écarts.",
                "Training images that the network tested had not seen, each once; 95% Wilson "
                "intervals. Orange: the configuration chosen. The intervals overlap: so few "
                "images tell only large differences apart.",
            ),
            chosen=_named(say, next(row for row in ordered if row["name"] == facts["best"]), facts),
        ),
    ]
    if facts["failed"]:
        done += text(
            say(
                f"Ont divergé, et n'ont donc pas de ligne : {', '.join(facts['failed'])}.",
                f"Diverged, and so without a row: {', '.join(facts['failed'])}.",
            )
        )
    done += [
        training_figure(say, trials[name]["history"], _title(say, name, trials))
        for name in ("best", "pushed")
        if name in trials
    ]
    return Told(
        tuple(done),
        {
            "1.3a": text(_pushed(facts, say)),
            "1.3b": text(_dropout(facts, say)),
            "1.3c": text(_time(facts, say)),
            "1.3d": text(_behaviour(facts, say)),
        },
    )


def _setting(say: Language, setting: str, value: float) -> str:
    return {
        "learning_rate": say(f"taux {say.short(value)}", f"rate {say.short(value)}"),
        "layers": say(
            f"{value:.0f} couche{'s' * (value > 1)}", f"{value:.0f} layer{'s' * (value > 1)}"
        ),
        "width": say(f"{value:.0f} filtres", f"{value:.0f} filters"),
        "dropout": f"dropout {say.short(value)}",
        "epochs": f"{value:.0f} epochs",
    }[setting]


def _named(say: Language, row: dict[str, Any], facts: Facts) -> str:
    if row["name"] == "together":
        return say("les meilleures valeurs ensemble", "the best values together")
    base = facts["base"]
    changed = [setting for setting in base if row["settings"][setting] != base[setting]]
    if not changed:
        return say("le sujet", "the sheet")
    return ", ".join(_setting(say, setting, row["settings"][setting]) for setting in changed)


def _title(say: Language, name: str, trials: Facts) -> str:
    called = {
        "best": say("La configuration retenue", "The configuration chosen"),
        "pushed": say("La même, poussée", "The same, pushed"),
    }[name]
    return f"{called}. " + say(
        f"Test : {tested(say, trials[name])}.", f"Test: {tested(say, trials[name])}."
    )


def _pushed(facts: Facts, say: Language) -> str:
    trials = facts["trials"]
    if not {"best", "pushed"} <= set(trials):
        return say(
            f"{facts['push']} fois plus longtemps, elle a divergé : rien de mesuré.",
            f"{facts['push']} times as long, it diverged: nothing was measured.",
        )
    best, pushed = (
        name_behaviour(trials[key]["history"], facts["classes"]) for key in ("best", "pushed")
    )
    difference = accuracy_of(trials["pushed"]).mean - accuracy_of(trials["best"]).mean
    said = say(
        f"{pushed.epochs} epochs au lieu de {best.epochs} : l'exactitude de test passe de "
        f"{tested(say, trials['best'])} à {tested(say, trials['pushed'])} "
        f"({say.points(difference)}), celle d'apprentissage de {say.percent(best.train_accuracy)} "
        f"à {say.percent(pushed.train_accuracy)}.",
        f"{pushed.epochs} epochs instead of {best.epochs}: test accuracy goes from "
        f"{tested(say, trials['best'])} to {tested(say, trials['pushed'])} "
        f"({say.points(difference)}), training accuracy from {say.percent(best.train_accuracy)} to "
        f"{say.percent(pushed.train_accuracy)}.",
    )
    changed = abs(trials["pushed"]["correct"] - trials["best"]["correct"])
    if changed <= 3:
        said += " " + say(
            f"{changed} image{'s' * (changed > 1)} d'écart : rien que le hasard n'expliquerait.",
            f"A difference of {changed} image{'s' * (changed != 1)}: nothing that chance would "
            "not explain.",
        )
    if pushed.rises:
        said += " " + say(
            f"La perte de test, elle, est la plus basse à l'epoch {pushed.best_epoch} et finit à "
            f"{say.number(pushed.loss_rise, 1)} fois ce minimum : les réponses fausses deviennent "
            "de plus en plus sûres d'elles. C'est le sur-apprentissage.",
            f"The test loss is lowest in epoch {pushed.best_epoch} and ends at "
            f"{say.number(pushed.loss_rise, 1)} times that: wrong answers grow ever surer of "
            "themselves. That is overfitting.",
        )
    else:
        said += " " + say(
            "La perte de test ne remonte pas nettement.", "The test loss does not clearly rise."
        )
    return said


def _dropout(facts: Facts, say: Language) -> str:
    bases = [row for row in facts["rows"] if row["settings"] == facts["base"]]
    dropped = [
        row
        for row in facts["rows"]
        if differs_only_in(row["settings"], facts["base"], "dropout") and row not in bases
    ]
    units = SmallCNN().dense_units
    said = say(
        f"À chaque pas d'apprentissage, chaque unité de la couche cachée ({units} ici) est mise à "
        "zéro avec une probabilité p, et les autres sont multipliées par 1/(1 − p) ; au test, "
        "toutes servent. Aucune unité ne peut compter sur une autre : le réseau apprend des "
        "indices redondants, comme une moyenne de nombreux sous-réseaux, et sur-apprend moins.",
        f"In each training step every unit of the hidden layer ({units} here) is set to zero with "
        "probability p, and the others are multiplied by 1/(1 − p); when testing all are used. No "
        "unit can rely on another: the network learns redundant clues, as a mean of many "
        "subnetworks would, and overfits less.",
    )
    for row, base in itertools.product(dropped, bases):
        rate = say.short(row["settings"]["dropout"])
        difference = row["accuracy"][0] - base["accuracy"][0]
        said += " " + say(
            f"Mesuré ici avec p = {rate} : {say.percent(row['accuracy'][0])} au lieu de "
            f"{say.percent(base['accuracy'][0])} ({say.points(difference)}), perte "
            f"{say.number(row['log_loss'], 2)} au lieu de {say.number(base['log_loss'], 2)}.",
            f"Measured here at p = {rate}: {say.percent(row['accuracy'][0])} instead of "
            f"{say.percent(base['accuracy'][0])} ({say.points(difference)}), loss "
            f"{say.number(row['log_loss'], 2)} instead of {say.number(base['log_loss'], 2)}.",
        )
    return said


def _time(facts: Facts, say: Language) -> str:
    trials = facts["trials"]
    slowest = max(facts["rows"], key=lambda row: row["seconds"])
    named = {
        "base": say("la configuration du sujet", "the sheet's configuration"),
        "best": say("la retenue", "the one chosen"),
        "pushed": say(
            f"la même {facts['push']} fois plus longtemps",
            f"the same {facts['push']} times as long",
        ),
    }
    times = say.listed(
        [
            say(
                f"{say.seconds(trials[name]['seconds'])} pour {called}",
                f"{say.seconds(trials[name]['seconds'])} for {called}",
            )
            for name, called in named.items()
            if name in trials
        ]
    )
    side = f"{facts['image_size']} × {facts['image_size']}"
    return say(
        f"À {side} pixels : {times}. La plus lente ({_named(say, slowest, facts)}) prend "
        f"{say.seconds(slowest['seconds'])} par pli. Quelques secondes de chaque durée sont la "
        "mise en route du réseau.",
        f"At {side} pixels: {times}. The slowest ({_named(say, slowest, facts)}) takes "
        f"{say.seconds(slowest['seconds'])} a fold. A few seconds of each are the network's start.",
    )


def _behaviour(facts: Facts, say: Language) -> str:
    trials = facts["trials"]
    row = next(row for row in facts["rows"] if row["name"] == facts["best"])
    said = [
        _together(facts, say),
        say(f"Retenu : {_named(say, row, facts)}.", f"Chosen: {_named(say, row, facts)}."),
    ]
    if "best" not in trials:
        diverged = say("Sur toutes les images, il a divergé.", "On all images it diverged.")
        return " ".join((*said, diverged))
    best = trials["best"]
    said.append(behaviour_in_words(say, name_behaviour(best["history"], facts["classes"])))
    if "base" in trials:
        base = trials["base"]
        difference = accuracy_of(best).mean - accuracy_of(base).mean
        said.append(
            say(
                f"Sur le test : {tested(say, best)}, contre {tested(say, base)} pour la "
                f"configuration du sujet ({say.points(difference)}).",
                f"On the test images: {tested(say, best)}, against {tested(say, base)} for the "
                f"sheet's configuration ({say.points(difference)}).",
            )
        )
    else:
        said.append(
            say(
                f"Sur le test : {tested(say, best)} ; la configuration de départ, elle, a divergé.",
                f"On the test images: {tested(say, best)}; the one to begin with diverged.",
            )
        )
    return " ".join(said)


def _together(facts: Facts, say: Language) -> str:
    """Say what came of the best value of every setting in one network, where that was another."""
    row = next((row for row in facts["rows"] if row["name"] == "together"), None)
    if row is None:
        return ""
    best = next(each for each in facts["rows"] if each["name"] == facts["best"])
    shares = [say.percent(each["accuracy"][0]) for each in (row, best)]
    if row is best:
        others = [each["accuracy"][0] for each in facts["rows"] if each is not row]
        if max(others, default=0.0) == row["accuracy"][0]:
            return say(
                "Les meilleures valeurs de chaque réglage, réunies, font aussi bien qu'une seule.",
                "The best values of all settings, together, do as well as one alone.",
            )
        return say(
            "Les meilleures valeurs de chaque réglage, réunies, font mieux que chacune seule.",
            "The best values of all settings, together, do better than any alone.",
        )
    return say(
        f"Les meilleures valeurs de chaque réglage, réunies, font {shares[0]} sur les plis, moins "
        f"que la meilleure seule ({shares[1]}) : les réglages ne s'additionnent pas.",
        f"The best values of all settings, together, reach {shares[0]} on the folds, less than the "
        f"best alone ({shares[1]}): settings do not add up.",
    )
