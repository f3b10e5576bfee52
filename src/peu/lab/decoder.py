"""Sections 3.2 and 3.3: the decoder, and the two halves as one network."""

import numpy as np

from peu.lab.bench import Bench
from peu.lab.encoder import untrained_network
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.noisy_digits import first_pixels, side_of
from peu.lab.parameters import (
    agreement,
    count_decoder,
    count_encoder,
    counted_table,
    total,
)
from peu.lab.telling import Show, Told, text
from peu.recipes.variational import Variational

_LOOKED_AT = 16


def measure(bench: Bench) -> Facts:
    """Count the decoder."""
    side, recipe = side_of(bench.digits), Variational()
    network = untrained_network(bench)
    last = network.decoder.layers[-1]
    return {
        "side": list(side),
        "counted": [row.to_dict() for row in count_decoder(recipe, side, 1)],
        "calculated": total(count_decoder(recipe, side, 1)),
        "displayed": int(network.decoder.count_params()),
        "filters": int(last.filters),
        "activation": str(last.activation.__name__),
        "output": [int(size) for size in network.decoder.output.shape[1:]],
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what the decoder is made of."""
    return Told(
        (counted_table(say, facts["counted"]),),
        {
            "3.2a": text(
                say(
                    f"{facts['filters']} filtre, pour un canal gris : la sortie est "
                    f"{say.shape(facts['output'])}. `{facts['activation']}`, pour rester dans "
                    "[0, 1] comme les pixels.",
                    f"{facts['filters']} filter, for one grey channel: the output is "
                    f"{say.shape(facts['output'])}. `{facts['activation']}`, to stay in [0, 1] as "
                    "pixels do.",
                )
            ),
            "3.2b": text(agreement(say, facts["calculated"], facts["displayed"])),
        },
    )


def measure_whole(bench: Bench) -> Facts:
    """Join the halves and send images through."""
    from peu.networks.backend import keras
    from peu.networks.vae import training_network

    side, recipe = side_of(bench.digits), Variational()
    whole = training_network(untrained_network(bench))
    pixels = first_pixels(bench.digits, _LOOKED_AT)
    found = keras.ops.convert_to_numpy(whole(pixels, training=False))
    weights = sum(int(np.prod(each.shape)) for each in whole.trainable_weights)
    return {
        "input": [int(size) for size in pixels.shape[1:]],
        "output": [int(size) for size in found.shape[1:]],
        "least": float(found.min()),
        "most": float(found.max()),
        "latent": recipe.latent,
        "calculated": total(count_encoder(recipe, side, 1)) + total(count_decoder(recipe, side, 1)),
        "displayed": weights,
    }


def tell_whole(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - no image
    """Tell what the whole joins."""
    inside = int(np.prod(facts["input"]))
    return Told(
        (),
        {
            "3.3a": text(
                say(
                    f"De l'image ({say.shape(facts['input'])}) à l'image "
                    f"({say.shape(facts['output'])}, entre {say.number(facts['least'], 2)} et "
                    f"{say.number(facts['most'], 2)} ici), par {facts['latent']} nombres "
                    f"seulement : {say.count(inside)} pixels, une compression de "
                    f"{say.number(inside / facts['latent'], 0)} à 1. L'encodeur y laisse un terme "
                    "de perte (KL) de lui-même, que Keras ajoute à celle de la reconstruction.",
                    f"From an image ({say.shape(facts['input'])}) to an image "
                    f"({say.shape(facts['output'])}, between {say.number(facts['least'], 2)} and "
                    f"{say.number(facts['most'], 2)} here), by way of {facts['latent']} numbers "
                    f"alone: of {say.count(inside)} pixels, "
                    f"{say.number(inside / facts['latent'], 0)} to 1. The encoder adds a term of "
                    "the loss (KL) by itself, which Keras adds to that of the reconstruction.",
                ),
                agreement(say, facts["calculated"], facts["displayed"]),
            )
        },
    )
