"""What section 2.3 says: how training went, and which loss to take."""

from peu.lab.charts import Line, Panel, curves
from peu.lab.denoiser_training import LEVELS, LOSSES
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.telling import Show, Told, text
from peu.reports.report import Block, Callout, Cell, Column, Paragraph, Table

_DARK = 0.02


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell how training went and which loss to take."""
    done: list[Block] = [Paragraph(_setting(facts, say))]
    mse = facts["losses"]["mse"]
    if mse["failed"]:
        done.append(Callout(say("Échec", "Failed"), mse["failed"], tone="warning"))
    else:
        done.append(_loss_curves(facts, say))
        done.append(
            show(
                "denoised",
                say(
                    "De haut en bas : les images de test ; bruitées à 0,2, débruitées ; bruitées à "
                    "0,4, débruitées.",
                    "From the top: test images; with noise of 0.2, denoised; with noise of 0.4, "
                    "denoised.",
                ),
            )
        )
    done.append(_quality(facts, say))
    return Told(
        tuple(done),
        {"2.3a": text(_course(facts, say)), "2.3b": text(*_choice(facts, say))},
    )


def _setting(facts: Facts, say: Language) -> str:
    part = (
        say(
            f" ({say.percent(facts['images'] / facts['of'], 0)} de la base, pour que la page "
            "soit prête vite)",
            f" ({say.percent(facts['images'] / facts['of'], 0)} of the set, so that the page is "
            "soon ready)",
        )
        if facts["images"] < 0.79 * facts["of"]
        else ""
    )
    return say(
        f"Adam, {facts['epochs']} epochs par lots de {facts['batch_size']} sur "
        f"{say.count(facts['images'])} images de `{facts['name']}`{part}, bruit de "
        f"{say.short(facts['noise'])} tiré à nouveau à chaque epoch. Le biais de sortie part de "
        f"l'intensité moyenne ({say.number(facts['mean'], 2)}).",
        f"Adam, {facts['epochs']} epochs of batches of {facts['batch_size']} on "
        f"{say.count(facts['images'])} images of `{facts['name']}`{part}, noise of "
        f"{say.short(facts['noise'])} drawn anew in each epoch. The output bias starts at the mean "
        f"intensity ({say.number(facts['mean'], 2)}).",
    )


def _loss_curves(facts: Facts, say: Language) -> Block:
    panels = []
    for loss in LOSSES:
        one = facts["losses"][loss]
        if one["failed"]:
            continue
        history = one["history"]
        epochs = list(range(1, len(history["loss"]) + 1))
        looks = [int(each) for each in history.get("watched_epoch", epochs)]
        panels.append(
            Panel(
                _loss_name(say, loss),
                "epoch",
                (
                    Line(say("apprentissage", "training"), epochs, history["loss"]),
                    Line(
                        say("images tenues à l'écart", "held out"), looks, history["watched_loss"]
                    ),
                ),
            )
        )
    return curves(
        say,
        panels,
        say(
            "Perte par epoch. Trait plein : images d'apprentissage. Tirets : images tenues à "
            "l'écart, qui n'ont rien décidé.",
            "Loss by epoch. Solid: training images. Dashed: held-out images, which decided "
            "nothing.",
        ),
    )


def _loss_name(say: Language, loss: str) -> str:
    return {
        "mse": say("erreur quadratique (MSE)", "squared error (MSE)"),
        "mae": say("erreur absolue (MAE)", "absolute error (MAE)"),
        "binary_crossentropy": say("entropie croisée", "cross-entropy"),
    }[loss]


def _quality(facts: Facts, say: Language) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for loss in LOSSES:
        one = facts["losses"][loss]
        if one["failed"]:
            failed = say("image unie", "an even image")
            rows.append((_loss_name(say, loss), *(failed for _ in LEVELS)))
            continue
        rows.append((_loss_name(say, loss), *(_pair(say, level) for level in one["levels"])))
    mse = facts["losses"]["mse"]
    if not mse["failed"]:
        for at, best in enumerate(mse["best_filter"]):
            if best is not None:
                cells = ["" for _ in LEVELS]
                cells[at] = f"{say.number(best[1], 1)} dB"
                name = say(f"meilleur filtre ({best[0]})", f"best filter ({best[0]})")
                rows.append((name, *cells))
        rows.append(
            (
                say("images bruitées", "noisy images"),
                *(
                    f"{say.number(level['noisy_psnr'], 1)} dB / "
                    f"{say.number(level['noisy_ssim'], 2)}"
                    for level in mse["levels"]
                ),
            )
        )
    return Table(
        caption=say(
            "PSNR et similarité structurelle sur des images jamais vues, par bruit de test",
            "PSNR and structural similarity on images never seen, by noise in the test",
        ),
        columns=(
            Column(say("Perte", "Loss")),
            *(Column(say.short(level), numeric=True) for level in LEVELS),
        ),
        rows=tuple(rows),
    )


def _pair(say: Language, level: Facts) -> str:
    return f"{say.number(level['psnr'], 1)} dB / {say.number(level['ssim'], 2)}"


def _course(facts: Facts, say: Language) -> str:
    mse = facts["losses"]["mse"]
    if mse["failed"]:
        return say(
            f"Elle ne descend pas sous celle d'une image unie : {mse['failed']}",
            f"It does not fall below that of an even image: {mse['failed']}",
        )
    losses, watched = mse["history"]["loss"], mse["history"]["watched_loss"]
    half = losses[len(losses) // 2]
    gap = watched[-1] / losses[-1]
    said = say(
        f"La MSE tombe de {say.short(losses[0])} à {say.short(half)} à mi-parcours, puis à "
        f"{say.short(losses[-1])} ; une image unie ferait {say.short(facts['grey_error'])}, tout "
        f"noir {say.short(facts['black_error'])}. Sur les images tenues à l'écart elle finit à "
        f"{say.short(watched[-1])}",
        f"The MSE falls from {say.short(losses[0])} to {say.short(half)} half way, then to "
        f"{say.short(losses[-1])}; an even image would have {say.short(facts['grey_error'])}, "
        f"all black {say.short(facts['black_error'])}. On held-out images it ends at "
        f"{say.short(watched[-1])}",
    )
    return said + (
        say(
            " : pas de sur-apprentissage, le bruit renouvelé sert d'augmentation.",
            ": no overfitting, noise drawn anew acts as augmentation.",
        )
        if gap < 1.1
        else say(
            f", {say.number(gap, 1)} fois plus : il sur-apprend.",
            f", {say.number(gap, 1)} times as much: it overfits.",
        )
    )


def _choice(facts: Facts, say: Language) -> tuple[str, ...]:
    worked = {
        loss: one["levels"][-1]["psnr"]
        for loss, one in facts["losses"].items()
        if not one["failed"]
    }
    said = []
    if worked:
        best = max(worked, key=lambda loss: worked[loss])
        ordered = say.listed(
            [
                f"{_loss_name(say, loss)} {say.number(value, 1)} dB"
                for loss, value in sorted(worked.items(), key=lambda pair: -pair[1])
            ]
        )
        said.append(
            say(
                f"Mesuré à {say.short(LEVELS[-1])} : {ordered}. Ici, la meilleure est donc "
                f"{_loss_name(say, best)}, un seul apprentissage chacune.",
                f"Measured at {say.short(LEVELS[-1])}: {ordered}. Best here is thus "
                f"{_loss_name(say, best)}, with one training each.",
            )
        )
    collapsed = [loss for loss, one in facts["losses"].items() if one["failed"]]
    if collapsed:
        named = say.listed([_loss_name(say, loss) for loss in collapsed])
        said.append(say(f"N'a rien appris : {named}.", f"Learnt nothing: {named}."))
    median = say.number(facts["median"], 2)
    said.append(
        say(
            "La MSE demande la moyenne des images possibles, et le PSNR n'en est que le logarithme "
            f"; l'erreur absolue demande la médiane (celle de tous les pixels est {median} ici) ; "
            "l'entropie croisée traite les gris comme des probabilités et garde un gradient même "
            "quand la sigmoïde sature.",
            "The MSE asks for the mean of the possible images, and PSNR is but its logarithm; "
            f"the absolute error asks for the median (that of all pixels is {median} here); "
            "cross-entropy takes greys for probabilities and keeps a gradient even where the "
            "sigmoid saturates.",
        )
    )
    said.append(_about_filters(facts, say))
    said.append(_about_plain(facts, say))
    return tuple(said)


def _about_plain(facts: Facts, say: Language) -> str:
    plain = facts["plain"]
    if plain["collapsed"]:
        dark = plain["output_mean"] < _DARK
        failed = say(
            "Le code du sujet tel quel (MSE, biais de sortie nul) échoue : après "
            f"{plain['epochs']} epoch{'s' * (plain['epochs'] > 1)}, sa sortie vaut en moyenne "
            f"{say.number(plain['output_mean'], 3)} et sa perte {say.short(plain['loss'])}, celle "
            f"{'du noir' if dark else 'd’une image unie'}.",
            "The sheet's code as it stands (MSE, output bias of zero) fails: after "
            f"{plain['epochs']} epoch{'s' * (plain['epochs'] > 1)} its output has a mean of "
            f"{say.number(plain['output_mean'], 3)} and its loss is {say.short(plain['loss'])}, "
            f"that of {'black' if dark else 'an even image'}.",
        )
        if not dark:
            return failed
        return f"{failed} " + say(
            "Partie de 1/2, elle apprend d'abord que presque tout est noir ; la sigmoïde sature à "
            "0, son gradient y est nul, et la MSE n'en sort plus.",
            "From 1/2 it first learns that nearly all is black; the sigmoid saturates at 0, has no "
            "gradient there, and the MSE never leaves it.",
        )
    return say(
        "Le code du sujet tel quel (biais de sortie nul) a appris cette fois (perte "
        f"{say.short(plain['loss'])}) ; il lui arrive de rester noir, la sigmoïde saturée à 0.",
        "The sheet's code as it stands (output bias of zero) did learn this time (loss "
        f"{say.short(plain['loss'])}); it may stay black, its sigmoid saturated at 0.",
    )


def _about_filters(facts: Facts, say: Language) -> str:
    """Say where the best classical filter does better than the network, and where it does not."""
    mse = facts["losses"]["mse"]
    if mse["failed"]:
        return ""
    said = []
    for level, noise, best in zip(mse["levels"], LEVELS, mse["best_filter"], strict=True):
        if best is None:
            continue
        gain = level["psnr"] - best[1]
        said.append(
            say(
                f"À {say.short(noise)}, le réseau fait {say.number(abs(gain), 1)} dB de "
                f"{'plus' if gain >= 0 else 'moins'} que le meilleur filtre, à qui l'on dit le "
                f"niveau de bruit ({best[0]}).",
                f"At {say.short(noise)} the network is {say.number(abs(gain), 1)} dB "
                f"{'above' if gain >= 0 else 'below'} the best filter, which is told the level of "
                f"noise ({best[0]}).",
            )
        )
    return " ".join(said)
