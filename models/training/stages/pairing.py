"""Synthetic pairings: a text, a voice and a face of different people are joined into one utterance.

No trimodal corpus is available. First, the emotion of an utterance is drawn. Each present modality then shows it or is
neutral, because people's words, voices and faces are often neutral while another modality shows the emotion. At least
one modality shows it. In a neutral utterance all parts are neutral, except for some that look like another emotion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

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
NEUTRAL = EMOTIONS.index("neutral")
NEUTRAL_SHARE = 0.3
"""Share of neutral utterances. Between an even share, 0.14, and the share in dialogue, 0.47 (MELD)."""
SHOWS_SHARE = 0.7
"""How often a modality shows the emotion, before utterances without any such modality are drawn again. With this share,
all parts agree in 54 of 100 pairs and in 35 of 100 triplets. 46 of 100 triplets have one neutral part."""
STRAY_SHARE = 0.1
"""How often a part of a neutral utterance looks like another emotion."""


@dataclass(frozen=True)
class Answers:
    """The answers of one modality to examples that its encoder was not trained on: `parts` `[n, 7 or 14]`, as in
    `PartHeads`; `label` `[n]`; `corpus` `[n]` by name; `sentiment` `[n, 7]`: target shares. `weights`: how often each
    corpus is drawn."""

    parts: Tensor
    label: np.ndarray
    corpus: np.ndarray
    sentiment: np.ndarray
    weights: dict[str, float]

    def of(self, *corpora: str) -> Answers:
        rows = np.isin(self.corpus, corpora)
        weights = {name: weight for name, weight in self.weights.items() if name in corpora}
        return Answers(self.parts[rows], self.label[rows], self.corpus[rows], self.sentiment[rows], weights)


class _ByLabel:
    """Draws an example with a given label: first a corpus with the label, by its weight, then any of its examples."""

    def __init__(self, answers: Answers) -> None:
        self.rows: list[np.ndarray] = []
        self.shares: list[np.ndarray] = []
        for label in range(len(EMOTIONS)):
            rows = np.flatnonzero(answers.label == label)
            corpora, which, counts = np.unique(answers.corpus[rows], return_inverse=True, return_counts=True)
            weights = np.array([answers.weights[name] for name in corpora])
            shares = (weights / counts)[which] if len(rows) else np.zeros(0)
            self.rows.append(rows)
            self.shares.append(shares / shares.sum() if len(rows) else shares)

    def draw(self, labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
        members = np.zeros(len(labels), int)
        for label in np.unique(labels):
            places = np.flatnonzero(labels == label)
            members[places] = random.choice(self.rows[label], len(places), p=self.shares[label])
        return members


@dataclass(frozen=True)
class Rows:
    """Drawn utterances. `members[m]` `[n]`: rows of modality m's answers; `present` `[n, 3]`; `label` `[n]`."""

    members: tuple[np.ndarray, np.ndarray, np.ndarray]
    present: np.ndarray
    label: np.ndarray


class Pairings:
    """Draws utterances of one or several patterns. Their labels are those that every modality has."""

    def __init__(self, banks: tuple[Answers, Answers, Answers]) -> None:
        self._banks = [_ByLabel(bank) for bank in banks]
        self._labels = [label for label in range(len(EMOTIONS)) if all((bank.label == label).any() for bank in banks)]

    def draw(self, shares: dict[str, float], count: int, random: np.random.Generator) -> Rows:
        """`shares`: the share of each pattern."""
        which = random.choice(len(shares), count, p=np.array(list(shares.values())) / sum(shares.values()))
        present = np.array([PATTERN_PRESENCE[name] for name in shares], np.float32)[which]
        others = [label for label in self._labels if label != NEUTRAL]
        label = np.where(random.random(count) < NEUTRAL_SHARE, NEUTRAL, random.choice(others, count))
        strays = random.choice(others, (count, 3))
        seen = np.where(random.random((count, 3)) < STRAY_SHARE, strays, NEUTRAL)
        emotional = label != NEUTRAL
        seen[emotional] = np.where(_shows(present[emotional], random), label[emotional, None], NEUTRAL)
        text, voice, face = (bank.draw(seen[:, m], random) for m, bank in enumerate(self._banks))
        return Rows((text, voice, face), present, label)


def _shows(present: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Which parts `[n, 3]` show the emotion. At least one of the present parts does."""
    shows = random.random(present.shape) < SHOWS_SHARE
    while (silent := ~(shows & (present > 0)).any(1)).any():
        shows[silent] = random.random((silent.sum(), present.shape[1])) < SHOWS_SHARE
    return shows
