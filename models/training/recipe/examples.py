"""A corpus ready for training: tokens, features and labels in memory, divided into batches on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from architectures.face_encoder import FACE_SIZE_PX, MAX_FACES
from architectures.utterance_batch import UtteranceBatch
from datasets.tokens import bucketed_batches, pad
from stages.pairing import PATTERN_PRESENCE


@dataclass(frozen=True)
class Examples:
    """`tokens`: ids per utterance, at most 50; `audio` float32 `[n, 128]`; `faces` uint8 `[m, 25, 64, 64]`: an
    utterance has the first `face_counts` `[n]` faces of row `face_rows` `[n]`; `present` float32 `[n, 3]`; `labels`
    `[n]`; `splits` `[n]`: the corpus's own, or ''; `groups` `[n]`: a speaker or video, for example, that must not be
    divided among splits; `classes`: the names of the labels."""

    tokens: Sequence[list[int]]
    audio: np.ndarray
    faces: np.ndarray
    face_rows: np.ndarray
    face_counts: np.ndarray
    present: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, chosen: np.ndarray) -> Examples:
        """The chosen utterances. The faces are shared and not copied."""
        return Examples(
            [self.tokens[row] for row in chosen],
            self.audio[chosen],
            self.faces,
            self.face_rows[chosen],
            self.face_counts[chosen],
            self.present[chosen],
            self.labels[chosen],
            self.splits[chosen],
            self.groups[chosen],
            self.classes,
        )

    def seen_as(self, pattern: str) -> Examples:
        """The same utterances, without the modalities that are not in the pattern."""
        return replace(self, present=self.present * np.array(PATTERN_PRESENCE[pattern], np.float32))

    def batch(self, chosen: np.ndarray) -> UtteranceBatch:
        ids, mask = pad([self.tokens[row] for row in chosen])
        return UtteranceBatch(
            ids,
            mask,
            torch.from_numpy(self.audio[chosen]),
            torch.from_numpy(self.faces[self.face_rows[chosen]]),
            torch.from_numpy(self.face_counts[chosen]),
            torch.from_numpy(self.present[chosen]),
        )

    def batches(self, size: int, random: np.random.Generator | None = None) -> Iterator[tuple[UtteranceBatch, torch.Tensor]]:
        """Batches and labels: drawn at random among utterances of similar lengths, or in the given order."""
        rows = (
            bucketed_batches(np.array([len(ids) for ids in self.tokens]), size, random)
            if random
            else (np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size))
        )
        for chosen in rows:
            yield self.batch(chosen), torch.from_numpy(self.labels[chosen])


def words_only(
    tokens: Sequence[list[int]], labels: np.ndarray, splits: np.ndarray, groups: np.ndarray, classes: tuple[str, ...]
) -> Examples:
    """Utterances that have only words."""
    count = len(labels)
    return Examples(
        tokens,
        np.zeros((count, 128), np.float32),
        np.zeros((1, MAX_FACES, FACE_SIZE_PX, FACE_SIZE_PX), np.uint8),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.tile(np.array([1, 0, 0], np.float32), (count, 1)),
        labels.astype(np.int64),
        splits,
        groups,
        classes,
    )
