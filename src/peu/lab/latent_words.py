"""What section 3.4 says: the loss and its terms, coefficients, reconstructions, the plane."""

from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.latent_figures import (
    asked_in_words,
    fixed_trials,
    plane_figure,
    study_curves,
    study_table,
    terms_figure,
)
from peu.lab.telling import Show, Told, text
from peu.reporting.report import Block, Callout, Paragraph

# A pixel of the grid that strays less than this says that the code changes nothing.
_SAME = 0.02
_GOOD_SHARE = 0.5
_FEW_NATS = 0.1
# Shares of the variance that reconstructions explain.
_LITTLE, _MUCH = 0.15, 0.75


def tell(facts: Facts, say: Language, show: Show) -> Told:
    """Tell what coefficients do and what the closer model is like."""
    done: list[Block] = [
        Paragraph(_setting(facts, say)),
        study_table(facts, say),
        study_curves(facts, say),
    ]
    if facts["notes"]:
        done.append(
            Callout(
                say("Ce que peu a dit de ce coefficient", "What peu said of this coefficient"),
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
                f"The first {5} test pictures and, below, their reconstruction.",
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
            "3.4b": text(_comparison(facts, say)),
            "3.4c": text(_reconstruction(facts, say)),
            "3.4d": text(_space(facts, say)),
            "3.4e": text(_action(facts, say)),
            "3.4f": text(_best(facts, say)),
        },
    )


def _setting(facts: Facts, say: Language) -> str:
    share = facts["pictures"] / max(1, facts["of"])
    part = (
        say(f" ({say.percent(share, 0)} de la base)", f" ({say.percent(share, 0)} of the set)")
        if share < 0.79
        else ""
    )
    return say(
        f"{len(facts['study']['trials'])} apprentissages sur {say.count(facts['pictures'])} images "
        f"de `{facts['name']}`{part}, {facts['epochs']} epochs par lots de "
        f"{facts['batch_size']}, mêmes poids de départ. Les figures qui suivent le tableau sont "
        f"celles du coefficient {asked_in_words(say, facts['asked'])}.",
        f"{len(facts['study']['trials'])} trainings on {say.count(facts['pictures'])} pictures of "
        f"`{facts['name']}`{part}, {facts['epochs']} epochs of batches of {facts['batch_size']}, "
        f"from the same weights. The figures after the table are those of coefficient "
        f"{asked_in_words(say, facts['asked'])}.",
    )


def _loss(facts: Facts, say: Language) -> str:
    weight, divergence = facts["ended"], sum(facts["kl"])
    cost = weight * divergence
    return say(
        "Perte = MSE + coefficient × KL. Le premier terme veut que l'image décodée ressemble à "
        "l'entrée, le second que la loi de chaque code reste près de la normale. Ici, à la fin : "
        f"MSE {say.number(facts['mse'], 4)}, et {say.short(weight)} × {say.number(divergence, 2)} "
        f"nats = {say.number(cost, 4)}. La MSE est une moyenne sur D = {facts['pixels']} pixels, "
        "la KL une somme sur les dimensions : le coefficient fixe seul leur rapport. C'est la "
        "vraisemblance de pixels bruités de variance coefficient × D / 2 = "
        f"{say.short(weight * facts['pixels'] / 2)}.",
        "Loss = MSE + coefficient × KL. The first term wants the decoded picture to look like the "
        "input, the second wants each code's distribution near the normal. Here, at the end: MSE "
        f"{say.number(facts['mse'], 4)}, and {say.short(weight)} × {say.number(divergence, 2)} "
        f"nats = {say.number(cost, 4)}. The MSE is a mean over D = {facts['pixels']} pixels, the "
        "KL a sum over dimensions: the coefficient alone sets their ratio. It is the likelihood of "
        "pixels with noise of variance coefficient × D / 2 = "
        f"{say.short(weight * facts['pixels'] / 2)}.",
    )


