"""Figures of section 3.4: kl_weights, the loss and its terms, the plane."""

from collections.abc import Sequence
from typing import Any

from peu.lab.charts import Line, Panel, curves, scatter
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.reports.report import Cell, Column, Figure, Table


def asked_in_words(say: Language, asked: Any) -> str:
    """Write a kl_weight as it was asked for."""
    return "auto" if asked == "auto" else say.short(float(asked))


def study_table(facts: Facts, say: Language) -> Table:
    """Show every kl_weight with its figures."""
    rows: list[tuple[Cell, ...]] = [
        (
            asked_in_words(say, one["asked"]),
            say.short(one["kl_weight"]),
            say.number(one["elbo"], 1),
            say.number(one["mse"], 4),
            " / ".join(say.number(each, 2) for each in one["kl"]),
            f"{one['active']}/{facts['latent']}",
            "" if one["neighbours"] is None else say.percent(one["neighbours"], 0),
            "" if one["distance"] is None else say.number(one["distance"], 0),
            "" if one["covered"] is None else f"{one['covered']}/{one['classes']}",
        )
        for one in facts["study"]["trials"]
    ]
    titles = (
        say("À la fin", "Ended at"),
        "ELBO, nats",
        "MSE",
        "KL, nats",
        say("Actives", "Active"),
        say("Voisins", "Neighbours"),
        say("Distance", "Distance"),
        say("Classes", "Classes"),
    )
    return Table(
        caption=say(
            "Sur des images jamais vues. Voisins : classe juste des 10 plus proches dans le plan. "
            "Distance des images tirées aux vraies (moins, c'est mieux) et classes obtenues, vues "
            "par un petit classifieur",
            "On images never seen. Neighbours: right class of the 10 nearest in the plane. "
            "Distance of drawn images from real ones (less is better) and classes found, as a "
            "small classifier sees them",
        ),
        columns=(
            Column(say("Coefficient", "KL weight")),
            *(Column(title, numeric=True) for title in titles),
        ),
        rows=tuple(rows),
    )


def fixed_trials(facts: Facts) -> list[dict[str, Any]]:
    """Give the trials whose kl_weight was set, by its size."""
    fixed = [one for one in facts["study"]["trials"] if one["asked"] != "auto"]
    return sorted(fixed, key=lambda one: float(one["asked"]))


def study_curves(facts: Facts, say: Language) -> Figure:
    """Draw bound, error and neighbours over the kl_weights that were set."""
    fixed = fixed_trials(facts)
    named: Sequence[tuple[str, str]] = (
        ("ELBO", "elbo"),
        ("MSE", "mse"),
        (say("voisins justes", "neighbours right"), "neighbours"),
    )
    panels = [
        Panel(
            title,
            "kl_weight",
            (
                Line(
                    say("mesuré", "measured"),
                    [one["kl_weight"] for one in fixed if one[key] is not None],
                    [one[key] for one in fixed if one[key] is not None],
                ),
            ),
            logarithmic=True,
            verticals=tuple(each for each in facts["bounds"] if each > 0),
        )
        for title, key in named
    ]
    return curves(
        say,
        panels,
        say(
            "Coefficients fixés. Pointillés : 2λ/D, calculé sur les images avant tout "
            "apprentissage ; au-delà, une dimension doit rester vide.",
            "Coefficients that were set. Dotted: 2λ/D, computed from the images before any "
            "training; beyond it a dimension must stay empty.",
        ),
    )


def terms_figure(facts: Facts, say: Language) -> Figure:
    """Draw the loss and its two terms, of the model looked at closely."""
    history = facts["history"]
    epochs = list(range(1, len(history["loss"]) + 1))
    train, held = say("apprentissage", "training"), say("tenues à l'écart", "held out")

    def line(name: str, key: str) -> tuple[Line, ...]:
        values = history.get(key, ())
        return (Line(name, epochs, values),) if len(values) == len(epochs) else ()

    dimensions = [key for key in history if key.startswith("kl_")][:4]
    return curves(
        say,
        [
            Panel(say("perte", "loss"), "epoch", line(train, "loss") + line(held, "watched_loss")),
            Panel("MSE", "epoch", line(train, "mse") + line(held, "watched_mse")),
            Panel(
                say("KL par dimension, nats", "KL by dimension, nats"),
                "epoch",
                tuple(each for key in dimensions for each in line(key[3:], key)),
                floor=0.0,
            ),
        ],
        say(
            "Perte = MSE + kl_weight × KL. Trait plein : apprentissage ; tirets : images tenues "
            "à l'écart, qui n'ont rien décidé.",
            "Loss = MSE + kl_weight × KL. Solid: training; dashed: held-out images, which "
            "decided nothing.",
        ),
    )


def plane_figure(facts: Facts, say: Language) -> Figure:
    """Draw where images lie."""
    return scatter(
        say,
        facts["points"],
        facts["labels"],
        facts["class_names"],
        say(
            f"{len(facts['points'])} images jamais vues dans le plan latent, par classe.",
            f"{len(facts['points'])} images never seen in the latent plane, by class.",
        ),
    )
