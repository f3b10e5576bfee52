"""What section 3.4 says: the loss and its terms, kl_weights, reconstructions, the plane."""

from peu.lab.findings import Facts
from peu.lab.kl_weight_words import acts, best_value, compared, predicted_active
from peu.lab.language import Language
from peu.lab.latent_figures import (
    asked_in_words,
    plane_figure,
    study_curves,
    study_table,
    terms_figure,
)
from peu.lab.telling import Show, Told, text
from peu.reports.report import Block, Callout, Paragraph

# A pixel of the grid that strays less than this says that the code changes nothing.
_SAME = 0.02
_GOOD_SHARE = 0.5
# Shares that are little and much, of what reconstructions explain and of neighbours.
_LITTLE, _MUCH = 0.15, 0.75


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell what kl_weights do and what the closer model is like."""
    done: list[Block] = [
        Paragraph(_setting(facts, say)),
        study_table(facts, say),
        study_curves(facts, say),
    ]
    if facts["notes"]:
        done.append(
            Callout(
                say("Ce que peu a dit de ce kl_weight", "What peu said of this kl_weight"),
                "",
                tone="warning",
                items=tuple(facts["notes"]),
            )
        )
    done += [
        terms_figure(facts, say),
        show(
            "reconstructions",
            say(
                f"Les {5} premières images de test et, dessous, leur reconstruction.",
                f"The first {5} test images and, below, their reconstruction.",
            ),
        ),
        show(
            "grid",
            say(
                "Ce que le décodeur dessine de −3 à 3 : la première dimension vers la droite, la "
                "seconde vers le haut.",
                "What the decoder draws from −3 to 3: the first dimension to the right, the second "
                "upwards.",
            ),
        ),
        plane_figure(facts, say),
    ]
    return Told(
        tuple(done),
        {
            "3.4a": text(_loss(facts, say)),
            "3.4b": text(compared(facts, say)),
            "3.4c": text(_reconstruction(facts, say)),
            "3.4d": text(_space(facts, say)),
            "3.4e": text(acts(facts, say)),
            "3.4f": text(best_value(facts, say)),
        },
    )


def _setting(facts: Facts, say: Language) -> str:
    share = facts["images"] / max(1, facts["of"])
    part = (
        say(f" ({say.percent(share, 0)} de la base)", f" ({say.percent(share, 0)} of the set)")
        if share < 0.79
        else ""
    )
    return say(
        f"{len(facts['study']['trials'])} apprentissages sur {say.count(facts['images'])} images "
        f"de `{facts['name']}`{part}, {facts['epochs']} epochs par lots de "
        f"{facts['batch_size']}, mêmes poids de départ. Les figures qui suivent le tableau sont "
        f"celles du kl_weight {asked_in_words(say, facts['asked'])}.",
        f"{len(facts['study']['trials'])} trainings on {say.count(facts['images'])} images of "
        f"`{facts['name']}`{part}, {facts['epochs']} epochs of batches of {facts['batch_size']}, "
        f"from the same weights. The figures after the table are those of kl_weight "
        f"{asked_in_words(say, facts['asked'])}.",
    )


def _loss(facts: Facts, say: Language) -> str:
    weight, divergence = facts["ended"], sum(facts["kl"])
    cost = weight * divergence
    return say(
        "Perte = MSE + kl_weight × KL. Le premier terme veut que l'image décodée ressemble à "
        "l'entrée, le second que la loi de chaque code reste près de la normale. Ici, à la fin : "
        f"MSE {say.number(facts['mse'], 4)}, et {say.short(weight)} × {say.number(divergence, 2)} "
        f"nats = {say.number(cost, 4)}. La MSE est une moyenne sur D = {facts['pixels']} pixels, "
        "la KL une somme sur les dimensions : le kl_weight fixe seul leur rapport. C'est la "
        "vraisemblance de pixels bruités de variance kl_weight × D / 2 = "
        f"{say.short(weight * facts['pixels'] / 2)}.",
        "Loss = MSE + kl_weight × KL. The first term wants the decoded image to look like the "
        "input, the second wants each code's distribution near the normal. Here, at the end: MSE "
        f"{say.number(facts['mse'], 4)}, and {say.short(weight)} × {say.number(divergence, 2)} "
        f"nats = {say.number(cost, 4)}. The MSE is a mean over D = {facts['pixels']} pixels, the "
        "KL a sum over dimensions: the kl_weight alone sets their ratio. It is the likelihood of "
        "pixels with noise of variance kl_weight × D / 2 = "
        f"{say.short(weight * facts['pixels'] / 2)}.",
    )


def _reconstruction(facts: Facts, say: Language) -> str:
    share = 1 - facts["reconstruction_mse"] / facts["mean_error"]
    if facts["active"] == 0:
        asked = asked_in_words(say, facts["asked"])
        reason = (
            say(
                f"Ce kl_weight ({asked}) est trop grand.",
                f"This kl_weight ({asked}) is too large.",
            )
            if predicted_active(facts, facts["ended"]) == 0
            else say(
                f"Le kl_weight ({asked}) le permettrait : l'apprentissage a été trop court.",
                f"The kl_weight ({asked}) would allow more: training was too short.",
            )
        )
        return " ".join(
            (
                say(
                    "Il n'y en a pas : toutes les images donnent la même sortie (MSE "
                    f"{say.number(facts['reconstruction_mse'], 4)} ; l'image moyenne aurait "
                    f"{say.number(facts['mean_error'], 4)}).",
                    "There are none: all images give the same output (MSE "
                    f"{say.number(facts['reconstruction_mse'], 4)}; the mean image would have "
                    f"{say.number(facts['mean_error'], 4)}).",
                ),
                reason,
            )
        )
    if share < _LITTLE:
        quality = say("Peu s'en retrouve", "Little of them is found again")
    elif share < _MUCH:
        quality = say(
            "L'allure est reconnue, le détail est flou", "The shape is there, detail is blurred"
        )
    else:
        quality = say("Les images sont bien rendues", "The images are well rendered")
    return say(
        f"{quality} : MSE {say.number(facts['reconstruction_mse'], 4)} sur des images jamais vues, "
        f"contre {say.number(facts['mean_error'], 4)} pour l'image moyenne ; {facts['latent']} "
        f"nombres expliquent {say.percent(share, 0)} de la variance des pixels. Le flou vient de "
        "là : des images différentes partagent un code, et la MSE en rend la moyenne.",
        f"{quality}: MSE {say.number(facts['reconstruction_mse'], 4)} on images never seen, "
        f"against {say.number(facts['mean_error'], 4)} for the mean image; {facts['latent']} "
        f"numbers explain {say.percent(share, 0)} of the pixels' variance. The blur comes from "
        "that: different images share a code, and the MSE gives their mean.",
    )


def _space(facts: Facts, say: Language) -> str:
    if facts["active"] == 0 or facts["grid_spread"] < _SAME:
        return say(
            "Il est vide : les 100 images de la grille sont la même (écart-type moyen d'un pixel : "
            f"{say.number(facts['grid_spread'], 4)}), le code ne change rien.",
            "It is empty: the 100 images of the grid are the same (mean deviation of a pixel: "
            f"{say.number(facts['grid_spread'], 4)}), the code changes nothing.",
        )
    said = [
        say(
            "Continu : d'une case à la suivante les images se transforment peu à peu (écart-type "
            f"moyen d'un pixel sur la grille : {say.number(facts['grid_spread'], 3)}).",
            "Continuous: from one cell to the next images change little by little (mean "
            f"deviation of a pixel over the grid: {say.number(facts['grid_spread'], 3)}).",
        )
    ]
    if facts["neighbours"] is not None:
        if facts["neighbours"] >= _MUCH:
            order = say("rangées", "apart")
        elif facts["neighbours"] >= _GOOD_SHARE:
            order = say("en partie rangées", "in part apart")
        else:
            order = say("mêlées", "mixed")
        said.append(
            say(
                f"{say.percent(facts['neighbours'], 0)} des images ont la classe de leurs 10 plus "
                f"proches voisins : les classes y sont {order}, alors "
                "qu'aucune étiquette n'a servi.",
                f"{say.percent(facts['neighbours'], 0)} of the images have the class of their 10 "
                f"nearest neighbours: classes are {order}, though no label "
                "was used.",
            )
        )
    said.append(
        say(
            f"{say.percent(facts['outside'], 0)} des codes sortent de [−3, 3] ; les frontières "
            "entre classes donnent des images qui ne sont d'aucune.",
            f"{say.percent(facts['outside'], 0)} of the codes leave [−3, 3]; borders between "
            "classes give images that are of none.",
        )
    )
    if facts["active"] < facts["latent"]:
        said.append(
            say(
                f"Mais {facts['active']} dimension sur {facts['latent']} seulement est active.",
                f"But only {facts['active']} dimension of {facts['latent']} is active.",
            )
        )
    return " ".join(said)