def _comparison(facts: Facts, say: Language) -> str:
    trials = facts["study"]["trials"]
    empty = [one for one in trials if one["active"] == 0]
    full = [one for one in trials if one["active"] == facts["latent"]]
    said = []
    if empty:
        named = say.listed([asked_in_words(say, one["asked"]) for one in empty])
        said.append(
            say(
                f"Avec {named}, aucune dimension n'est active : toute image donne la même sortie "
                f"(MSE {say.number(empty[0]['mse'], 4)} ; l'image moyenne aurait "
                f"{say.number(facts['mean_error'], 4)}).",
                f"With {named} no dimension is active: every picture gives the same output "
                f"(MSE {say.number(empty[0]['mse'], 4)}; the mean picture would have "
                f"{say.number(facts['mean_error'], 4)}).",
            )
        )
    if full:
        best = min(full, key=lambda one: one["mse"])
        named = say.listed([asked_in_words(say, one["asked"]) for one in full])
        said.append(
            say(
                f"Avec {named}, toutes le sont ; la MSE descend jusqu'à "
                f"{say.number(best['mse'], 4)} ({asked_in_words(say, best['asked'])}).",
                f"With {named} all are; the MSE goes down to {say.number(best['mse'], 4)} "
                f"({asked_in_words(say, best['asked'])}).",
            )
        )
    wrong = [one for one in trials if one["active"] != _predicted(facts, one["coefficient"])]
    bounds = say.listed([say.short(each) for each in facts["bounds"]])
    said.append(
        say(
            f"Les seuils 2λ/D calculés d'avance sont {bounds} ; "
            + (
                "ils prédisent le nombre de dimensions actives de chaque ligne."
                if not wrong
                else f"ils ne prédisent pas {len(wrong)} ligne{'s' * (len(wrong) > 1)} sur "
                f"{len(trials)} (apprentissage trop court, ou réseau plus riche que la théorie "
                "linéaire)."
            ),
            f"The bounds 2λ/D, computed beforehand, are {bounds}; "
            + (
                "they predict the number of active dimensions in every row."
                if not wrong
                else f"they miss {len(wrong)} of {len(trials)} row{'s' * (len(trials) > 1)} "
                "(training too short, or a network richer than linear theory)."
            ),
        )
    )
    return " ".join(said)


def _predicted(facts: Facts, coefficient: float) -> int:
    return sum(bound > coefficient for bound in facts["bounds"])


