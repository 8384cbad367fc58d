"""Acted and spontaneous speech of several corpora with the server's labels: RAVDESS, nEMO, EMOVO, Urdu talk shows.

The corpora are in different languages (English, Polish, Italian, Urdu). Only what is in the voice itself carries over
from one to another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from datasets.labels import EMOTIONS
from datasets.speech import RAVDESS_LABELS, SAMPLE_RATE_HZ

NEMO_LABELS = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "joy",
    "sadness": "sadness",
    "surprised": "surprise",
    "neutral": "neutral",
}
EMOVO_LABELS = {
    "neu": "neutral",
    "dis": "disgust",
    "gio": "joy",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
URDU_LABELS = {"Angry": "anger", "Happy": "joy", "Neutral": "neutral", "Sad": "sadness"}


@dataclass(frozen=True)
class VoiceClip:
    """One clip. `speaker` is unique over all corpora. `label` is an index into `EMOTIONS`."""

    corpus: str
    speaker: str
    label: int
    file: Path


def list_voices(data: Path, corpus: str) -> list[VoiceClip]:
    """All clips of a corpus, ordered by file name. Raises `KeyError` for an unknown corpus."""
    pattern, speaker_and_label = READERS[corpus]
    clips = []
    for file in sorted((data / corpus).glob(pattern)):
        speaker, label = speaker_and_label(file.stem)
        clips.append(VoiceClip(corpus, f"{corpus}/{speaker}", EMOTIONS.index(label), file))
    return clips


def read_voice(file: Path) -> np.ndarray:
    """Mono float32 samples at 16 kHz, for any rate of the file."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    if rate == SAMPLE_RATE_HZ:
        return mono
    divisor = int(np.gcd(rate, SAMPLE_RATE_HZ))
    return signal.resample_poly(mono, SAMPLE_RATE_HZ // divisor, rate // divisor).astype(np.float32)


def _ravdess(stem: str) -> tuple[str, str]:
    fields = stem.split("-")
    return fields[6], RAVDESS_LABELS[int(fields[2])]


def _nemo(stem: str) -> tuple[str, str]:
    speaker, label, _ = stem.split("_")
    return speaker, NEMO_LABELS[label]


def _emovo(stem: str) -> tuple[str, str]:
    label, speaker, _ = stem.split("-")
    return speaker, EMOVO_LABELS[label]


def _urdu(stem: str) -> tuple[str, str]:
    fields = stem.split("_")
    return fields[0], URDU_LABELS[fields[-1]]


READERS: dict[str, tuple[str, Callable[[str], tuple[str, str]]]] = {
    "ravdess": ("*.flac", _ravdess),
    "nemo": ("*.opus", _nemo),
    "emovo": ("*.opus", _emovo),
    "urdu": ("*.flac", _urdu),
}
"""For each corpus: its files, and the function that reads speaker and label from a file name."""
CORPORA = tuple(READERS)
TEST_SPEAKERS = {
    "ravdess": ("21", "22", "23", "24"),
    "nemo": ("MP0", "MK0"),
    "emovo": ("f3", "m3"),
    "urdu": ("SF3", "SF6", "SM3", "SM6", "SM23", "SM26"),
}
"""Speakers per corpus that are excluded from training of the shipped model. RAVDESS's validation actors, 19 and 20, are
excluded too."""
VALIDATION_SPEAKERS = {"ravdess": ("19", "20")}


def is_test_speaker(speakers: np.ndarray) -> np.ndarray:
    """Whether each of the speakers `[n]`, named `corpus/speaker`, is reserved for tests."""
    return np.isin(speakers, [f"{corpus}/{name}" for corpus, names in TEST_SPEAKERS.items() for name in names])


def is_held_out(speakers: np.ndarray) -> np.ndarray:
    """Whether each of the speakers is reserved for tests or validation."""
    validation = [f"{corpus}/{name}" for corpus, names in VALIDATION_SPEAKERS.items() for name in names]
    return is_test_speaker(speakers) | np.isin(speakers, validation)
