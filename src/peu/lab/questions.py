"""Every question of the lab sheet, in the order it asks them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """Hold one question.

    Attributes:
        key: section and letter: "1.2b".
        french: what it asks, in our words.
        english: the same.

    Source: lab sheet, the section that the key names.
    """

    key: str
    french: str
    english: str

    @property
    def section(self) -> str:
        """The section that asks it."""
        return self.key[:-1]


QUESTIONS: tuple[Question, ...] = tuple(
    Question(*row)
    for row in (
        ("1.1a", "Que dire de la taille des images ?", "What about the size of the images?"),
        ("1.1b", "Que dire du fond des objets ?", "What about the objects' background?"),
        ("1.1c", "Que dire de leur orientation ?", "What about their orientation?"),
        (
            "1.1d",
            "Quelle est la taille de X_train, et d'où vient-elle ?",
            "What is the size of X_train, and where does it come from?",
        ),
        (
            "1.1e",
            (
                "Tailles de y_train et de Y_train ? Comment passe-t-on de l'un à l'autre, et "
                "pourquoi ?"
            ),
            "Sizes of y_train and Y_train? How does one become the other, and why?",
        ),
        (
            "1.2a",
            "Combien de paramètres, par le calcul puis à l'affichage ?",
            "How many parameters, by calculation and as displayed?",
        ),
        ("1.2b", "Combien de temps dure l'apprentissage ?", "How long does training take?"),
        ("1.2c", "Comment le réseau se comporte-t-il ?", "How does the network behave?"),
        (
            "1.3a",
            "La meilleure configuration, poussée plus loin : que se passe-t-il ?",
            "The best configuration, pushed further: what happens?",
        ),
        ("1.3b", "Qu'est-ce que le dropout, et à quoi sert-il ?", "What is dropout, and what for?"),
        ("1.3c", "Combien de temps dure l'apprentissage ?", "How long does training take?"),
        ("1.3d", "Comment le réseau se comporte-t-il ?", "How does the network behave?"),
        (
            "1.4a",
            "Quel est le principe de l'augmentation de données ?",
            "What is the principle of data augmentation?",
        ),
        (
            "1.4b",
            "Quelles augmentations conviennent, et lesquelles non ?",
            "Which augmentations are suitable, and which are not?",
        ),
        ("1.4c", "Quel est leur effet sur l'apprentissage ?", "What is their effect on training?"),
        ("1.4d", "Que valent les résultats ?", "How good are the results?"),
        ("1.5a", "Combien de couches a VGG16 ?", "How many layers has VGG16?"),
        (
            "1.5b",
            "Combien de paramètres a-t-il à apprendre ?",
            "How many parameters has it to learn?",
        ),
        ("1.5c", "Que réalise ce réseau ?", "What does this network do?"),
        (
            "1.5d",
            "Où s'arrête l'extraction de caractéristiques ?",
            "Where does the extraction of features end?",
        ),
        (
            "1.5e",
            "Quelle est la taille des caractéristiques extraites ?",
            "What is the size of the extracted features?",
        ),
        (
            "1.5f",
            "Combien de paramètres le MLP a-t-il à apprendre ?",
            "How many parameters has the MLP to learn?",
        ),
        ("1.5g", "Comment se passe l'apprentissage ?", "How does training go?"),
        ("1.5h", "Que conclure des résultats ?", "What do the results say?"),
        (
            "1.6a",
            "Le réseau assemblé, testé sans nouvel apprentissage : qu'obtient-on ?",
            "The assembled network, tested before any training: what comes out?",
        ),
        ("1.6b", "Combien de paramètres à apprendre ?", "How many parameters to learn?"),
        ("1.6c", "Comment se passe l'apprentissage ?", "How does training go?"),
        ("1.6d", "Que conclure des résultats ?", "What do the results say?"),
        ("1.7a", "Comment reconnaître une nouvelle image ?", "How is a new image recognised?"),
        (
            "2.1a",
            (
                "Combien d'images de test et d'apprentissage, de quelle taille, en combien de "
                "classes ?"
            ),
            "How many test and training images, of which size, in how many classes?",
        ),
        ("2.1b", "À quoi sert np.clip ?", "What is np.clip for?"),
        (
            "2.2a",
            "Dernière couche : combien de filtres, quelle activation ?",
            "The last layer: how many filters, which activation?",
        ),
        (
            "2.2b",
            "Quelle est la taille du tenseur au milieu du réseau ?",
            "What is the size of the tensor in the middle of the network?",
        ),
        ("2.3a", "Comment la perte évolue-t-elle ?", "How does the loss develop?"),
        (
            "2.3b",
            "Quelle fonction de perte utiliser, et pourquoi ?",
            "Which loss function should be used, and why?",
        ),
        (
            "3.1a",
            "Combien de paramètres l'encodeur a-t-il ?",
            "How many parameters has the encoder?",
        ),
        (
            "3.1b",
            "Que représentent mu et log_var, de quelles dimensions ?",
            "What are mu and log_var, and of which dimensions?",
        ),
        (
            "3.1c",
            "Que représente encoder_output, et comment est-il calculé ?",
            "What is encoder_output, and how is it computed?",
        ),
        ("3.1d", "Que représente KL_loss ?", "What is KL_loss?"),
        (
            "3.2a",
            "Dernière couche : combien de filtres, quelle activation ?",
            "The last layer: how many filters, which activation?",
        ),
        (
            "3.2b",
            "Combien de paramètres le décodeur a-t-il ?",
            "How many parameters has the decoder?",
        ),
        (
            "3.3a",
            "Le VAE complet : que relie-t-il, avec combien de paramètres ?",
            "The whole VAE: what does it join, with how many parameters?",
        ),
        (
            "3.4a",
            "Comment la perte fonctionne-t-elle, que sont ses termes ?",
            "How does the loss work, and what are its terms?",
        ),
        (
            "3.4b",
            "Plusieurs valeurs du kl_weight : que conclure ?",
            "Several values of the kl_weight: what do they show?",
        ),
        (
            "3.4c",
            "Que dire de la qualité des reconstructions ?",
            "How good are the reconstructions?",
        ),
        ("3.4d", "Que dire de la qualité de l'espace latent ?", "How good is the latent space?"),
        ("3.4e", "Comment le kl_weight agit-il ?", "How does the kl_weight act?"),
        ("3.4f", "Quelle est sa meilleure valeur ?", "What is its best value?"),
    )
)


def questions_of(section: str) -> tuple[Question, ...]:
    """Give the questions that a section asks."""
    return tuple(question for question in QUESTIONS if question.section == section)
