"""Draws earlier utterances of the same speaker under the same condition, as in a call.

No corpus here contains whole calls, so the course of a call is drawn. Most speakers are mostly neutral, some keep one
mood throughout, and every call has a first utterance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from datasets.labels import EMOTIONS

KINDS = ("mostly neutral", "constant", "any")
KIND_SHARES = (0.65, 0.15, 0.2)
NEUTRAL_SHARE = 0.75
"""Share of neutral utterances in a mostly neutral call. The others have any label of the speaker."""
FIRST_SHARE = 0.5
"""Share of utterances with nothing before them."""
LONGEST = 20


@dataclass(frozen=True)
class Histories:
    """`rows` `[n, longest]`: earlier utterances of each utterance's speaker. The first `counts` `[n]` of them are
    real."""

    rows: np.ndarray
    counts: np.ndarray

    def mean_of(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of their features `[n, size]`, zeros without any, and their number `[n]`."""
        real = torch.from_numpy(np.arange(self.rows.shape[1]) < self.counts[:, None]).float()
        counts = torch.from_numpy(self.counts).float()
        total = torch.zeros(len(self.rows), features.shape[1])
        # One utterance of each history at a time. All at once would take gigabytes for a whole corpus.
        for at in range(self.rows.shape[1]):
            total += features[torch.from_numpy(self.rows[:, at])] * real[:, at : at + 1]
        return total / counts.clamp(min=1).unsqueeze(1), counts


class SpeakerHistories:
    """`speakers`, `conditions`, `labels` `[n]` of the utterances from which histories are drawn."""

    def __init__(self, speakers: np.ndarray, conditions: np.ndarray, labels: np.ndarray) -> None:
        calls = np.char.add(np.char.add(speakers.astype(str), "|"), conditions.astype(str))
        names, self._call = np.unique(calls, return_inverse=True)
        self._labels = labels
        keys = self._call * len(EMOTIONS) + labels
        self._order = np.argsort(keys, kind="stable")
        slots = np.arange(len(names) * len(EMOTIONS))
        self._starts = np.searchsorted(keys[self._order], slots)
        self._counts = np.bincount(keys, minlength=len(slots))
        self._call_starts = self._starts.reshape(-1, len(EMOTIONS))[:, 0]
        self._call_counts = self._counts.reshape(-1, len(EMOTIONS)).sum(1)

    def draw(
        self, rows: np.ndarray, random: np.random.Generator, count: int | None = None, kind: str | None = None
    ) -> Histories:
        """Earlier utterances for each row, of the same speaker and condition. `count`, `kind`: the same for all rows.
        Default: drawn per row."""
        counts = _drawn_counts(len(rows), random) if count is None else np.full(len(rows), count)
        kinds = random.choice(KINDS, len(rows), p=KIND_SHARES) if kind is None else np.full(len(rows), kind)
        shape = (len(rows), max(1, int(counts.max())))
        neutral = (kinds == "mostly neutral")[:, None] & (random.random(shape) < NEUTRAL_SHARE)
        wanted = np.where(neutral, EMOTIONS.index("neutral"), -1)
        wanted = np.where((kinds == "constant")[:, None], self._labels[rows][:, None], wanted)
        call = self._call[rows][:, None]
        keys = call * len(EMOTIONS) + wanted.clip(0)
        found = np.where(wanted >= 0, self._counts[keys], 0)
        # A speaker without an utterance of the label gives any other utterance.
        starts = np.where(found > 0, self._starts[keys], self._call_starts[call])
        found = np.where(found > 0, found, self._call_counts[call])
        return Histories(self._order[starts + (random.random(shape) * found).astype(int)], counts)


def _drawn_counts(size: int, random: np.random.Generator) -> np.ndarray:
    """0 with probability `FIRST_SHARE`, otherwise 1…20. Small numbers are more frequent."""
    some = np.exp(random.random(size) * np.log(LONGEST + 1)).astype(int)
    return np.where(random.random(size) < FIRST_SHARE, 0, some)
