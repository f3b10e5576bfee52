"""Section 3.1: the encoder, what it gives, and the divergence it pays."""

from typing import Any

import numpy as np

from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.noisy_digits import first_pixels, side_of
from peu.lab.parameters import agreement, count_encoder, counted_table, total
from peu.lab.telling import Show, Told, text
from peu.models.codes import encode_pixels
from peu.recipes.variational import Variational

_LOOKED_AT = 64
_DRAWS = 2000


def untrained_network(bench: Bench) -> Any:
    """Build the sheet's encoder and decoder for the digits, with kl_weight 1."""
    from peu.networks.vae import variational_network

    return variational_network(
        Variational(),
        (*side_of(bench.digits), 1),
        mean_pixel=0.5,
        kl_weight=1.0,
        seed=bench.settings.seed,
    )


def measure(bench: Bench) -> Facts:
    """Count the encoder, and check what it computes against the formulas."""
    from peu.networks.backend import keras

    side, recipe = side_of(bench.digits), Variational()
    network = untrained_network(bench)
    pixels = first_pixels(bench.digits, _LOOKED_AT)
    codes = encode_pixels(network.encoder, pixels)
    network.encoder(pixels, training=False)
    added = float(keras.ops.convert_to_numpy(network.encoder.losses[0]))
    one = np.repeat(pixels[:1], _DRAWS, axis=0)
    drawn = keras.ops.convert_to_numpy(network.encoder(one, training=False)[0])
    return {
        "side": list(side),
        "latent": recipe.latent,
        "counted": [row.to_dict() for row in count_encoder(recipe, side, 1)],
        "calculated": total(count_encoder(recipe, side, 1)),
        "displayed": sum(int(np.prod(each.shape)) for each in network.encoder.trainable_weights),
        "mean": codes.means[0].tolist(),
        "log_variance": codes.log_variances[0].tolist(),
        "draws": _DRAWS,
        "drawn_mean": drawn.mean(axis=0).astype(float).tolist(),
        "drawn_deviation": drawn.std(axis=0).astype(float).tolist(),
        "images": len(pixels),
        "kl_by_formula": float(codes.divergences.sum(axis=1).mean()),
        "kl_by_layer": added,
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what the encoder gives."""
    return Told(
        (counted_table(say, facts["counted"]),),
        {
            "3.1a": text(agreement(say, facts["calculated"], facts["displayed"])),
            "3.1b": text(_parameters_of_a_code(facts, say)),
            "3.1c": text(_code(facts, say)),
            "3.1d": text(_divergence(facts, say)),
        },
    )


def _vector(say: Language, values: list[float]) -> str:
    joined = (" ; " if say.code == "fr" else ", ").join(say.number(each, 3) for each in values)
    return f"({joined})"


def _parameters_of_a_code(facts: Facts, say: Language) -> str:
    latent = facts["latent"]
    return say(
        f"Deux vecteurs de {latent} nombres par image, donc deux tableaux (n × {latent}) : la "
        "moyenne et le logarithme de la variance de la loi normale que l'encodeur donne à chaque "
        "image dans le plan latent. Le logarithme laisse la couche libre de donner tout nombre, "
        "la variance reste positive. Avant tout apprentissage, la première image reçoit mu = "
        f"{_vector(say, facts['mean'])} et log_var = {_vector(say, facts['log_variance'])}.",
        f"Two vectors of {latent} numbers an image, so two arrays (n × {latent}): the mean and "
        "the logarithm of the variance of the normal distribution that the encoder gives each "
        "image in the latent plane. The logarithm leaves the layer free to give any number, the "
        "variance stays positive. Before any training the first image has mu = "
        f"{_vector(say, facts['mean'])} and log_var = {_vector(say, facts['log_variance'])}.",
    )


def _code(facts: Facts, say: Language) -> str:
    wanted = [float(np.exp(0.5 * each)) for each in facts["log_variance"]]
    return say(
        "z, un tirage de cette loi : z = mu + exp(log_var / 2) × epsilon, epsilon tiré d'une "
        "normale centrée réduite. Écrit ainsi, le hasard est en dehors et le gradient passe par mu "
        f"et log_var. Vérifié sur {facts['draws']} tirages de la première image : moyenne "
        f"{_vector(say, facts['drawn_mean'])} pour mu = {_vector(say, facts['mean'])}, écart-type "
        f"{_vector(say, facts['drawn_deviation'])} pour exp(log_var / 2) = {_vector(say, wanted)}.",
        "z, a draw from that distribution: z = mu + exp(log_var / 2) × epsilon, epsilon drawn from "
        "the standard normal. Written so, chance stands outside and the gradient passes through mu "
        f"and log_var. Checked on {facts['draws']} draws of the first image: mean "
        f"{_vector(say, facts['drawn_mean'])} for mu = {_vector(say, facts['mean'])}, deviation "
        f"{_vector(say, facts['drawn_deviation'])} for exp(log_var / 2) = {_vector(say, wanted)}.",
    )


def _divergence(facts: Facts, say: Language) -> str:
    by_formula, by_layer = facts["kl_by_formula"], facts["kl_by_layer"]
    close = abs(by_formula - by_layer) <= 1e-3 * max(1e-3, by_formula)
    checked = (
        say("la couche ajoute bien cette valeur", "the layer adds just that")
        if close
        else say(
            f"la couche ajoute {say.short(by_layer)}, ce qui ne s'accorde pas",
            f"the layer adds {say.short(by_layer)}, which does not agree",
        )
    )
    return say(
        "La divergence de Kullback-Leibler entre la loi de chaque image et la normale centrée "
        "réduite, ½ Σ (mu² + σ² − 1 − log σ²), en nats : ce qu'il en coûte de dire où est l'image. "
        "Nulle si le code n'apprend rien de l'image ; elle garde les codes autour de l'origine, "
        f"pour qu'on puisse y tirer au hasard. Sur {facts['images']} images, avant "
        f"apprentissage : {say.short(by_formula)} nats en moyenne ; {checked}.",
        "The Kullback-Leibler divergence of each image's distribution from the standard normal, "
        "½ Σ (mu² + σ² − 1 − log σ²), in nats: what it costs to tell where the image lies. Zero "
        "if the code tells nothing of the image; it holds the codes around the origin, so that "
        f"one can draw there at random. On {facts['images']} images, before training: "
        f"{say.short(by_formula)} nats on average; {checked}.",
    )
