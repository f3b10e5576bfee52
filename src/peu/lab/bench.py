"""What the sections of a lab share: images, one split for all, trials, and a folder."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from peu.classifiers.fit import fit_recipe
from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.comparison.latent import fewer_to_learn
from peu.comparison.trial import Trial
from peu.errors import DataError, RecipeError, ResourceError
from peu.evaluation.uncertainty import wilson_interval
from peu.files import read_json, replacing, write_json
from peu.images.catalog import open_dataset
from peu.images.dataset import ImageDataset
from peu.images.decoding import decode_image
from peu.images.duplicates import duplicate_groups
from peu.images.splits import Split, make_holdout, make_splits
from peu.lab.findings import Facts, read_findings
from peu.lab.settings import LabSettings
from peu.recipes.frozen import Transfer
from peu.recipes.registry import Recipe
from peu.seeds import child_seed

TEST_SHARE = 0.3
SETS_FILE = "sets.json"
T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class Bench:
    """Hold what sections work with.

    All choices of part 1 are made by folds of the training images; the test images of the
    one split are for the figures alone.

    Attributes:
        settings: what the lab works on.
        folder: of the lab.
        section: the key of the section at work.
    """

    settings: LabSettings
    folder: Path
    section: str = ""
    _shared: dict[str, Any] = field(default_factory=dict, repr=False)

    def at(self, section: str) -> "Bench":
        """Give the bench to a section; what was opened stays open."""
        return Bench(
            settings=self.settings,
            folder=self.folder,
            section=section,
            _shared=self._shared,
        )

    @property
    def images(self) -> ImageDataset:
        """The images of part 1; a single class is accepted here."""
        return self._once("images", lambda: self._open_known("images", "caltech4", "samples"))

    @property
    def digits(self) -> ImageDataset:
        """The images of parts 2 and 3: MNIST where nothing else was named."""
        return self._once("digits", lambda: self._open_known("digits", "mnist", "digits"))

    @property
    def split(self) -> Split:
        """The one split of part 1, the sheet's 70 to 30.

        Raises:
            DataError: one class, or a class with too few images.
        """
        return self._once(
            "split",
            lambda: make_holdout(self.images, test_share=TEST_SHARE, seed=self.settings.seed),
        )

    def compare_by_folds(self, recipes: Sequence[Recipe]) -> Comparison:
        """Compare recipes by folds of the training images alone, to choose between them."""
        pace, seed = self.settings.pace, self.settings.seed
        training = self.images[self.split.train]
        splits = make_splits(training, folds=pace.folds, repeats=1, seed=seed)
        return compare(
            training,
            recipes,
            seed=seed,
            splits=splits[: pace.tried_folds],
            run_folder=self.folder / "runs" / f"{self.section}-folds",
            workers=1,
        )

    def test(self, recipes: Sequence[Recipe], *, partly: bool = False) -> tuple[Trial, ...]:
        """Learn from all training images and answer for the test images.

        Args:
            recipes: what to learn by.
            partly: leave out what cannot run, as long as something can.

        Raises:
            RecipeError: one of them cannot run, or none.
        """
        compared = compare(
            self.images,
            recipes,
            seed=self.settings.seed,
            splits=[self.split],
            run_folder=self.folder / "runs" / f"{self.section}-test",
            workers=1,
        )
        if compared.failures and not partly:
            raise RecipeError(compared.failures[0].reason)
        return compared.trials

    def fit(self, recipe: Recipe) -> FittedRecipe:
        """Learn from the training images, and keep the fitted recipe at hand.

        Heads start from the weights that those of `Transfer` start from in `test`.
        """
        part = TrainingPart(
            train=self.split.train,
            groups=duplicate_groups(self.images),
            watched=self.split.test,
            seed=child_seed(self.split.seed, Transfer.kind),
        )
        return fit_recipe(recipe, self.images, part)

    def fewer_digits(self, most: int) -> ImageDataset:
        """Give the digits with at most so many to learn from, and a third of that to test on."""
        fewer = fewer_to_learn(self.digits, most, seed=self.settings.seed)
        tested = np.flatnonzero([part == "test" for part in fewer.parts])
        others = np.flatnonzero([part != "test" for part in fewer.parts])
        return fewer[np.sort(np.concatenate([others, tested[: most // 3]]))]

    def facts_of(self, section: str) -> Facts | None:
        """Give what another section found, or nothing where it has not run or failed."""
        found = read_findings(self.folder, section)
        return None if found is None or found.failed else found.facts

    def keep_image(self, name: str, image: Image.Image) -> None:
        """Keep an image of the section at work, as PNG."""
        with replacing(self.folder / "parts" / self.section / f"{name}.png") as draft:
            image.save(draft, format="PNG", optimize=True)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._shared:
            self._shared[name] = make()
        found: T = self._shared[name]
        return found

    def open_named(self) -> dict[str, ImageDataset]:
        """Open what the settings name, before anything is written; it stays open.

        Raises:
            DataError: images that are not there, or that cannot be used.
        """
        settings = self.settings
        if settings.image is not None:
            try:
                decode_image(settings.image)
            except DataError as error:
                raise DataError(
                    f"`{settings.image}` must be an image: {error}. Name another with --image."
                ) from error
        if settings.data is not None:
            self._shared["images"] = open_dataset(settings.data, to_learn=False)
        if settings.digits is not None:
            self._shared["digits"] = open_dataset(settings.digits, labels_required=False)
        return dict(self._shared)

    def _open_known(self, kind: str, name: str, built_in: str) -> ImageDataset:
        """Open a public set, or what is built in where it is not to be had."""
        try:
            dataset = open_dataset(name)
        except ResourceError:
            dataset = open_dataset(built_in)
        _remember_set(self.folder, kind, dataset)
        return dataset


def _remember_set(folder: Path, kind: str, dataset: ImageDataset) -> None:
    """Note which set a lab took by itself; another must not be mixed with what it found.

    Args:
        folder: of the lab.
        kind: "images" or "digits".
        dataset: the set.

    Raises:
        ResourceError: the lab has worked on others.
    """
    file = folder / SETS_FILE
    try:
        known = dict(read_json(file))
    except (OSError, ValueError, TypeError):
        known = {}
    if known.get(kind, dataset.fingerprint) != dataset.fingerprint:
        raise ResourceError(
            f"`{folder}` must hold findings on the same {kind}. It was begun on others, and "
            f"`{dataset.name}` differs from them. Choose another folder with --output."
        )
    write_json(file, {**known, kind: dataset.fingerprint})


def fold_rows(compared: Comparison) -> list[Facts]:
    """Give what a section remembers of a comparison by folds, a row a recipe.

    No image was tested by a network that had seen it, and none twice: the interval is that of
    so many images. That of so few folds would say nothing.
    """
    rows = []
    for summary in compared.summaries:
        found = compared.out_of_fold(summary.name)
        correct = int((found.probabilities.argmax(axis=1) == found.labels).sum())
        rows.append(
            {
                "name": summary.name,
                "accuracy": list(astuple(wilson_interval(correct, len(found.labels)))),
                "log_loss": summary.log_loss.mean,
                "seconds": summary.seconds_per_trial,
            }
        )
    return rows


def by_rank(row: Facts) -> tuple[float, float]:
    """Rank rows by accuracy, and where that is equal by the log loss."""
    return row["accuracy"][0], -row["log_loss"]


def trial_facts(trial: Trial) -> Facts:
    """Give what a section remembers of a trial."""
    evaluation = trial.evaluation
    answers = evaluation.probabilities.argmax(axis=1)
    return {
        "name": trial.recipe.name,
        "correct": int(np.count_nonzero(answers == evaluation.labels)),
        "tested": len(evaluation.labels),
        "log_loss": evaluation.log_loss,
        "seconds": trial.seconds,
        "parameters": trial.parameters,
        "trainable_parameters": trial.trainable_parameters,
        "history": {name: list(values) for name, values in trial.history.items()},
        "notes": list(trial.notes),
    }
