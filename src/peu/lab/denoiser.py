"""Section 2.2: the denoising network, its last layer and its middle."""

import numpy as np

from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.language import Language
from peu.lab.noisy_digits import first_pixels, side_of
from peu.lab.parameters import agreement, count_denoiser, counted_table, total
from peu.lab.telling import Show, Told, text
from peu.recipes.denoising import Denoising

_LOOKED_AT = 1000


def measure(bench: Bench) -> Facts:
    """Count the sheet's denoiser and look into its middle."""
    from peu.networks.backend import keras
    from peu.networks.denoisers import denoiser
    from peu.networks.objective import mean_of

    side = side_of(bench.digits)
    recipe = Denoising()
    network = denoiser(recipe, 1, 0.5, seed=bench.settings.seed)
    middle_layer = f"pool_{len(recipe.widths)}"
    inside = keras.Model(network.input, network.get_layer(middle_layer).output)
    image = np.zeros((1, *side, 1), np.float32)
    last = network.layers[-1]
    return {
        "side": list(side),
        "counted": [row.to_dict() for row in count_denoiser(recipe, side, 1)],
        "calculated": total(count_denoiser(recipe, side, 1)),
        "displayed": int(network.count_params()),
        "middle": [int(size) for size in inside(image).shape[1:]],
        "output": [int(size) for size in network(image).shape[1:]],
        "filters": int(last.filters),
        "mean": mean_of(first_pixels(bench.digits, _LOOKED_AT)),
        "activation": str(last.activation.__name__),
    }


def tell(facts: Facts, say: Language, show: Show) -> Told:  # noqa: ARG001 - it kept no image
    """Tell what the network is made of."""
    middle, side = facts["middle"], facts["side"]
    inner, outer = int(np.prod(middle)), int(np.prod(side))
    halves = " → ".join(
        say.shape(row["output"][:2]) for row in facts["counted"] if row["layer"] == "MaxPooling2D"
    )
    ratio = inner / outer
    return Told(
        (
            counted_table(say, facts["counted"]),
            *text(agreement(say, facts["calculated"], facts["displayed"])),
        ),
        {
            "2.2a": text(
                say(
                    f"{facts['filters']} filtre : l'image est grise, donc un seul canal, et la "
                    f"sortie a bien la forme {say.shape(facts['output'])}. Activation "
                    f"`{facts['activation']}` : les pixels sont dans [0, 1], et elle y reste sans "
                    "couper le gradient à l'intérieur. Encore faut-il partir du bon endroit : avec "
                    "un biais nul, elle commence à 1/2 partout, et ces images ont une moyenne de "
                    f"{say.number(facts['mean'], 2)} (2.3).",
                    f"{facts['filters']} filter: the image is grey, so one channel, and the "
                    f"output has the shape {say.shape(facts['output'])}. Activation "
                    f"`{facts['activation']}`: pixels lie in [0, 1], and it stays there without "
                    "cutting the gradient inside. It has to start in the right place, though: with "
                    "a bias of zero it begins at 1/2 everywhere, and these images have a mean of "
                    f"{say.number(facts['mean'], 2)} (2.3).",
                )
            ),
            "2.2b": text(
                say(
                    f"{say.shape(middle)}, soit {say.count(inner)} nombres ({say.shape(side)} → "
                    f"{halves}, un max pooling de pas 2 à chaque fois, et {middle[-1]} filtres). "
                    f"C'est {say.number(ratio, 1)} fois les {say.count(outer)} pixels de l'image : "
                    + (
                        "le réseau ne comprime pas, et pourrait en principe recopier son entrée ; "
                        "c'est le bruit à l'entrée qui l'oblige à apprendre."
                        if ratio >= 1
                        else "le réseau comprime."
                    ),
                    f"{say.shape(middle)}, which is {say.count(inner)} numbers ({say.shape(side)} "
                    f"→ {halves}, a max pooling of step 2 each time, and {middle[-1]} filters). "
                    f"That is {say.number(ratio, 1)} times the image's {say.count(outer)} "
                    "pixels: "
                    + (
                        "the network does not compress, and could copy its input; it is the noise "
                        "at the input that makes it learn."
                        if ratio >= 1
                        else "the network compresses."
                    ),
                )
            ),
        },
    )
