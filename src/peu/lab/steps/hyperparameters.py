"""Section 1.3: one setting at a time, then the best of each together, then for longer."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

from peu.classifiers.small_cnn import SmallCNN
from peu.errors import RecipeError
from peu.lab.context import LabContext
from peu.lab.parameters import count_small_cnn
from peu.lab.settings import LabSettings
from peu.lab.steps import first_network
from peu.lab.trials import FoldFindings, FoldSearch, Paired, TrialFindings
from peu.networks.training_settings import TrainingSettings

_VALUES: dict[str, tuple[float, ...]] = {
    "layers": (3, 1),
    "width": (16, 48),
    "dropout": (0.5, 0.25),
}
# Of the usual rate and epochs.
_RATES = (0.3, 3.0)
_LONGER = 2
_LARGER = "_sheet"
_MAX_RATE = 10.0


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """What section 1.3 varies of the sheet's network.

    Attributes:
        learning_rate: of Adam.
        layers: convolutions, each with twice as many filters as the one before.
        width: filters of the first.
        dropout: probability, in [0, 1).
        epochs: of training.
    """

    learning_rate: float
    layers: int = 2
    width: int = 32
    dropout: float = 0.0
    epochs: int

    def changes(self, base: "NetworkSettings") -> dict[str, float]:
        """Settings whose values differ from those of `base`."""
        return dict(vars(self).items() - vars(base).items())

    def recipe(self, side: int, name: str) -> SmallCNN:
        """Make the recipe, for images of `side` pixels."""
        return SmallCNN(
            name=name,
            image_size=(side, side),
            filters=tuple(self.width * 2**layer for layer in range(self.layers)),
            dropout=self.dropout,
            training=TrainingSettings(epochs=self.epochs, learning_rate=self.learning_rate),
        )

    def multiplications(self, side: int, classes: int) -> int:
        """Multiplications for one image, by calculation."""
        layers = count_small_cnn(self.recipe(side, "counted"), classes)
        return sum(row.multiplications for row in layers)


@dataclass(frozen=True, kw_only=True)
class Findings(FoldSearch):
    """What section 1.3 found: `tried` configurations, "base" and "together" among them.

    Tests are of "base", "best" and "pushed", as far as they did not diverge.

    Attributes:
        of_folds: that the training images were split into.
        classes: to tell apart.
        settings: of every configuration; those that diverged are not in `tried`.
        push: how many times as long the best was trained again.
        sheet_side: side in pixels of the sheet's images.
        at_sheet_size: tests of "base" and "best" on images of that size, where `image_size` is
            smaller and they did not diverge; none in a quick lab.
        pushed: the best, trained so much longer, on the folds; None where it diverged, and in a
            quick lab.
    """

    dense_units: ClassVar[int] = SmallCNN().dense_units

    of_folds: int
    classes: int
    settings: dict[str, NetworkSettings]
    push: int
    sheet_side: int
    at_sheet_size: dict[str, TrialFindings]
    pushed: FoldFindings | None = None

    @property
    def base(self) -> NetworkSettings:
        """Settings of the sheet's network."""
        return self.settings["base"]

    @property
    def diverged(self) -> list[str]:
        """Configurations whose training diverged."""
        return [name for name in self.settings if name not in self.by_name]

    @property
    def with_dropout(self) -> list[FoldFindings]:
        """Configurations that differ from the sheet's in dropout alone."""
        return [
            row
            for row in self.tried
            if self.settings[row.name].changes(self.base).keys() == {"dropout"}
        ]

    @property
    def single(self) -> FoldFindings:
        """The best configuration that changes one setting at most."""
        return max((row for row in self.tried if row.name != "together"), key=attrgetter("rank"))

    @property
    def joined(self) -> Paired | None:
        """The best values of all settings beside the best configuration of one; None untried."""
        together = self.by_name.get("together")
        return None if together is None else together.beside(self.single)

    @property
    def chosen(self) -> Paired | None:
        """The chosen configuration beside the sheet's, on the folds; None if that diverged."""
        base = self.by_name.get("base")
        return None if base is None else self.by_name[self.best].beside(base)

    @property
    def pushing(self) -> Paired | None:
        """The longer training beside the chosen one, on the folds."""
        return None if self.pushed is None else self.pushed.beside(self.by_name[self.best])

    @property
    def multiplications(self) -> dict[str, int]:
        """Multiplications for one image by configuration, the most first."""
        counted = {
            name: each.multiplications(self.image_size, self.classes)
            for name, each in self.settings.items()
        }
        return dict(sorted(counted.items(), key=lambda item: -item[1]))


