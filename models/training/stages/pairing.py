"""Synthetic pairings: a text, a voice and a face joined because they carry the same label, and rows that lack some.

No trimodal corpus is at hand. A row's emotion is drawn first, then one example of it from each present modality.
MOSI has sentiment only: its texts meet voices and faces whose emotion has the same polarity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.labels import EMOTIONS

PATTERN_PRESENCE = {
    "T": (1, 0, 0),
    "A": (0, 1, 0),
    "V": (0, 0, 1),
    "TA": (1, 1, 0),
    "TV": (1, 0, 1),
    "AV": (0, 1, 1),
    "TAV": (1, 1, 1),
}
POLARITY_EMOTIONS = (("anger", "disgust", "fear", "sadness"), ("neutral",), ("joy",))
"""Emotions that go with a negative, neutral and positive text."""


@dataclass(frozen=True)
class Bank:
    """One modality's examples of one or more corpora: `label` `[n]` (−1: none), `corpus` `[n]`, `weights`: how often
    each corpus is drawn, `sentiment` `[n, 7]`: target shares."""

    label: np.ndarray
    corpus: np.ndarray
    weights: tuple[float, ...]
    sentiment: np.ndarray

    def prior(self) -> np.ndarray:
        """Label shares `[7]` under the corpus weights."""
        shares = np.zeros(7)
        for corpus, weight in enumerate(self.weights):
            labels = self.label[(self.corpus == corpus) & (self.label >= 0)]
            if len(labels):
                shares += weight * np.bincount(labels, minlength=7) / len(labels)
        return shares / shares.sum()


class _ByKey:
    """Draws uniformly among the examples with the same key."""

    def __init__(self, keys: np.ndarray, count: int) -> None:
        self.order = np.argsort(keys, kind="stable")
        self.starts = np.searchsorted(keys[self.order], np.arange(count))
        self.counts = np.bincount(keys[keys >= 0], minlength=count)

    def draw(self, keys: np.ndarray, random: np.random.Generator) -> np.ndarray:
        return self.order[self.starts[keys] + (random.random(len(keys)) * self.counts[keys]).astype(int)]


class Pairings:
    """Draws rows for the fusion. `flatten` 0 keeps the corpora's label shares, 1 makes all labels equally frequent."""

    def __init__(
        self,
        banks: tuple[Bank, Bank, Bank],
        shares: dict[str, float],
        flatten: float,
        sentiment_of_emotion: np.ndarray,
        opinion_share: float = 0.4,
        opinions: Bank | None = None,
    ) -> None:
        self.banks = banks
        self.patterns = list(shares)
        self.shares = np.array([shares[name] for name in self.patterns])
        self.presence = np.array([PATTERN_PRESENCE[name] for name in self.patterns], np.float32)
        self.sentiment_of_emotion = sentiment_of_emotion
        self.opinion_share = opinion_share if opinions is not None else 0.0
        self.opinions = opinions
        self._draws = [[_ByKey(np.where(b.corpus == c, b.label, -1), 7) for c in range(len(b.weights))] for b in banks]
        priors = np.stack([bank.prior() for bank in banks])
        mixed = self.presence @ priors
        mixed = (mixed / mixed.sum(1, keepdims=True)) ** (1 - flatten)
        self.label_shares = mixed / mixed.sum(1, keepdims=True)

    def draw(self, count: int, random: np.random.Generator) -> Rows:
        which = random.choice(len(self.patterns), count, p=self.shares)
        present = self.presence[which].copy()
        cumulative = self.label_shares.cumsum(1)[which]
        label = (random.random((count, 1)) > cumulative).sum(1).clip(0, 6)
        opinion = np.full(count, -1)
        if self.opinions is not None:
            chosen = (random.random(count) < self.opinion_share) & (present[:, 0] > 0)
            opinion[chosen] = random.integers(len(self.opinions.label), size=chosen.sum())
            label[chosen] = self._agreeing(self.opinions.sentiment[opinion[chosen]], random)
        members = [self._members(m, label, random) for m in range(3)]
        sentiment = self.sentiment_of_emotion[label].copy()
        has_text = present[:, 0] > 0
        sentiment[has_text] = self.banks[0].sentiment[members[0][has_text]]
        emotion_known = np.ones(count, bool)
        spoken = opinion >= 0
        if self.opinions is not None:
            sentiment[spoken] = self.opinions.sentiment[opinion[spoken]]
            emotion_known[spoken] = present[spoken, 1:].any(1)
        return Rows(members, opinion, present, label, emotion_known, sentiment)

    def _members(self, modality: int, label: np.ndarray, random: np.random.Generator) -> np.ndarray:
        corpus = random.choice(len(self.banks[modality].weights), len(label), p=self.banks[modality].weights)
        members = np.zeros(len(label), int)
        for index, draws in enumerate(self._draws[modality]):
            rows = corpus == index
            members[rows] = draws.draw(label[rows], random)
        return members

    @staticmethod
    def _agreeing(sentiment: np.ndarray, random: np.random.Generator) -> np.ndarray:
        polarity = np.sign(sentiment.argmax(1) - 3) + 1
        options = [[EMOTIONS.index(name) for name in names] for names in POLARITY_EMOTIONS]
        return np.array([random.choice(options[p]) for p in polarity], int)


@dataclass(frozen=True)
class Rows:
    """Drawn rows. `members[m]` `[n]`: rows of modality m's bank; `opinion` `[n]`: row of the opinion bank that takes
    the text's place, or −1; `present` `[n, 3]`; `label` `[n]`; `emotion_known` `[n]`; `sentiment` `[n, 7]`."""

    members: list[np.ndarray]
    opinion: np.ndarray
    present: np.ndarray
    label: np.ndarray
    emotion_known: np.ndarray
    sentiment: np.ndarray
