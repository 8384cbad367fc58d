"""Rows on corpora that the bundle has not met: how right it is about people it has never heard, seen or read.

The fused rows are synthetic pairings all the same: no corpus here has words, voice and face of one recording. But each of
their parts comes from a corpus that the model was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from architectures.interaction_fusion import PATTERNS
from bundle import Bundle
from datasets.faces import load_muxspace
from datasets.labels import EMOTIONS
from datasets.text import load_dailydialog
from prepare import CorpusVoices, prepared_corpus
from scoring import Scorer, embed_stills
from stages.pairing import PATTERN_PRESENCE

VOICES = ("nemo", "emovo", "urdu")
PAIRS_PER_LABEL = 200
PAIRED_CLIPS = 600
"""Of each voice corpus, at most, drawn at random: nEMO has eight times the clips of the others."""
TEMPERATURES = {"T": 2.0, "A": 4.0, "V": 2.0}
"""Of the tempered product. They take the place of the bundle's own, and were not fitted on these corpora."""
PRODUCT = "tempered product"
SPLIT = "unseen"


def unseen_rows(bundle: Bundle, data: Path, runs: Path, limit: int | None = None) -> Iterator[dict]:
    """One row per corpus that the bundle has not met, then pairings of them, beside a product of their single answers. What it
    has met are the `sources` of its manifest."""
    met, scorer = {source["name"].lower() for source in bundle.manifest["sources"]}, Scorer(bundle, SPLIT)
    voices = {name: prepared_corpus(data, runs, name, limit) for name in VOICES if name not in met}
    voices = {name: corpus.where(corpus.conditions == "clean") for name, corpus in voices.items()}
    for name, corpus in voices.items():
        yield scorer.row(name, "emotion", "A", corpus.labels, audio=corpus.features)
    text = face = None
    if "dailydialog" not in met:
        turns = load_dailydialog(data / "dailydialog")
        text = bundle.embed_text(turns.texts[:limit]), turns.emotion_index()[:limit]
        yield scorer.row("dailydialog", "emotion", "T", text[1], text=text[0])
    if "muxspace" not in met:
        faces = load_muxspace(data / "muxspace-faces").spread(limit)
        face = embed_stills(bundle, faces.images), faces.labels
        yield scorer.row("muxspace", "emotion", "V", face[1], video=face[0])
    if text is None or face is None or not voices:
        return
    paired = [_some(corpus) for corpus in voices.values()]
    voice = [np.concatenate(parts) for parts in zip(*((v.features, v.labels) for v in paired))]
    parts = {"text": text[0], "audio": voice[0], "video": face[0]}
    labels = {"text": text[1], "audio": voice[1], "video": face[1]}
    for dataset, pair in (("unseen-agree", agreeing), ("unseen-disagree", disagreeing)):
        for pattern in PATTERNS:
            shown = [m for m, here in zip(parts, PATTERN_PRESENCE[pattern]) if here]
            truth, rows = pair({m: labels[m] for m in shown})
            inputs = {m: parts[m][rows[m]] for m in shown}
            yield scorer.row(dataset, "emotion", pattern, truth, **inputs)
            if len(shown) > 1:
                yield tempered_product(scorer, dataset, pattern, truth, inputs)


def agreeing(labels: dict[str, np.ndarray], seed: int = 7) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What is true of each pair, `[n]`, and the row of each part: all parts carry the pair's label. Every label that all parts
    have comes equally often."""
    random = np.random.default_rng(seed)
    truth = np.repeat(_shared(labels), PAIRS_PER_LABEL)
    return truth, {name: _draw(part, truth, random) for name, part in labels.items()}


def disagreeing(labels: dict[str, np.ndarray], seed: int = 7) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The same, but one part of each pair is neutral, a different one from pair to pair; the pair's label is what the others
    say, since neutral words, voices and faces often go with a feeling that shows elsewhere. A single part is never neutral."""
    random, neutral = np.random.default_rng(seed), EMOTIONS.index("neutral")
    truth = np.repeat([label for label in _shared(labels) if label != neutral], PAIRS_PER_LABEL)
    silent = random.integers(len(labels), size=len(truth)) if len(labels) > 1 else np.full(len(truth), -1)
    rows = {}
    for index, (name, part) in enumerate(labels.items()):
        rows[name] = _draw(part, np.where(silent == index, neutral, truth), random)
    return truth, rows


def tempered_product(
    scorer: Scorer, dataset: str, pattern: str, truth: np.ndarray, inputs: dict[str, np.ndarray]
) -> dict:
    """What the single modalities' answers give when they are multiplied, each with one of `TEMPERATURES`."""
    total = np.zeros((len(truth), len(EMOTIONS)))
    for name, single in zip(("text", "audio", "video"), TEMPERATURES):
        if name in inputs:
            total += np.log(scorer.answers(single, **{name: inputs[name]})[1]) / TEMPERATURES[single]
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
    """For each wanted label a random row that has it."""
    rows = np.zeros(len(wanted), int)
    for label in np.unique(wanted):
        places = np.flatnonzero(wanted == label)
        rows[places] = random.choice(np.flatnonzero(labels == label), len(places))
    return rows