def _reconstruction(facts: Facts, say: Language) -> str:
    share = 1 - facts["reconstruction_mse"] / facts["mean_error"]
    if facts["active"] == 0:
        asked = asked_in_words(say, facts["asked"])
        reason = (
            say(
                f"Ce coefficient ({asked}) est trop grand.",
                f"This coefficient ({asked}) is too large.",
            )
            if _predicted(facts, facts["ended"]) == 0
            else say(
                f"Le coefficient ({asked}) le permettrait : l'apprentissage a été trop court.",
                f"The coefficient ({asked}) would allow more: training was too short.",
            )
        )
        return " ".join(
            (
                say(
                    "Il n'y en a pas : toutes les images donnent la même sortie (MSE "
                    f"{say.number(facts['reconstruction_mse'], 4)} ; l'image moyenne aurait "
                    f"{say.number(facts['mean_error'], 4)}).",
                    "There are none: all pictures give the same output (MSE "
                    f"{say.number(facts['reconstruction_mse'], 4)}; the mean picture would have "
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
        quality = say("Les images sont bien rendues", "The pictures are well rendered")
    return say(
        f"{quality} : MSE {say.number(facts['reconstruction_mse'], 4)} sur des images jamais vues, "
        f"contre {say.number(facts['mean_error'], 4)} pour l'image moyenne ; {facts['latent']} "
        f"nombres expliquent {say.percent(share, 0)} de la variance des pixels. Le flou vient de "
        "là : des images différentes partagent un code, et la MSE en rend la moyenne.",
        f"{quality}: MSE {say.number(facts['reconstruction_mse'], 4)} on pictures never seen, "
        f"against {say.number(facts['mean_error'], 4)} for the mean picture; {facts['latent']} "
        f"numbers explain {say.percent(share, 0)} of the pixels' variance. The blur comes from "
        "that: different pictures share a code, and the MSE gives their mean.",
    )


def _space(facts: Facts, say: Language) -> str:
    if facts["active"] == 0 or facts["grid_spread"] < _SAME:
        return say(
            "Il est vide : les 100 images de la grille sont la même (écart-type moyen d'un pixel : "
            f"{say.number(facts['grid_spread'], 4)}), le code ne change rien.",
            "It is empty: the 100 pictures of the grid are the same (mean deviation of a pixel: "
            f"{say.number(facts['grid_spread'], 4)}), the code changes nothing.",
        )
    said = [
        say(
            "Continu : d'une case à la suivante les images se transforment peu à peu (écart-type "
            f"moyen d'un pixel sur la grille : {say.number(facts['grid_spread'], 3)}).",
            "Continuous: from one cell to the next pictures change little by little (mean "
            f"deviation of a pixel over the grid: {say.number(facts['grid_spread'], 3)}).",
        )
    ]
    if facts["neighbours"] is not None:
        good = facts["neighbours"] >= _GOOD_SHARE
        said.append(
            say(
                f"{say.percent(facts['neighbours'], 0)} des images ont la classe de leurs 10 plus "
                f"proches voisins : les classes y sont {'rangées' if good else 'mêlées'}, alors "
                "qu'aucune étiquette n'a servi.",
                f"{say.percent(facts['neighbours'], 0)} of the pictures have the class of their 10 "
                f"nearest neighbours: classes are {'apart' if good else 'mixed'}, though no label "
                "was used.",
            )
        )
    said.append(
        say(
            f"{say.percent(facts['outside'], 0)} des codes sortent de [−3, 3] ; les frontières "
            "entre classes donnent des images qui ne sont d'aucune.",
            f"{say.percent(facts['outside'], 0)} of the codes leave [−3, 3]; borders between "
            "classes give pictures that are of none.",
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


def _action(facts: Facts, say: Language) -> str:
    ordered = sorted(facts["study"]["trials"], key=lambda one: float(one["coefficient"]))
    low, high = ordered[0], ordered[-1]
    nats = [sum(one["kl"]) for one in (high, low)]
    more = (
        say(" (le code en dit plus)", " (the code tells more)")
        if nats[1] > nats[0] + _FEW_NATS
        else say(" (rien de plus)", " (nothing more)")
    )
    return say(
        "C'est un balancier entre les deux termes. De "
        f"{asked_in_words(say, high['asked'])} à {asked_in_words(say, low['asked'])}, la KL passe "
        f"de {say.number(nats[0], 2)} à {say.number(nats[1], 2)} nats{more} et la MSE de "
        f"{say.number(high['mse'], 4)} à {say.number(low['mse'], 4)}. Trop grand, le code est "
        "vide ; trop petit, les codes s'éloignent de la normale, et un tirage au hasard tombe "
        "entre eux.",
        "It is a balance between the two terms. From "
        f"{asked_in_words(say, high['asked'])} to {asked_in_words(say, low['asked'])} the KL goes "
        f"from {say.number(nats[0], 2)} to {say.number(nats[1], 2)} nats{more} and the MSE from "
        f"{say.number(high['mse'], 4)} to {say.number(low['mse'], 4)}. Too large, and the code is "
        "empty; too small, and the codes leave the normal, so that a random draw falls between "
        "them.",
    )


def _best(facts: Facts, say: Language) -> str:
    best = facts["study"]["best"]
    named = {
        "elbo": say("la vraisemblance (ELBO)", "likelihood (ELBO)"),
        "samples": say("les images tirées", "drawn pictures"),
        "neighbours": say("les voisins", "neighbours"),
    }
    found = [
        f"{named[key]} : {asked_in_words(say, value)}"
        if say.code == "fr"
        else f"{named[key]}: {asked_in_words(say, value)}"
        for key, value in best.items()
        if value is not None
    ]
    same = len({str(value) for value in best.values() if value is not None}) == 1
    depends = (
        say("Ici, la même par toutes les mesures", "Here the same by every measure")
        if same
        else say("Elle dépend de ce qu'on en veut", "It depends on what it is for")
    )
    joined = say(" ; ", "; ").join(found)
    if all(one["active"] == 0 for one in facts["study"]["trials"]):
        depends = say(
            "Aucun de ces apprentissages n'a rempli le plan : il n'y a rien à départager",
            "None of these trainings filled the plane: there is nothing to choose between",
        )
    said = [
        say(
            f"{depends} ({joined} ; un seul apprentissage chacune).",
            f"{depends} ({joined}; one training each).",
        )
    ]
    auto = next((one for one in facts["study"]["trials"] if one["asked"] == "auto"), None)
    if auto is not None:
        theory = 2 * auto["mse"] / facts["pixels"]
        fixed = max(fixed_trials(facts), key=lambda one: one["elbo"])
        gap = auto["elbo"] - fixed["elbo"]
        apart = say.number(abs(gap), 1)
        said.append(
            say(
                "La vraisemblance est la plus haute à 2 MSE / D ; `auto` y va de lui-même et finit "
                f"à {say.short(auto['coefficient'])} (2 MSE / D sur le test : "
                f"{say.short(theory)}), {apart} nats {'au-dessus' if gap >= 0 else 'en dessous'} "
                f"de la meilleure valeur fixée, {asked_in_words(say, fixed['asked'])}.",
                "Likelihood is highest at 2 MSE / D; `auto` moves there by itself and ends at "
                f"{say.short(auto['coefficient'])} (2 MSE / D on the test: {say.short(theory)}), "
                f"{apart} nats {'above' if gap >= 0 else 'below'} the best value that was set, "
                f"{asked_in_words(say, fixed['asked'])}.",
            )
        )
    variance = facts["pixels"] / 2
    said.append(
        say(
            f"Pourquoi pas 1 : ce serait supposer des pixels bruités de variance "
            f"{say.number(variance, 0)}, eux qui vont de 0 à 1 ; aucun détail ne vaut alors ce "
            f"que coûte son code, et il faut rester sous {say.short(facts['bounds'][-1])}.",
            f"Why not 1: that would suppose pixels with noise of variance "
            f"{say.number(variance, 0)}, while they go from 0 to 1; no detail is then worth its "
            f"code, and one has to stay below {say.short(facts['bounds'][-1])}.",
        )
    )
    return " ".join(said)
