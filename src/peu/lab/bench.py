"""What the sections of a lab share: pictures, one split for all, trials, and a folder."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from peu.data.catalog import open_dataset
from peu.data.dataset import ImageDataset
from peu.data.duplicates import duplicate_groups
from peu.data.splits import Split, make_holdout, make_splits
from peu.errors import ResourceError
from peu.evaluation.uncertainty import wilson_interval
from peu.experiments.compare import compare
from peu.experiments.comparison import Comparison
from peu.experiments.latent import fewer_to_learn
from peu.experiments.trial import Trial
from peu.files import replacing
from peu.lab.findings import Facts, read_findings
from peu.lab.settings import LabSettings
from peu.progress import Progress, silent
from peu.recipes.frozen import FrozenFeatures
from peu.recipes.registry import Recipe
from peu.seeds import child_seed
from peu.strategies.fit import fit_recipe
from peu.strategies.fitted_recipe import FittedRecipe, TrainingPart

TEST_SHARE = 0.3
T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class Bench:
    """Hold what sections work with.

    All choices of part 1 are made by folds of the training pictures; the test pictures of the
    one split are for the figures alone.

    Attributes:
        settings: what the lab works on.
        folder: of the lab.
        progress: told of what is done.
        section: the key of the section at work.
    """

    settings: LabSettings
    folder: Path
    progress: Progress = silent
    section: str = ""
    _shared: dict[str, Any] = field(default_factory=dict, repr=False)

    def at(self, section: str) -> "Bench":
        """Give the bench to a section; what was opened stays open."""
        return Bench(
            settings=self.settings,
            folder=self.folder,
            progress=self.progress,
            section=section,
            _shared=self._shared,
        )

    @property
    def pictures(self) -> ImageDataset:
        """The pictures of part 1; a single class is accepted here."""
        return self._once("pictures", self._open_pictures)

    @property
    def digits(self) -> ImageDataset:
        """The pictures of parts 2 and 3: MNIST where nothing else was named."""
        return self._once("digits", self._open_digits)

    @property
    def split(self) -> Split:
        """The one split of part 1, the sheet's 70 to 30.

        Raises:
            DataError: one class, or a class with too few pictures.
        """
        return self._once(
            "split",
            lambda: make_holdout(self.pictures, test_share=TEST_SHARE, seed=self.settings.seed),
        )

    def compare_by_folds(self, recipes: Sequence[Recipe]) -> Comparison:
        """Compare recipes by folds of the training pictures alone, to choose between them."""
        pace, seed = self.settings.pace, self.settings.seed
        training = self.pictures.subset(self.split.train)
        splits = make_splits(training, folds=pace.folds, repeats=1, seed=seed)
        return compare(
            training,
            recipes,
            seed=seed,
            splits=splits[: pace.tried_folds],
            run_folder=self.folder / "runs" / f"{self.section}-folds",
            workers=1,
            progress=self.progress,
        )

    def test(self, recipes: Sequence[Recipe]) -> tuple[Trial, ...]:
        """Learn from all training pictures and answer for the test pictures."""
        return compare(
            self.pictures,
            recipes,
            seed=self.settings.seed,
            splits=[self.split],
            run_folder=self.folder / "runs" / f"{self.section}-test",
            workers=1,
            progress=self.progress,
        ).trials

    def fit(self, recipe: Recipe) -> FittedRecipe:
        """Learn from the training pictures, and keep the fitted recipe at hand.

        Heads start from the weights that those of `FrozenFeatures` start from in `test`.
        """
        part = TrainingPart(
            train=self.split.train,
            groups=duplicate_groups(self.pictures),
            watched=self.split.test,
            seed=child_seed(self.split.seed, FrozenFeatures.kind),
        )
        return fit_recipe(recipe, self.pictures, part, progress=self.progress)

    def fewer_digits(self, most: int) -> ImageDataset:
        """Give the digits with at most so many to learn from, and a third of that to test on."""
        fewer = fewer_to_learn(self.digits, most, seed=self.settings.seed)
        tested = np.flatnonzero([part == "test" for part in fewer.parts])
        others = np.flatnonzero([part != "test" for part in fewer.parts])
        return fewer.subset(np.sort(np.concatenate([others, tested[: most // 3]])))

    def facts_of(self, section: str) -> Facts | None:
        """Give what another section found, or nothing where it has not run or failed."""
        found = read_findings(self.folder, section)
        return None if found is None or found.failed else found.facts

    def keep_picture(self, name: str, picture: Image.Image) -> None:
        """Keep a picture of the section at work, as PNG."""
        with replacing(self.folder / "parts" / self.section / f"{name}.png") as draft:
            picture.save(draft, format="PNG", optimize=True)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._shared:
            self._shared[name] = make()
        found: T = self._shared[name]
        return found

    def _open_pictures(self) -> ImageDataset:
        if self.settings.data is not None:
            return open_dataset(self.settings.data, to_learn=False, progress=self.progress)
        try:
            return open_dataset("caltech4", progress=self.progress)
        except ResourceError:
            return open_dataset("samples", progress=self.progress)

    def _open_digits(self) -> ImageDataset:
        if self.settings.digits is not None:
            return open_dataset(self.settings.digits, labels_required=False, progress=self.progress)
        try:
            return open_dataset("mnist", progress=self.progress)
        except ResourceError:
            return open_dataset("digits", progress=self.progress)


def fold_rows(compared: Comparison) -> list[Facts]:
    """Give what a section remembers of a comparison by folds, a row a recipe.

    No picture was tested by a network that had seen it, and none twice: the interval is that of
    so many pictures. That of so few folds would say nothing.
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
        "phases": [
            {
                "name": phase.name,
                "trainable_parameters": phase.trainable_parameters,
                "accuracy": phase.accuracy,
                "log_loss": phase.log_loss,
            }
            for phase in trial.phases
        ],
    }