def measure(lab: LabContext) -> Findings:
    """Vary each setting, join the best values, and test what came out."""
    budget = lab.settings.budget
    base = usual_settings(lab.settings)
    settings = {"base": base}
    for setting, values in _values(base).items():
        for value in values[: budget.values]:
            changed = dataclasses.replace(base, **{setting: value})  # type: ignore[arg-type]
            settings[f"{setting} {value:g}"] = changed
    tried = lab.compare_by_folds(without_curves(_recipes(lab, settings)), partly=True)
    joined = base
    for setting in vars(base):
        same = [row for row in tried if settings[row.name].changes(base).keys() <= {setting}]
        if same:
            best_value = getattr(settings[max(same, key=attrgetter("rank")).name], setting)
            joined = dataclasses.replace(joined, **{setting: best_value})
    if joined not in [settings[row.name] for row in tried]:
        settings["together"] = joined
        tried += _one_by_folds(lab, "together", joined)
    best = max(tried, key=attrgetter("rank")).name
    longer = dataclasses.replace(settings[best], epochs=budget.push * settings[best].epochs)
    tested = {"base": base, "best": settings[best], "pushed": longer}
    pushed = () if lab.settings.quick else _one_by_folds(lab, "pushed", longer)
    trials = _known(lab, base, budget.small_size)
    unknown = {name: each for name, each in tested.items() if name not in trials}
    known, missing = _at_sheet_size(lab, base, settings[best])
    trials |= lab.test([*_recipes(lab, unknown), *missing], partly=True)
    larger = {name: trials.pop(name) for name in list(trials) if name.endswith(_LARGER)}
    return Findings(
        train=len(lab.split.train),
        folds=budget.tried_folds,
        of_folds=budget.folds,
        image_size=budget.small_size,
        classes=len(lab.images.class_names),
        settings=settings,
        tried=tried,
        best=best,
        push=budget.push,
        sheet_side=first_network.Findings.sheet_size,
        trials=trials,
        at_sheet_size=known | {name.removesuffix(_LARGER): larger[name] for name in larger},
        pushed=next(iter(pushed), None),
    )


def _one_by_folds(
    lab: LabContext, name: str, settings: NetworkSettings
) -> tuple[FoldFindings, ...]:
    """One more configuration on the same folds; nothing where it diverges."""
    try:
        return lab.compare_by_folds(without_curves(_recipes(lab, {name: settings})))
    except RecipeError:
        return ()


def _known(lab: LabContext, base: NetworkSettings, side: int) -> dict[str, TrialFindings]:
    """The test of the sheet's network in section 1.2, where that was this one at this size.

    Trained once more, from another seed, it would have a second accuracy.
    """
    earlier = lab.findings_of("1.2", first_network.Findings)
    if earlier is None or earlier.trial is None:
        return {}
    same = base.recipe(side, earlier.recipe.name) == earlier.recipe
    return {"base": earlier.trial} if same else {}


def _at_sheet_size(
    lab: LabContext, base: NetworkSettings, best: NetworkSettings
) -> tuple[dict[str, TrialFindings], list[SmallCNN]]:
    """What is known of both on images of the sheet's size, and recipes to test there."""
    side = lab.settings.budget.sheet_size
    if lab.settings.quick or side <= lab.settings.budget.small_size:
        return {}, []
    known = _known(lab, base, side)
    wanted = {"base": base} if best == base else {"base": base, "best": best}
    return known, [
        each.recipe(side, name + _LARGER) for name, each in wanted.items() if name not in known
    ]


def usual_settings(settings: LabSettings) -> NetworkSettings:
    """Settings of the sheet's network."""
    return NetworkSettings(
        learning_rate=settings.learning_rate, epochs=settings.budget.sheet_epochs
    )


def without_curves(recipes: Sequence[SmallCNN]) -> list[SmallCNN]:
    """The same networks, evaluated after the last epoch alone: a fold's curves are not shown."""
    return [
        dataclasses.replace(
            recipe,
            training=dataclasses.replace(recipe.training, validate_every=recipe.training.epochs),
        )
        for recipe in recipes
    ]


def _recipes(lab: LabContext, settings: dict[str, NetworkSettings]) -> list[SmallCNN]:
    side = lab.settings.budget.small_size
    return [each.recipe(side, name) for name, each in settings.items()]


def _values(base: NetworkSettings) -> dict[str, tuple[float, ...]]:
    rates = tuple(min(_MAX_RATE, round(base.learning_rate * each, 10)) for each in _RATES)
    return {"learning_rate": rates, "epochs": (_LONGER * base.epochs,), **_VALUES}
