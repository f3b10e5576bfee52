"""Hyper-parameter search over the lab sheet's family of networks, inside the training images."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.classifiers.base import FloatArray, ImageClassifier, Name
from peu.classifiers.registry import recipe
from peu.classifiers.scratch_network import TTA
from peu.classifiers.search import AfterEpoch, Judgement, importance_of, kept_search, run_search
from peu.classifiers.search_record import Push, Search, Values, best_of, search_to_dict
from peu.classifiers.search_space import Count, Rate, SearchSpace, starting_point
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.training_set import TrainingSet
from peu.files import canonical_json, sha256_of_text
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.networks.augmentation_settings import Augmentation
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed
from peu.settings import check_setting
from peu.version import __version__

_EVALUATIONS_PER_FOLD = 3
_EVALUATIONS_OF_A_PUSH = 40
_MOST_FILTERS = 128
_WARMUP = 0.05
# They say how long and under which name to search, and not how a configuration does.
_NOT_OF_THE_SEARCH = {"name", "kind", "seed", "trials", "tuning_time", "refit_factor", "push"}


@recipe("tuned-cnn")
class TunedCNN(ImageClassifier):
    """Search the lab sheet's family of networks for the one that does best on inner folds.

    Configurations are judged on inner folds of the training images, poor ones are stopped early;
    the best one is then trained on all of them, for longer. Test images have no part in it.

    Attributes:
        search_: every configuration that was tried, and the one chosen.
        network_: the chosen recipe, fitted on all training images.

    Source: lab sheet, section 1.3.
    """

    usual_seconds = 600.0

    name: Name = "tuned-cnn"
    resize_mode: Annotated[
        ResizeMode, Field(description="How images of another shape are resized.")
    ] = "stretch"
    space: Annotated[SearchSpace, Field(description="What is searched.")] = SearchSpace()
    image_size: Annotated[
        ImageSize | None, Field(description="(height, width) in pixels; null searches it.")
    ] = None
    epochs: Annotated[
        Count | None, Field(description="Passes over the training images; null searches them.")
    ] = None
    learning_rate: Annotated[
        Rate | None, Field(description="Highest learning rate; null searches it.")
    ] = None
    augmentation: Annotated[
        Augmentation, Field(description="How images are varied; its strength is searched.")
    ] = Augmentation(policy="strong")
    tta: TTA = 4
    batch_size: Annotated[int, Field(ge=1, description="Images per step.")] = 16
    dense_units: Annotated[
        int, Field(ge=1, description="Width of the hidden layer after flattening.")
    ] = 100
    inner_folds: Annotated[
        int, Field(ge=1, le=3, description="Folds that judge a configuration.")
    ] = 2
    trials: Annotated[
        int,
        Field(ge=1, description="Configurations to try; the same number gives the same choice."),
    ] = 12
    tuning_time: Annotated[
        Annotated[float, Field(gt=0, lt=1e9)] | None,
        Field(
            description="Seconds after which no further configuration is tried; how many that "
            "allows depends on the machine, and so does the choice."
        ),
    ] = None
    refit_factor: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Times its searched epochs that the choice is trained at the end: a short "
            "training ranks configurations, but is too short to be the last.",
        ),
    ] = 4
    push: Annotated[
        Annotated[int, Field(ge=2, le=1000)] | None,
        Field(
            description="Also train the choice for so many times its epochs, to show what happens."
        ),
    ] = None

    def __post_init__(self) -> None:
        smallest = self.space.image_size[0] if self.image_size is None else min(self.image_size)
        check_setting(
            "space.layers",
            holds=2 ** self.space.layers[1] <= smallest,
            expected=f"at most as many poolings as {smallest} pixels can be halved by",
            received=self.space.layers,
            advice="Use fewer layers or larger images.",
        )

    @property
    def saves_keras_network(self) -> bool:
        """Whether saving exports a Keras network, which needs the exporter."""
        return True

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return True

    def configuration(self, values: Values) -> SmallCNN:
        """The recipe that values of the searched settings stand for."""
        side, width = int(values.get("image_size", 0)), int(values["filters"])
        strength = values.get("augmentation", self.augmentation.strength)
        return SmallCNN(
            name=self.name,
            image_size=self.image_size or (side, side),
            resize_mode=self.resize_mode,
            filters=tuple(
                min(width * 2**layer, max(width, _MOST_FILTERS))
                for layer in range(int(values["layers"]))
            ),
            dense_units=self.dense_units,
            batch_norm=bool(values["batch_norm"]),
            dropout=float(values["dropout"]),
            augmentation=dataclasses.replace(self.augmentation, strength=float(strength)),
            tta=self.tta,
            training=TrainingSettings(
                epochs=self.epochs or int(values["epochs"]),
                batch_size=self.batch_size,
                learning_rate=self.learning_rate or values["learning_rate"],
                optimizer="adamw",
                weight_decay=values["weight_decay"],
                schedule="cosine",
                warmup=_WARMUP,
            ),
        )

    def distributions(self) -> dict[str, Any]:
        """Optuna's distribution of each setting that is left to be searched."""
        fixed = {
            "image_size": self.image_size is not None,
            "epochs": self.epochs is not None,
            "learning_rate": self.learning_rate is not None,
            "augmentation": self.augmentation.policy in ("none", "flip"),
        }
        return self.space.distributions({name for name, given in fixed.items() if given})

    def _fit(self, data: TrainingSet) -> None:
        folds = data.inner_folds(child_seed(self.seed, "inner folds"))[: self.inner_folds]
        parts = [data.split(fit, judge) for fit, judge in folds]
        distributions = self.distributions()
        start = starting_point(distributions)
        trials, ended_by, notes = run_search(
            distributions,
            lambda values, after_epoch: self._judge(parts, values, after_epoch),
            start=start,
            trials=self.trials if parts else 0,
            time_limit=self.tuning_time,
            seed=child_seed(self.seed, "search"),
            journal=kept_search(self._search_name(data)),
            phase=f"Searching {self.name}",
        )
        best = best_of(trials)
        chosen = self.configuration(start if best is None else trials[best].settings)
        if self.epochs is None:
            chosen = _with_training(chosen, epochs=chosen.training.epochs * self.refit_factor)
        chosen.seed = self.seed
        self.network_ = chosen.__sklearn_clone__()
        fit_on(self.network_, data)
        self.search_ = Search(
            trials=trials,
            best=best,
            chosen=chosen,
            importance=importance_of(trials, distributions),
            ended_by=ended_by,
            push=None if self.push is None else self._push(chosen, data, parts),
        )
        self.model_ = self.network_.model_
        self.history_ = self.network_.history_
        self.n_parameters_ = self.network_.n_parameters_
        self.n_trainable_parameters_ = self.network_.n_trainable_parameters_
        self.notes_ = (*notes, _note(self.search_, judged=bool(parts)), *self.network_.notes_)

    def _details(self) -> dict[str, Any]:
        return {"search": search_to_dict(self.search_)}

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return self.network_.predict_proba(images)

    def _judge(
        self, parts: list[TrainingSet], values: Values, after_epoch: AfterEpoch
    ) -> Judgement:
        from peu.networks.callbacks import CallAfterEpoch

        configuration = self.configuration(values)
        epochs = configuration.training.epochs
        every = math.ceil(epochs / _EVALUATIONS_PER_FOLD)
        configuration = _with_training(configuration, validate_every=every)
        losses: list[NDArray[np.float64]] = []
        correct: list[NDArray[np.bool_]] = []
        for number, part in enumerate(parts):

            def after(epoch: int, metrics: Mapping[str, float], number: int = number) -> None:
                loss = metrics.get("val_loss")
                if loss is not None:
                    loss = float(np.mean([*(each.mean() for each in losses), loss]))
                after_epoch(number * epochs + epoch, loss)

            # The same seed for every configuration: luck is not to make them differ.
            network = configuration.__sklearn_clone__()
            network.seed = child_seed(self.seed, "inner fold", number)
            fit_on(network, part, CallAfterEpoch(after))
            images, labels = part.validation or (part.images[[]], part.labels[:0])
            probabilities = network.predict_proba(images)
            truth = probabilities[np.arange(len(labels)), labels]
            losses.append(-np.log(np.maximum(truth, 1e-12)))
            correct.append(probabilities.argmax(axis=1) == labels)
        every_loss = np.concatenate(losses)
        count = len(every_loss)
        return Judgement(
            log_loss=float(every_loss.mean()),
            standard_error=float(every_loss.std(ddof=1) / math.sqrt(count)) if count > 1 else 0.0,
            accuracy=float(np.concatenate(correct).mean()),
        )

    def _push(self, chosen: SmallCNN, data: TrainingSet, parts: list[TrainingSet]) -> Push:
        """Train the chosen configuration for longer, with images that it does not learn from.

        Those are the validation images. Without any, as when all images are learnt from, the
        first inner fold is held out.
        """
        part = parts[0] if data.validation is None and parts else data
        epochs = chosen.training.epochs * (self.push or 1)
        every = max(1, epochs // _EVALUATIONS_OF_A_PUSH)
        longer = _with_training(chosen, epochs=epochs, validate_every=every)
        longer.name = f"{chosen.name} pushed"
        fit_on(longer, part)
        return Push(
            factor=self.push or 1,
            epochs=chosen.training.epochs,
            metrics=longer.history_.metrics,
        )

    def _search_name(self, data: TrainingSet) -> str:
        """Name of a search by everything that its trials depend on."""
        own = {
            name: value for name, value in self.to_dict().items() if name not in _NOT_OF_THE_SEARCH
        }
        given = [data.images.fingerprint, data.labels.tolist(), data.groups.tolist()]
        essence = [__version__, *given, own, self.seed]
        return sha256_of_text(canonical_json(essence))


def fit_on(network: SmallCNN, data: TrainingSet, *callbacks: Any) -> None:
    """Fit a network on a training set that was checked already."""
    network.classes_ = np.array(data.class_names)
    network.fit_with_callbacks(data, *callbacks)


def _with_training(network: SmallCNN, **changes: Any) -> SmallCNN:
    training = dataclasses.replace(network.training, **changes)
    changed: SmallCNN = network.__sklearn_clone__()
    changed.training = training
    return changed


def _note(search: Search, *, judged: bool) -> str:
    chosen = search.chosen
    height, width = chosen.image_size
    training = chosen.training
    words = (
        f"{height} x {width} pixels, filters {', '.join(map(str, chosen.filters))}"
        f"{' with batch norm' if chosen.batch_norm else ''}, dropout {chosen.dropout:.2g}, "
        f"learning rate {training.learning_rate:.2g}, weight decay {training.weight_decay:.2g}, "
        f"{training.epochs} epochs, augmentation {chosen.augmentation.policy} x "
        f"{chosen.augmentation.strength:.2g}"
    )
    if not judged:
        return f"Too few images per class to judge a configuration on inner folds: used {words}."
    if search.best is None:
        return f"No configuration could be judged within the tuning time: used {words}."
    best = search.trials[search.best]
    judged_with = best.settings.get("epochs")
    longer = (
        ""
        if judged_with in (None, training.epochs)
        else f" Trained for {training.epochs} epochs, and judged with {judged_with:.0f}."
    )
    ended = " when the tuning time was up" if search.ended_by == "time" else ""
    return (
        f"Inner folds chose {words} (log loss {best.log_loss:.2f}) among "
        f"{len(search.trials)} configurations{ended}; {len(search.near_best)} of them were as good "
        f"within one standard error.{longer}"
    )
