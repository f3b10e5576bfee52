"""The sheet's sections in their order: a number, a title, what computes it and what tells it."""

from peu.errors import RecipeError
from peu.lab import (
    decoder,
    denoiser,
    denoiser_training,
    denoiser_words,
    encoder,
    finetuning,
    first_network,
    hyperparameter_words,
    hyperparameters,
    latent_plane,
    latent_words,
    loading,
    new_image,
    noisy_digits,
    transfer,
    varied_images,
)
from peu.lab.telling import LabSection

SECTIONS: tuple[LabSection, ...] = (
    LabSection("1.1", "Les images", "The images", loading.measure, loading.tell),
    LabSection(
        "1.2",
        "Un réseau appris de zéro",
        "A network from scratch",
        first_network.measure,
        first_network.tell,
    ),
    LabSection(
        "1.3",
        "De meilleurs hyper-paramètres",
        "Better hyper-parameters",
        hyperparameters.measure,
        hyperparameter_words.tell,
    ),
    LabSection(
        "1.4",
        "Augmentation de données",
        "Data augmentation",
        varied_images.measure,
        varied_images.tell,
    ),
    LabSection(
        "1.5", "Transfert d'apprentissage", "Transfer learning", transfer.measure, transfer.tell
    ),
    LabSection("1.6", "Fine-tuning", "Fine-tuning", finetuning.measure, finetuning.tell),
    LabSection("1.7", "Une nouvelle image", "A new image", new_image.measure, new_image.tell),
    LabSection(
        "2.1", "Des chiffres bruités", "Noisy digits", noisy_digits.measure, noisy_digits.tell
    ),
    LabSection("2.2", "Le réseau débruiteur", "The denoiser", denoiser.measure, denoiser.tell),
    LabSection(
        "2.3",
        "Apprendre à débruiter",
        "Learning to denoise",
        denoiser_training.measure,
        denoiser_words.tell,
    ),
    LabSection("3.1", "L'encodeur", "The encoder", encoder.measure, encoder.tell),
    LabSection("3.2", "Le décodeur", "The decoder", decoder.measure, decoder.tell),
    LabSection("3.3", "Le VAE complet", "The whole VAE", decoder.measure_whole, decoder.tell_whole),
    LabSection(
        "3.4",
        "Apprentissage et espace latent",
        "Training and latent space",
        latent_plane.measure,
        latent_words.tell,
    ),
)
KEYS: tuple[str, ...] = tuple(section.key for section in SECTIONS)


def choose_sections(names: str | None) -> tuple[LabSection, ...]:
    """Give the sections that are named, in the sheet's order.

    Args:
        names: numbers with commas between; "1" is all of part 1; None is everything.

    Raises:
        RecipeError: a number that the sheet has not.
    """
    if names is None:
        return SECTIONS
    wanted = [name.strip().rstrip(".") for name in names.split(",") if name.strip()]
    unknown = [
        name for name in wanted if not any(_covers(name, section.key) for section in SECTIONS)
    ]
    if unknown or not wanted:
        raise RecipeError(
            f"`--sections` must be numbers of {', '.join(KEYS)}, with commas between. Received: "
            f"{names!r}. 1.2,2.3 are two sections, 1 is all of part 1."
        )
    return tuple(
        section for section in SECTIONS if any(_covers(name, section.key) for name in wanted)
    )


def _covers(name: str, key: str) -> bool:
    return key == name or key.startswith(f"{name}.")
