"""The fixed lists of labels, and the weak relation between emotions and sentiment."""

from __future__ import annotations

import numpy as np

EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
SENTIMENTS = (-3, -2, -1, 0, 1, 2, 3)
POLARITIES = ("negative", "neutral", "positive")


def sentiment_class(value: float) -> int:
    """Index into `SENTIMENTS` of a real-valued sentiment, rounded half away from zero and limited to −3…3."""
    rounded = int(np.sign(value) * np.floor(abs(value) + 0.5))
    return max(-3, min(3, rounded)) + 3


def polarity_profiles(sentiment_classes: np.ndarray) -> np.ndarray:
    """How the seven classes are distributed within each polarity of a corpus: `[3, 7]`, rows sum to 1."""
    counts = np.bincount(sentiment_classes, minlength=7).astype(np.float64)
    profiles = np.zeros((3, 7))
    for row, members in enumerate((slice(0, 3), slice(3, 4), slice(4, 7))):
        profiles[row, members] = counts[members] + 1
    return (profiles / profiles.sum(1, keepdims=True)).astype(np.float32)


def emotion_sentiments(emotions: np.ndarray, polarities: np.ndarray, profiles: np.ndarray) -> np.ndarray:
    """The distribution of sentiment for each emotion label, `[7, 7]`: the polarities seen with the label, times the
    profile of each polarity."""
    joint = np.zeros((7, 3))
    np.add.at(joint, (emotions, polarities), 1)
    return ((joint / joint.sum(1, keepdims=True).clip(1)) @ profiles).astype(np.float32)
