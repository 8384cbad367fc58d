"""Data that needs no licence: the words of MELD and MOSI, and synthetic pairings of three corpora."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from architectures.audio_encoder import FEATURE_COUNT
from architectures.face_encoder import MAX_FACES
from corpora.meld import CLASSES as MELD_CLASSES
from corpora.mosi import CLASSES as MOSI_CLASSES
from datasets.faces import JITTER, load_fer2013, vary
from datasets.labels import EMOTIONS
from datasets.prepared_voices import prepared_voices
from datasets.text import load_meld, load_mosi
from recipe.examples import Examples, words_only

SPLITS = ("train", "val", "test")
FRAMES = 8
"""Jittered frames of one still that represent an utterance's video."""
STILLS = {"train": 3000, "val": 600, "test": 600}
"""Faces of FER2013, evenly spaced over its labels. Each one becomes a sequence of faces in memory."""
Tokenize = Callable[[Sequence[str]], list[list[int]]]

_TO_MELD = np.array([MELD_CLASSES.index(name) for name in EMOTIONS])


def meld_words(data: Path, tokenize: Tokenize) -> Examples:
    """MELD's official splits, words only."""
    parts = [load_meld(data / "meld", split) for split in SPLITS]
    labels = np.concatenate([_TO_MELD[part.emotion_index()] for part in parts])
    return _words(parts, labels, MELD_CLASSES, tokenize)


def mosi_words(data: Path, tokenize: Tokenize) -> Examples:
    """CM-BERT's split of MOSI, words only."""
    parts = [load_mosi(data / "mosi-text", split) for split in SPLITS]
    return _words(parts, np.concatenate([part.sentiment for part in parts]), MOSI_CLASSES, tokenize)


def _words(parts: list, labels: np.ndarray, classes: tuple[str, ...], tokenize: Tokenize) -> Examples:
    splits = np.repeat(SPLITS, [len(part) for part in parts])
    groups = np.array([f"line-{row}" for row in range(len(labels))])
    return words_only(tokenize([text for part in parts for text in part.texts]), labels, splits, groups, classes)


def synthetic(data: Path, tokenize: Tokenize, runs: Path, seed: int = 7) -> Examples:
    """The words of MELD, each with a RAVDESS voice and FER2013 faces of the same label. The pairs are drawn once per
    split.

    The parts always agree and are independent given the label. The results are therefore upper bounds and are marked
    `synthetic`.
    """
    words = meld_words(data, tokenize)
    random = np.random.default_rng(seed)
    audio = np.zeros((len(words), FEATURE_COUNT), np.float32)
    face_rows = np.zeros(len(words), np.int64)
    sequences: list[np.ndarray] = []
    for split in SPLITS:
        voices = prepared_voices(data, runs, split)
        if split != "train":
            voices = voices.met_in("clean")
        faces = load_fer2013(data / "fer2013", split).spread(STILLS[split])
        first = sum(len(sequence) for sequence in sequences)
        sequences.append(_sequences(faces.images, seed))
        for row in np.flatnonzero(words.splits == split):
            emotion = EMOTIONS.index(MELD_CLASSES[words.labels[row]])
            audio[row] = voices.features[random.choice(np.flatnonzero(voices.labels == emotion)), :FEATURE_COUNT]
            face_rows[row] = first + random.choice(np.flatnonzero(faces.labels == emotion))
    counts = np.full(len(words), FRAMES, np.int64)
    present = np.ones((len(words), 3), np.float32)
    return Examples(
        words.tokens,
        audio,
        np.concatenate(sequences),
        face_rows,
        counts,
        present,
        words.labels,
        words.splits,
        words.groups,
        words.classes,
    )


def _sequences(stills: np.ndarray, seed: int) -> np.ndarray:
    """`[n, 25, 64, 64]` uint8. The first `FRAMES` of each are the still with jitter."""
    generator = torch.Generator().manual_seed(seed)
    result = np.zeros((len(stills), MAX_FACES, 64, 64), np.uint8)
    for start in range(0, len(stills), 256):
        part = torch.from_numpy(stills[start : start + 256])
        for frame in range(FRAMES):
            varied = vary(part, generator, JITTER, mirror=False).round().byte()
            result[start : start + len(part), frame] = varied.numpy()
    return result
