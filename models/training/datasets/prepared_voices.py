"""Features of voices, cached in `runs/`: decoded, cut, varied and extracted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from datasets.pipeline_features import FEATURE_COUNT, extract_features
from datasets.speech import conditions, list_ravdess, read_clip, trim
from datasets.voice_corpora import list_voices, read_voice

TALKER_STEP = 12
"""One in this many training clips is used as talk in the background of others."""
VARIED = {"ravdess": 5, "nemo": 2, "emovo": 5, "urdu": 5}
"""Number of conditions per clip in addition to clean. nEMO has three times as many clips as the others."""
VARIED_MARGINS_MS = (-100.0, 200.0)
"""A varied clip may lose up to 100 ms at either end, as a voice-activity model may cut it."""
HELD_OUT_CONDITIONS = ("clean", "telephone", "noise", "call")
"""The conditions of the clips in RAVDESS's splits, with 100 ms around the voice, so that results can be repeated."""


@dataclass(frozen=True)
class CorpusVoices:
    """One corpus with each clip in several conditions: `features` `[n, 896]`; `labels` (index into `EMOTIONS`),
    `speakers`, `conditions`, `clips` (row of `list_voices`) `[n]`."""

    features: np.ndarray
    labels: np.ndarray
    speakers: np.ndarray
    conditions: np.ndarray
    clips: np.ndarray

    def where(self, rows: np.ndarray) -> CorpusVoices:
        """The rows for which `rows` `[n]` is true."""
        return CorpusVoices(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def corpus_file(runs: Path, corpus: str) -> Path:
    return runs / f"voices-{corpus}.npz"


def read_corpus(runs: Path, corpus: str) -> CorpusVoices:
    """Reads the output of `prepare_corpus`."""
    with np.load(corpus_file(runs, corpus)) as saved:
        return CorpusVoices(**{field.name: saved[field.name] for field in fields(CorpusVoices)})


def prepared_corpus(data: Path, runs: Path, corpus: str, limit: int | None = None) -> CorpusVoices:
    """Reads the corpus. Measures it first if necessary, at most `limit` clips of it."""
    if not corpus_file(runs, corpus).exists():
        runs.mkdir(parents=True, exist_ok=True)
        prepare_corpus(data, runs, corpus, limit)
    return read_corpus(runs, corpus)


def prepare_corpus(data: Path, runs: Path, corpus: str, limit: int | None = None, seed: int = 7) -> Path:
    """Each clip in the condition clean, and in `VARIED` of the other conditions, drawn per clip."""
    random = np.random.default_rng([seed, *corpus.encode()])
    met = conditions([trim(read_clip(clip.file)) for clip in list_ravdess(data / "ravdess", "train")[::TALKER_STEP]])
    others = [name for name in met if name != "clean"]
    clips = list_voices(data, corpus)[:limit]
    chosen = [["clean", *random.choice(others, min(VARIED[corpus], len(others)), replace=False)] for _ in clips]
    started = time.monotonic()

    def utterances() -> Iterator[np.ndarray]:
        for clip, names in zip(clips, chosen):
            samples = read_voice(clip.file)
            for name in names:
                margins = (100.0, 100.0) if name == "clean" else tuple(random.uniform(*VARIED_MARGINS_MS, 2))
                yield met[name](trim(samples, margins), random)

    features = extract_features(utterances())
    if not np.isfinite(features).all():
        raise ArithmeticError(f"{corpus}: the feature stage gave a value that is not finite")
    counts = [len(names) for names in chosen]
    file = corpus_file(runs, corpus)
    np.savez_compressed(
        file,
        features=features,
        labels=np.repeat([clip.label for clip in clips], counts),
        speakers=np.repeat([clip.speaker for clip in clips], counts),
        conditions=np.concatenate(chosen),
        clips=np.repeat(np.arange(len(clips)), counts),
    )
    print(f"{corpus}: {len(features)} utterances in {time.monotonic() - started:.0f} s", flush=True)
    return file


def feature_file(runs: Path, split: str) -> Path:
    return runs / f"audio-features-{split}.npz"


@dataclass(frozen=True)
class Voices:
    """Features of a split `[n, 896]`, with `labels` (index into `EMOTIONS`) and `conditions` `[n]`."""

    features: np.ndarray
    labels: np.ndarray
    conditions: np.ndarray

    def met_in(self, condition: str) -> Voices:
        rows = self.conditions == condition
        return Voices(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def read_voices(runs: Path, split: str) -> Voices:
    """Reads the output of `prepare_split`. Raises `ValueError` when an earlier version of it wrote the file."""
    file = feature_file(runs, split)
    with np.load(file) as saved:
        if saved["features"].shape[1:] != (FEATURE_COUNT,):
            raise ValueError(f"{file} was made by an earlier version: delete it and run prepare.py")
        return Voices(**{field.name: saved[field.name] for field in fields(Voices)})


def prepared_voices(data: Path, runs: Path, split: str) -> Voices:
    """Reads the split. Measures it first if necessary."""
    if not feature_file(runs, split).exists():
        runs.mkdir(parents=True, exist_ok=True)
        prepare_split(data / "ravdess", runs, split)
    return read_voices(runs, split)


def prepare_split(folder: Path, runs: Path, split: str, limit: int | None = None, seed: int = 7) -> Path:
    """The clips of one of RAVDESS's splits, each once per condition. Arrays: `features` `[n, 896]`, `labels`,
    `conditions` `[n]`."""
    random = np.random.default_rng([seed, *split.encode()])
    # The talk comes from training voices in every split, so that no result depends on the other clips of its split.
    met = conditions([trim(read_clip(clip.file)) for clip in list_ravdess(folder, "train")[::TALKER_STEP]])
    clips = list_ravdess(folder, split)[:limit]
    started = time.monotonic()

    def utterances() -> Iterator[np.ndarray]:
        for clip in clips:
            samples = trim(read_clip(clip.file), (100.0, 100.0))
            for name in HELD_OUT_CONDITIONS:
                yield met[name](samples, random)

    features = extract_features(utterances())
    if not np.isfinite(features).all():
        raise ArithmeticError(f"{split}: the feature stage gave a value that is not finite")
    file = feature_file(runs, split)
    np.savez_compressed(
        file,
        features=features,
        labels=np.repeat([clip.label for clip in clips], len(HELD_OUT_CONDITIONS)),
        conditions=np.tile(HELD_OUT_CONDITIONS, len(clips)),
    )
    print(f"{split}: {len(features)} utterances in {time.monotonic() - started:.0f} s", flush=True)
    return file
