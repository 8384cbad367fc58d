"""Rows about people that the bundle was not trained on: how often it is right about voices, faces and words of new people.

The bundle was trained on all corpora, so it cannot be scored on a corpus that it does not know. `leave_out.py` makes
such rows with models that were trained without a corpus, and they come with the bundle (`unseen-corpora.json`).

The fused rows are still synthetic pairings, because no corpus here has words, voice and face from one recording. But
each part comes from somebody that the model was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from architectures.interaction_fusion import PATTERNS
from datasets.faces import load_muxspace
from datasets.labels import EMOTIONS
from datasets.prepared_voices import CorpusVoices, prepared_corpus
from datasets.speaker_histories import SpeakerHistories
from datasets.text import load_dailydialog, load_isear
from datasets.voice_corpora import CORPORA, is_test_speaker
from evaluation.scoring import Scorer, embed_stills
from exporting.bundle import Bundle, FusionInputs
from stages.pairing import PATTERN_PRESENCE

PAIRS_PER_LABEL = 200
PAIRED_CLIPS = 240
"""Most clips per voice corpus, drawn at random. nEMO has many more clips than the others."""
PRODUCT = "product of its parts"
SPLIT = "unseen"
HISTORY = 9
"""Number of earlier utterances of the same speaker, mostly neutral, in the rows named `in-call`."""


def unseen_rows(bundle: Bundle, data: Path, runs: Path, limit: int | None = None) -> Iterator[dict]:
    """One row per corpus, then rows of pairings. Each pairing is compared with the product of the bundle's answers to
    its parts."""
    scorer = Scorer(bundle, SPLIT)
    voices = {name: _heard_by_nobody(prepared_corpus(data, runs, name, limit)) for name in CORPORA}
    for name, corpus in voices.items():
        yield scorer.row(f"{name} speakers", "emotion", "A", corpus.labels, audio=corpus.features)
        mean, count = _earlier(corpus)
        before = {"audio": corpus.features, "baseline": (mean, count)}
        yield scorer.row(f"{name} in-call", "emotion", "A", corpus.labels, **before)
    turns, letters = load_dailydialog(data / "dailydialog", "test"), load_isear(data / "isear", "test")
    told, said = turns.emotion_index()[:limit], letters.emotion_index()[:limit]
    spoken = bundle.embed_text(turns.texts[:limit])
    yield scorer.row("dailydialog dialogues", "emotion", "T", told, text=spoken)
    if bundle.reads_context:
        spoken = bundle.embed_text(turns.texts[:limit], turns.contexts[:limit])
        yield scorer.row("dailydialog in-call", "emotion", "T", told, text=spoken)
    written = bundle.embed_text(letters.texts[:limit])
    yield scorer.row("isear", "emotion", "T", said, text=written)
    faces = load_muxspace(data / "muxspace-faces", "test").spread(limit)
    face = embed_stills(bundle, faces.images), faces.labels
    yield scorer.row("muxspace", "emotion", "V", face[1], video=face[0])
    paired = [_some(corpus) for corpus in voices.values()]
    parts = {"text": spoken, "audio": np.concatenate([v.features for v in paired]), "video": face[0]}
    labels = {"text": told, "audio": np.concatenate([v.labels for v in paired]), "video": face[1]}
    for dataset, pair in (("unseen-agree", agreeing), ("unseen-disagree", disagreeing)):
        for pattern in PATTERNS:
            shown = [m for m, here in zip(parts, PATTERN_PRESENCE[pattern]) if here]
            truth, rows = pair({m: labels[m] for m in shown})
            inputs = {m: parts[m][rows[m]] for m in shown}
            yield scorer.row(dataset, "emotion", pattern, truth, **inputs)
            if len(shown) > 1:
                yield product(scorer, dataset, pattern, truth, inputs)


def _heard_by_nobody(voices: CorpusVoices) -> CorpusVoices:
    return voices.where(is_test_speaker(voices.speakers) & (voices.conditions == "clean"))


def _earlier(voices: CorpusVoices) -> tuple[np.ndarray, np.ndarray]:
    speaking = SpeakerHistories(voices.speakers, voices.conditions, voices.labels)
    histories = speaking.draw(np.arange(len(voices.labels)), np.random.default_rng(7), HISTORY, "mostly neutral")
    return voices.features[histories.rows].mean(1), histories.counts.astype(np.float32)


def agreeing(labels: dict[str, np.ndarray], seed: int = 7) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The truth of each pair, `[n]`, and the row of each part. All parts have the label of the pair. Every label that
    all parts have is equally frequent."""
    random = np.random.default_rng(seed)
    truth = np.repeat(_shared(labels), PAIRS_PER_LABEL)
    return truth, {name: _draw(part, truth, random) for name, part in labels.items()}


def disagreeing(labels: dict[str, np.ndarray], seed: int = 7) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The same, but one part of each pair is neutral, and which part it is varies. The pair has the label of the other
    parts, because neutral words, voices and faces often come with a feeling that shows elsewhere. A single part is
    never neutral."""
    random, neutral = np.random.default_rng(seed), EMOTIONS.index("neutral")
    truth = np.repeat([label for label in _shared(labels) if label != neutral], PAIRS_PER_LABEL)
    silent = random.integers(len(labels), size=len(truth)) if len(labels) > 1 else np.full(len(truth), -1)
    rows = {}
    for index, (name, part) in enumerate(labels.items()):
        rows[name] = _draw(part, np.where(silent == index, neutral, truth), random)
    return truth, rows


def product(scorer: Scorer, dataset: str, pattern: str, truth: np.ndarray, inputs: dict[str, np.ndarray]) -> dict:
    """The result of multiplying the answers to the single parts."""
    parts: list[dict[str, Any]] = [{name: part} for name, part in inputs.items()]
    total = np.sum([np.log(scorer.answers(FusionInputs(**part))[0] + 1e-9) for part in parts], axis=0)
    powers = np.exp(total - total.max(1, keepdims=True))
    probabilities = powers / powers.sum(1, keepdims=True)
    row = scorer.scored(dataset, "emotion", pattern, truth, probabilities, probabilities, EMOTIONS)
    return row | {"model": PRODUCT}


def _some(voices: CorpusVoices, seed: int = 7) -> CorpusVoices:
    count = len(voices.labels)
    return voices.where(np.random.default_rng(seed).permutation(count)[:PAIRED_CLIPS])


def _shared(labels: dict[str, np.ndarray]) -> list[int]:
    return [label for label in range(len(EMOTIONS)) if all((part == label).any() for part in labels.values())]


def _draw(labels: np.ndarray, wanted: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A random row with each wanted label."""
    rows = np.zeros(len(wanted), int)
    for label in np.unique(wanted):
        places = np.flatnonzero(wanted == label)
        rows[places] = random.choice(np.flatnonzero(labels == label), len(places))
    return rows
