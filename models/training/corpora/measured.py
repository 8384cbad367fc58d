"""Runs a corpus through the server's feature stage and returns examples for training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from architectures.audio_encoder import FEATURE_COUNT
from corpora.utterance import Corpus
from datasets.pipeline_features import measure_media
from recipe.examples import Examples


def measured_examples(corpus: Corpus, tokens: Sequence[list[int]], features: Path) -> Examples:
    """Measures the corpus into `features`, or continues an earlier measurement. As in the paper, utterances with broken
    media are removed. An utterance without a face or an audible voice stays, without that modality."""
    measured = measure_media((utterance.manifest_row() for utterance in corpus.utterances), features)
    usable = np.flatnonzero(measured.errors == "")
    broken = len(corpus.utterances) - len(usable)
    if broken:
        print(f"{broken} of {len(corpus.utterances)} utterances are left out: their media cannot be used", file=sys.stderr)
    utterances = [corpus.utterances[row] for row in usable]
    present = np.stack(
        [
            np.array([utterance.text != "" for utterance in utterances]),
            measured.audio_states[usable] != "absent",
            measured.face_counts[usable] > 0,
        ],
        axis=1,
    )
    return Examples(
        [tokens[int(row)] for row in usable],
        measured.audio[usable, :FEATURE_COUNT],
        measured.faces,
        usable,
        measured.face_counts[usable].astype(np.int64),
        present.astype(np.float32),
        np.array([utterance.label for utterance in utterances]),
        np.array([utterance.split for utterance in utterances]),
        np.array([utterance.group for utterance in utterances]),
        corpus.classes,
    )
