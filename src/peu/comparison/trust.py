"""What a saved model knows of itself: calibration, prediction sets, 'none of these'."""

from dataclasses import replace

import numpy as np

from peu.backbones.feature_file import small_features
from peu.classifiers.base import ImageClassifier
from peu.comparison.out_of_fold import from_inner_folds
from peu.errors import ResourceError
from peu.evaluation.calibration import OutOfFold, choose_calibration
from peu.evaluation.coverage import prediction_sets
from peu.evaluation.novelty import FALSE_REFUSALS, Others, fit_novelty
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.models.feature_graph import FeatureGraph
from peu.models.image_inputs import opened
from peu.models.novelty import Features, Novelty
from peu.models.predictor import Predictor
from peu.models.trust import Trust
from peu.seeds import child_seed


def trusted_predictor(
    recipe: ImageClassifier,
    images: ImageDataset,
    *,
    predictions: OutOfFold | None = None,
    none: ImageDataset | None = None,
    false_refusals: float = FALSE_REFUSALS,
) -> Predictor:
    """A fitted recipe as a predictor that is calibrated and knows what it does not know.

    Calibration and prediction sets need predictions for images by models that had not learnt from
    them: those of a comparison, or else of the inner folds on which a recipe chose its settings.
    'None of these' compares features: those of `transfer` with EfficientNet-Lite are its own;
    other recipes get EfficientNet-Lite0's, 7 MB beside the model.

    Args:
        recipe: fitted.
        images: what it was fitted on.
        predictions: of a comparison of this recipe; None takes those of inner folds, if any.
        none: images of something else, which sharpen 'none of these'.
        false_refusals: share of images of the classes that may be refused as none of them.

    Returns:
        The predictor, ready to be saved.

    Example:
        >>> import peu  # doctest: +SKIP
        >>> photos = peu.load_images("photos/")  # doctest: +SKIP
        >>> model = peu.trusted_predictor(peu.Transfer().fit(photos), photos)  # doctest: +SKIP
        >>> model.predict("holiday.jpg")[0].none_of_these  # doctest: +SKIP
        True
    """
    predictor = recipe.predictor()
    known = from_inner_folds(recipe, images) if predictions is None else predictions
    novelty = _novelty(recipe, images, none, false_refusals)
    if known is None:
        return replace(predictor, trust=Trust(novelty=novelty))
    chosen = choose_calibration(known)
    trust = Trust(chosen.calibration, prediction_sets(chosen.after), novelty)
    return replace(predictor, trust=trust)


def _novelty(
    recipe: ImageClassifier,
    images: ImageDataset,
    none: ImageDataset | None,
    false_refusals: float,
) -> Novelty | None:
    features, extractor = recipe.own_features(images), None
    if features is None:
        try:
            extractor = small_features()
        except ResourceError:
            # The weights come with every installation; one that lacks them still trains.
            return None
        features = extract(extractor, images)
    others = None
    if none is not None:
        own = recipe.own_features(none) if extractor is None else extract(extractor, none)
        others = None if own is None else Others(own, none.groups)
    found = fit_novelty(
        features,
        np.asarray(images.labels, np.int64),
        images.groups,
        others=others,
        false_refusals=false_refusals,
        seed=child_seed(recipe.seed, "novelty"),
    )
    return None if found is None else replace(found, extractor=extractor)


def extract(extractor: FeatureGraph, images: ImageDataset) -> Features:
    """Features (n, d) of images, from the cache where they were extracted before."""
    return cached(
        images,
        ("features", extractor.identity, extractor.shorter_side),
        lambda batch: extractor.features([extractor.prepare(each) for each in opened(batch)]),
        phase="Extracting features",
    )
