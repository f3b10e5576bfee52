"""Stratified folds of groups: scikit-learn's, found in a tenth of the time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold


class QuickStratifiedGroupKFold(StratifiedGroupKFold):  # type: ignore[misc]
    """scikit-learn's `StratifiedGroupKFold` with the same folds, quick for very many groups.

    scikit-learn tries each group in one fold after the other, which takes 15 seconds for 70,000
    images; here all folds are tried at once. Should scikit-learn rename the method that this one
    stands in for, folds take their old time and stay the same.
    """

    def _find_best_fold(
        self,
        y_counts_per_fold: NDArray[np.float64],
        y_cnt: NDArray[np.int64],
        group_y_counts: NDArray[np.float64],
    ) -> Any:
        folds, classes = y_counts_per_fold.shape
        # (tried fold, fold, class): each tried fold takes the group, the others stay.
        shares = (y_counts_per_fold + np.eye(folds)[:, :, None] * group_y_counts) / y_cnt
        # numpy.std and mean take three times as long over so little, and give the same numbers.
        off = shares - np.add.reduce(shares, axis=1, keepdims=True) / folds
        spread = np.sqrt(np.add.reduce(off * off, axis=1) / folds)
        unevenness = (np.add.reduce(spread, axis=1) / classes).tolist()
        sizes = y_counts_per_fold.sum(axis=1).tolist()
        best = 0
        for fold in range(1, folds):
            difference = unevenness[fold] - unevenness[best]
            as_even = abs(difference) <= 1e-8 + 1e-5 * unevenness[best]  # as numpy.isclose
            if difference < 0 or (as_even and sizes[fold] < sizes[best]):
                best = fold
        return best
