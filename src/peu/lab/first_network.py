"""Section 1.2: the sheet's network, trained from nothing."""

from peu.errors import RecipeError
from peu.lab.behaviour import behaviour_in_words, name_behaviour, training_figure
from peu.lab.bench import Bench, trial_facts
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.parameters import agreement, count_scratch, counted_table
from peu.lab.telling import Show, Told, tested, text
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings
from peu.reports.report import Block, Callout, Paragraph


def measure(bench: Bench) -> Facts:
    """Count the sheet's network, and train it on the training images."""
    from peu.networks.small_cnn import small_cnn

    pace, settings = bench.settings.pace, bench.settings
    classes = len(bench.images.class_names)
    split = bench.split
    recipe = SmallCNN(
        image_size=(pace.sheet_size, pace.sheet_size),
        training=TrainingSettings(epochs=pace.sheet_epochs, learning_rate=settings.learning_rate),
    )
    facts: Facts = {
        "classes": classes,
        "train": len(split.train),
        "image_size": pace.sheet_size,
        "epochs": pace.sheet_epochs,
        "batch_size": recipe.training.batch_size,
        "learning_rate": settings.learning_rate,
        "counted": [row.to_dict() for row in count_scratch(SmallCNN(), classes)],
        "displayed": int(small_cnn(SmallCNN(), classes, seed=settings.seed).count_params()),
        "trial": None,
        "diverged": "",
    }
    try:
        (trial,) = bench.test([recipe])
    except RecipeError as error:
        return {**facts, "diverged": str(error)}
    return {**facts, "trial": trial_facts(trial)}


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell how the network did."""
    trial = facts["trial"]
    done: list[Block] = [
        Paragraph(
            say(
                f"Le réseau du sujet, appris sur {facts['train']} images de "
                f"{facts['image_size']} × {facts['image_size']} pixels : {facts['epochs']} epochs "
                f"d'Adam par lots de {facts['batch_size']}, taux "
                f"{say.short(facts['learning_rate'])}.",
                f"The sheet's network, trained on {facts['train']} images of "
                f"{facts['image_size']} × {facts['image_size']} pixels: {facts['epochs']} epochs "
                f"of Adam, batches of {facts['batch_size']}, rate "
                f"{say.short(facts['learning_rate'])}.",
            )
        )
    ]
    if trial is None:
        done.append(_diverged(facts, say))
    else:
        done.append(training_figure(say, trial["history"]))
    calculated = sum(row["parameters"] for row in facts["counted"])
    largest = max(facts["counted"], key=lambda row: row["parameters"])
    share = say.percent(largest["parameters"] / calculated)
    return Told(
        tuple(done),
        {
            "1.2a": (
                counted_table(say, facts["counted"]),
                *text(
                    agreement(say, calculated, facts["displayed"]),
                    say(
                        f"{share} sont dans une seule couche, `{largest['layer']}` : c'est la mise "
                        f"à plat qui coûte, pas les convolutions. C'est "
                        f"{say.count(round(calculated / facts['train']))} paramètres par image.",
                        f"{share} are in one layer, `{largest['layer']}`: flattening is what "
                        "costs, not the convolutions. That is "
                        f"{say.count(round(calculated / facts['train']))} parameters an image.",
                    ),
                    _other_size(facts, say),
                ),
            ),
            "1.2b": text(_time(facts, say)),
            "1.2c": text(_behaviour(facts, say)),
        },
    )


def _diverged(facts: Facts, say: Language) -> Callout:
    rate = say.short(facts["learning_rate"])
    return Callout(
        say("L'apprentissage a divergé", "Training diverged"),
        say(
            f"Avec un taux d'apprentissage de {rate}, la perte a crû au lieu de baisser et "
            f"l'apprentissage a été arrêté. Message de peu : {facts['diverged']}",
            f"At a learning rate of {rate} the loss grew instead of falling, and training was "
            f"stopped. What peu said: {facts['diverged']}",
        ),
        tone="warning",
    )


def _other_size(facts: Facts, say: Language) -> str:
    if facts["image_size"] == SmallCNN().image_size[0]:
        return ""
    return say(
        f"(Ce calcul est celui du sujet, à 224 × 224 ; appris ici à {facts['image_size']} × "
        f"{facts['image_size']} pour aller vite.)",
        f"(This is the sheet's count, at 224 × 224; trained here at {facts['image_size']} × "
        f"{facts['image_size']} to be quick.)",
    )


def _time(facts: Facts, say: Language) -> str:
    trial = facts["trial"]
    if trial is None:
        return say(
            "Il n'y a pas de durée à donner : l'apprentissage a divergé et a été arrêté.",
            "There is no time to give: training diverged and was stopped.",
        )
    epochs = len(trial["history"]["loss"])
    each = trial["seconds"] / epochs
    steps = epochs * -(-facts["train"] // facts["batch_size"])
    return say(
        f"{say.seconds(trial['seconds'])} pour {epochs} epochs sur cette machine, soit "
        f"{say.seconds(each)} par epoch en moyenne, mise en route et test compris, et {steps} pas "
        f"en tout. Le sur-coût vient de la résolution : à 64 × 64, il y a "
        f"{say.number((facts['image_size'] / 64) ** 2, 0)} fois moins de pixels."
        if facts["image_size"] > 64
        else f"{say.seconds(trial['seconds'])} pour {epochs} epochs sur cette machine, soit "
        f"{say.seconds(each)} par epoch en moyenne, mise en route et test compris, et {steps} pas "
        "en tout.",
        f"{say.seconds(trial['seconds'])} for {epochs} epochs on this machine, {say.seconds(each)} "
        f"an epoch on average with starting and testing, and {steps} steps in all."
        + (
            " Resolution is what costs: at 64 × 64 there are "
            f"{say.number((facts['image_size'] / 64) ** 2, 0)} times fewer pixels."
            if facts["image_size"] > 64
            else ""
        ),
    )


def _behaviour(facts: Facts, say: Language) -> str:
    trial = facts["trial"]
    if trial is None:
        rate, less = (say.short(facts["learning_rate"] * share) for share in (1, 0.1))
        return say(
            f"Il diverge : un taux d'apprentissage de {rate} est trop grand pour Adam. Il ne "
            f"reconnaît donc rien ; essayer {less}.",
            f"It diverges: a learning rate of {rate} is too large for Adam. So it recognises "
            f"nothing; try {less}.",
        )
    found = name_behaviour(trial["history"], facts["classes"])
    return " ".join(
        (
            behaviour_in_words(say, found),
            say(
                f"Exactitude de test : {tested(say, trial)} ; répondre au hasard donnerait "
                f"{say.percent(1 / facts['classes'], 0)}.",
                f"Test accuracy: {tested(say, trial)}; guessing would give "
                f"{say.percent(1 / facts['classes'], 0)}.",
            ),
        )
    )
