"""Section 1.2: the sheet's network, trained from scratch."""

from dataclasses import dataclass
from typing import ClassVar

from peu.classifiers.registry import AnyRecipe
from peu.classifiers.small_cnn import SmallCNN
from peu.errors import RecipeError
from peu.lab.context import LabContext
from peu.lab.parameters import LayerCount, ParameterCount, count_small_cnn
from peu.lab.settings import LabSettings
from peu.lab.students import Misfit, StudentFindings, score_students
from peu.lab.trials import TrialFindings
from peu.networks.training_settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.2 found.

    Attributes:
        classes: to tell apart.
        train: training images.
        recipe: the network that was trained; smaller than the sheet's where the lab is quick.
        count: parameters of the sheet's network.
        trial: training and test, or None where training diverged.
        diverged: the error of a training that diverged, or "".
        students: networks of the student's own, on the same test images.
        misfits: those that cannot take these images.
    """

    sheet_size: ClassVar[int] = SmallCNN().image_size[0]

    classes: int
    train: int
    recipe: AnyRecipe
    count: ParameterCount
    trial: TrialFindings | None
    diverged: str = ""
    students: tuple[StudentFindings, ...] = ()
    misfits: tuple[Misfit, ...] = ()

    @property
    def largest(self) -> LayerCount:
        """The layer with most parameters."""
        return max(self.count.layers, key=lambda row: row.parameters)

    @property
    def multiplications(self) -> int:
        """Multiplications for one image by the sheet's network."""
        return sum(row.multiplications for row in self.count.layers)

    @property
    def convolution_share(self) -> float:
        """Share of them that the convolutions make."""
        convolutions = [row for row in self.count.layers if len(row.output) == 3]
        return sum(row.multiplications for row in convolutions) / self.multiplications


def sheet_recipe(settings: LabSettings) -> SmallCNN:
    """The sheet's network, on images as small as the budget wants."""
    side = settings.budget.sheet_size
    return SmallCNN(
        image_size=(side, side),
        training=TrainingSettings(
            epochs=settings.budget.sheet_epochs, learning_rate=settings.learning_rate
        ),
    )


def measure(lab: LabContext) -> Findings:
    """Count the sheet's network, and train it on the training images."""
    from peu.networks.small_cnn import small_cnn

    settings = lab.settings
    sheet, classes = SmallCNN(), len(lab.images.class_names)
    displayed = small_cnn(sheet.image_size, classes, seed=settings.seed).count_params()
    recipe = sheet_recipe(settings)
    train, trial, diverged = len(lab.split.train), None, ""
    try:
        (trial,) = lab.test([recipe]).values()
    except RecipeError as error:
        diverged = str(error)
    students, misfits = score_students(lab)
    return Findings(
        classes=classes,
        train=train,
        recipe=recipe,
        count=ParameterCount(count_small_cnn(sheet, classes), int(displayed)),
        trial=trial,
        diverged=diverged,
        students=students,
        misfits=misfits,
    )
