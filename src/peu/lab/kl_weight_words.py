"""What section 3.4 says of the kl_weight: what it does, and which value is best."""

from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.latent_figures import asked_in_words, fixed_trials

_FEW_NATS = 0.1


def compared(facts: Facts, say: Language) -> str:
    """Say what each kl_weight led to, and whether the bounds foretold it."""
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
                f"With {named} no dimension is active: every image gives the same output "
                f"(MSE {say.number(empty[0]['mse'], 4)}; the mean image would have "
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
    wrong = [one for one in trials if one["active"] != predicted_active(facts, one["kl_weight"])]
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


def predicted_active(facts: Facts, kl_weight: float) -> int:
    """Give how many dimensions the bounds let be active."""
    return sum(bound > kl_weight for bound in facts["bounds"])


def acts(facts: Facts, say: Language) -> str:
    """Say how the kl_weight acts, from the largest to the smallest."""
    ordered = sorted(facts["study"]["trials"], key=lambda one: float(one["kl_weight"]))
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


def best_value(facts: Facts, say: Language) -> str:
    """Say which value is best, for what, and why it is not 1."""
    best = facts["study"]["best"]
    named = {
        "elbo": say("la vraisemblance (ELBO)", "likelihood (ELBO)"),
        "samples": say("les images tirées", "drawn images"),
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
                f"à {say.short(auto['kl_weight'])} (2 MSE / D sur le test : "
                f"{say.short(theory)}), {apart} nats {'au-dessus' if gap >= 0 else 'en dessous'} "
                f"de la meilleure valeur fixée, {asked_in_words(say, fixed['asked'])}.",
                "Likelihood is highest at 2 MSE / D; `auto` moves there by itself and ends at "
                f"{say.short(auto['kl_weight'])} (2 MSE / D on the test: {say.short(theory)}), "
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
