"""The figures that every table of this project uses, defined as scikit-learn defines them."""

from __future__ import annotations

import numpy as np


def confusion(truth: np.ndarray, guess: np.ndarray, classes: int = 7) -> np.ndarray:
    """`[truth, guess]` counts."""
    return np.bincount(truth * classes + guess, minlength=classes * classes).reshape(classes, classes)


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Mean gap between the top probability and how often it is right, over equal-width bins."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def score(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """`weighted*` weigh each class by its true count; `uar` averages recall over the classes that occur."""
    table = confusion(truth, probabilities.argmax(1), probabilities.shape[1]).astype(np.float64)
    support, guessed, hits = table.sum(1), table.sum(0), np.diag(table)
    recall = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0)
    precision = np.divide(hits, guessed, out=np.zeros_like(hits), where=guessed > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)
    weights = support / support.sum()
    return {
        "accuracy": float(hits.sum() / support.sum()),
        "weightedF1": float((f1 * weights).sum()),
        "weightedPrecision": float((precision * weights).sum()),
        "weightedRecall": float((recall * weights).sum()),
        "uar": float(recall[support > 0].mean()),
        "ece": expected_calibration_error(probabilities, truth),
    }
