"""The metrics of all tables of this project, defined as in scikit-learn."""

from __future__ import annotations

import numpy as np

INTERVAL_FIGURES = ("accuracy", "weightedF1", "uar")
RESAMPLES = 1000


def confusion(truth: np.ndarray, guess: np.ndarray, classes: int = 7) -> np.ndarray:
    """Counts `[truth, guess]`."""
    return np.bincount(truth * classes + guess, minlength=classes * classes).reshape(classes, classes)


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Mean gap between the top probability and the share of right answers, over bins of equal width."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def error_when_calibrated(probabilities: np.ndarray, draws: int = 200, seed: int = 7) -> float:
    """The mean calibration error that chance alone gives for this number of utterances: each label is drawn as often as
    `probabilities` `[n, classes]` say."""
    random, cumulative = np.random.default_rng(seed), probabilities.cumsum(1)
    errors = []
    for _ in range(draws):
        drawn = (cumulative < random.random((len(cumulative), 1)) * cumulative[:, -1:]).sum(1)
        errors.append(expected_calibration_error(probabilities, drawn))
    return float(np.mean(errors))


def table_figures(tables: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics of one or many confusion tables, `[…, classes, classes]` → `[…]` each. `weighted*` weight each class by
    its true count. `uar` averages recall over the classes that occur."""
    tables = tables.astype(np.float64)
    support, guessed = tables.sum(-1), tables.sum(-2)
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    recall = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0)
    precision = np.divide(hits, guessed, out=np.zeros_like(hits), where=guessed > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)
    weights = support / support.sum(-1, keepdims=True)
    return {
        "accuracy": hits.sum(-1) / support.sum(-1),
        "weightedF1": (f1 * weights).sum(-1),
        "weightedPrecision": (precision * weights).sum(-1),
        "weightedRecall": (recall * weights).sum(-1),
        "uar": recall.sum(-1) / (support > 0).sum(-1),
    }


def score(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The metrics of a set of predictions, including the calibration of its probabilities. `logLoss` is in nats: a
    uniform guess over seven labels has 1.946."""
    table = confusion(truth, probabilities.argmax(1), probabilities.shape[1])
    figures = {name: float(value) for name, value in table_figures(table).items()}
    return figures | {
        "ece": expected_calibration_error(probabilities, truth),
        "logLoss": log_loss(probabilities, truth),
        "meanConfidence": float(probabilities.max(1).mean()),
    }


def log_loss(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Mean negative logarithm of the probability of each true label."""
    given = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(given, 1e-12)).mean())


def bootstrap_intervals(
    truth: np.ndarray, guess: np.ndarray, classes: int, level: float = 0.95, seed: int = 7
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of `INTERVAL_FIGURES`, with utterances drawn again with replacement. The result is always
    the same."""
    table = confusion(truth, guess, classes)
    shares = table.reshape(-1) / table.sum()
    drawn = np.random.default_rng(seed).multinomial(table.sum(), shares, RESAMPLES)
    figures = table_figures(drawn.reshape(RESAMPLES, classes, classes))
    ends = ((1 - level) / 2, (1 + level) / 2)
    quantiles = {name: np.quantile(figures[name], ends) for name in INTERVAL_FIGURES}
    return {name: (float(low), float(high)) for name, (low, high) in quantiles.items()}
