"""What the sections of a lab share: images, one split for all, trials, and a folder."""

import dataclasses
import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.base import clone

from peu.classifiers.base import ImageClassifier
from peu.classifiers.transfer import Transfer
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.comparison.latent import limit_images
from peu.errors import DataError, DiskError, RecipeError, ResourceError
from peu.files import (
    read_json,
    replacing,
    sha256_of_file,
    with_checksum,
    without_checksum,
    write_json,
)
from peu.images.dataset import ImageDataset
from peu.images.decoding import decode_image
from peu.images.loading import load_images
from peu.images.splits import Split, make_holdout, make_splits
from peu.lab.findings import read_result
from peu.lab.settings import LabSettings
from peu.lab.side_by_side import networks_at_once, trial_runner
from peu.lab.trials import FoldFindings, TrialFindings, fold_findings, trial_findings
from peu.seeds import child_seed

TEST_SHARE = 0.3
SETS_FILE = "sets.json"
R = TypeVar("R", bound=ImageClassifier)
T = TypeVar("T")


@dataclass(eq=False, kw_only=True)
class LabContext:
    """What the steps of a lab share: images, one split, trials and a folder.

    All choices of part 1 are made by folds of the training images; the test images of the
    one split are for the figures alone.

    Attributes:
        settings: what the lab works on.
        folder: of the lab.
        section: the key of the section that is running.
        workers: processes that train networks side by side, one thread each; 0 trains here, one
            after the other; None is as many as cores and memory allow, where they are worth it.
    """

    settings: LabSettings
    folder: Path
    section: str = ""
    workers: int | None = 0

    @functools.cached_property
    def images(self) -> ImageDataset:
        """The images of part 1; a single class is accepted here."""
        if self.settings.data is not None:
            return load_images(self.settings.data, to_learn=False)
        return self._load_known("images", "caltech4", "samples")

    @functools.cached_property
    def digits(self) -> ImageDataset:
        """The images of parts 2 and 3: MNIST where nothing else was named."""
        if self.settings.digits is not None:
            return load_images(self.settings.digits, labels_required=False)
        return self._load_known("digits", "mnist", "digits")

    @functools.cached_property
    def split(self) -> Split:
        """The one split of part 1, 70 to 30: by class, or the sheet's own where it is asked.

        Raises:
            DataError: one class, or a class with too few images.
        """
        seed = self.settings.seed
        by_class = make_holdout(self.images, test_share=TEST_SHARE, seed=seed)
        if not self.settings.as_written:
            return by_class
        train, test = shuffled_indices(len(self.images), seed=seed)
        return dataclasses.replace(by_class, train=np.sort(train), test=np.sort(test))

    @property
    def training_images(self) -> ImageDataset:
        """The training images of part 1."""
        return self.images[self.split.train]

    @property
    def test_images(self) -> ImageDataset:
        """The test images of part 1."""
        return self.images[self.split.test]

    def compare_by_folds(
        self, recipes: Sequence[ImageClassifier], *, partly: bool = False
    ) -> tuple[FoldFindings, ...]:
        """Compare recipes by folds of the training images alone, to choose between them.

        Args:
            recipes: to compare; each trains a network.
            partly: leave out what cannot run, as long as something can.

        Raises:
            RecipeError: one of them cannot run, or none.
        """
        budget, seed = self.settings.budget, self.settings.seed
        training = self.training_images
        splits = make_splits(training, folds=budget.folds, repeats=1, seed=seed)
        compared = compare(
            training,
            recipes,
            seed=seed,
            splits=splits[: budget.tried_folds],
            run_folder=self.folder / "runs" / f"{self.section}-folds",
            runner=trial_runner(self.at_once(len(recipes) * budget.tried_folds)),
        )
        _check_complete(compared, partly=partly)
        return fold_findings(compared)

    def test(
        self, recipes: Sequence[ImageClassifier], *, partly: bool = False
    ) -> dict[str, TrialFindings]:
        """Train on all training images and test on the test images.

        Args:
            recipes: to train.
            partly: leave out what cannot run, as long as something can.

        Returns:
            What came out, by the name of the recipe.

        Raises:
            RecipeError: one of them cannot run, or none.
        """
        compared = compare(
            self.images,
            recipes,
            seed=self.settings.seed,
            splits=[self.split],
            run_folder=self.folder / "runs" / f"{self.section}-test",
            runner=trial_runner(self.at_once(sum(each.trains_network for each in recipes))),
        )
        _check_complete(compared, partly=partly)
        return {trial.recipe.name: trial_findings(trial) for trial in compared.trials}

    def at_once(self, networks: int) -> int:
        """Number of processes in which so many independent networks are trained; 0 is here."""
        return networks_at_once(networks, workers=self.workers, quick=self.settings.quick)

    def fit(self, recipe: R) -> R:
        """Fit a copy of a recipe on the training images.

        Heads start from the same weights as those of `Transfer` in `test`.
        """
        copy: R = clone(recipe).set_params(seed=child_seed(self.split.seed, Transfer.kind))
        return copy.fit(self.training_images, validation=self.test_images)

    def fewer_digits(self, most: int) -> ImageDataset:
        """Take at most so many digits for training, and a third of that for testing."""
        fewer = limit_images(self.digits, train=most, seed=self.settings.seed)
        tested = np.array([part == "test" for part in fewer.parts])
        surplus = np.flatnonzero(tested)[most // 3 :]
        return fewer[np.delete(np.arange(len(fewer)), surplus)]

    def findings_of(self, section: str, findings: type[T]) -> T | None:
        """Read the findings of another section; None where it has not run or failed.

        Args:
            section: its key.
            findings: their type.
        """
        found = read_result(self.folder, section, findings)
        return None if found is None else found.findings

    def keep_image(self, name: str, image: Image.Image) -> None:
        """Keep an image of the section that is running, as PNG."""
        with replacing(self.folder / "parts" / self.section / f"{name}.png") as draft:
            image.save(draft, format="PNG", optimize=True)

    def fingerprints(self) -> dict[str, str]:
        """Open what the settings name, before anything is written.

        Returns:
            The fingerprints of the sets and files that they name.

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
        found = {}
        for path in settings.students:
            if not path.is_file():
                raise DataError(
                    f"`{path}` must be a Keras model file. It is no file. Check --student."
                )
            found[str(path)] = sha256_of_file(path)
        if settings.data is not None:
            found["images"] = self.images.fingerprint
        if settings.digits is not None:
            found["digits"] = self.digits.fingerprint
        return found

    def _load_known(self, kind: str, name: str, built_in: str) -> ImageDataset:
        """Load a public set, or a built-in one where it is not available."""
        try:
            dataset = load_images(name)
        except DiskError:
            raise
        except ResourceError:
            dataset = load_images(built_in)
        _remember_set(self.folder, kind, dataset)
        return dataset


def shuffled_indices(count: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split as the sheet does: shuffle all, and take the first 70 % to learn from.

    The sheet seeds NumPy's generator, which `random.shuffle` does not use, so that each run of
    it splits otherwise; here the shuffle has its seed.

    Args:
        count: images.
        seed: of the shuffle.

    Returns:
        Indices to train on and to test on, in the order of the shuffle.

    Source: lab sheet, section 1.1.
    """
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 - no secret
    kept = int((1 - TEST_SHARE) * count)
    return np.array(order[:kept], np.int64), np.array(order[kept:], np.int64)


def _check_complete(compared: Comparison, *, partly: bool) -> None:
    if compared.failures and not partly:
        raise RecipeError(compared.failures[0].reason)


def _remember_set(folder: Path, kind: str, dataset: ImageDataset) -> None:
    """Note which set a lab chose; another must not be mixed with its findings.

    Args:
        folder: of the lab.
        kind: "images" or "digits".
        dataset: the set.

    Raises:
        ResourceError: the lab has worked on others.
    """
    file = folder / SETS_FILE
    try:
        known = without_checksum(read_json(file))
    except FileNotFoundError:
        known = {}
    except (OSError, ValueError) as error:
        raise ResourceError(
            f"`{file}` must say which images the lab was begun on. It cannot be read: {error}. "
            "Pass --overwrite to begin anew, or choose another folder with --output."
        ) from error
    if known.get(kind, dataset.fingerprint) != dataset.fingerprint:
        raise ResourceError(
            f"`{folder}` must hold findings on the same {kind}. It was begun on others, and "
            f"`{dataset.name}` differs from them. Choose another folder with --output."
        )
    write_json(file, with_checksum({**known, kind: dataset.fingerprint}))
