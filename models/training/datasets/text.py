"""MELD, GoEmotions (Ekman grouping), DailyDialog, CMU-MOSI transcripts, and sentences of service calls."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.labels import EMOTIONS, POLARITIES, sentiment_class
from paths import TRAINING

MELD_FILES = {"train": "train_sent_emo.csv", "val": "dev_sent_emo.csv", "test": "test_sent_emo.csv"}
GOEMOTIONS_FILES = {"train": "train.tsv", "val": "valid.tsv", "test": "test.tsv"}
DAILYDIALOG_FILE = "dialogues.tsv"
SERVICE_CALLS = TRAINING / "corpora" / "service_calls.tsv"
MOSI_FILES = {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"}


@dataclass(frozen=True)
class TextSet:
    """Utterances of one split. `emotion` `[n, 7]`: target shares, or zeros where unlabelled. `polarity` and
    `sentiment` `[n]`: class index, or −1."""

    texts: list[str]
    emotion: np.ndarray
    polarity: np.ndarray
    sentiment: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def emotion_index(self) -> np.ndarray:
        return self.emotion.argmax(1)

    def single_label(self) -> np.ndarray:
        """Which utterances carry exactly one emotion."""
        return self.emotion.max(1) == 1


def repair(text: str) -> str:
    """Windows-1252 bytes 80–9F read as Latin-1 (an apostrophe as U+0092) become the characters that were meant."""

    def mend(match: re.Match[str]) -> str:
        return match.group().encode("latin-1").decode("cp1252", errors="ignore")

    return re.sub("[\u0080-\u009f]", mend, text).strip()


def straighten(text: str) -> str:
    """Typographic quotation marks become the keyboard's."""
    return text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})


def as_recognised(text: str) -> str:
    """As a speech recogniser writes: apostrophes stay, other punctuation goes. Never empty for a text of marks only."""
    words = re.sub(r"[^\w\s']", " ", straighten(text))
    return " ".join(words.split()) or text


def load_meld(folder: Path, split: str) -> TextSet:
    with open(folder / MELD_FILES[split], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    emotion = np.zeros((len(rows), 7), np.float32)
    emotion[np.arange(len(rows)), [EMOTIONS.index(row["Emotion"]) for row in rows]] = 1
    polarity = np.array([POLARITIES.index(row["Sentiment"]) for row in rows])
    return TextSet([repair(row["Utterance"]) for row in rows], emotion, polarity, np.full(len(rows), -1))


def load_goemotions(folder: Path, split: str) -> TextSet:
    """Several labels of one comment share its target equally."""
    names = (folder / "labels.txt").read_text().split()
    order = [EMOTIONS.index(name) for name in names]
    rows = _read_tsv(folder / GOEMOTIONS_FILES[split])
    emotion = np.zeros((len(rows), 7), np.float32)
    for index, row in enumerate(rows):
        labels = [order[int(label)] for label in row["label"].split(",")]
        emotion[index, labels] = 1 / len(labels)
    missing = np.full(len(rows), -1)
    return TextSet([repair(row["text"]) for row in rows], emotion, missing, missing)


def load_mosi(folder: Path, split: str) -> TextSet:
    rows = _read_tsv(folder / MOSI_FILES[split])
    sentiment = np.array([sentiment_class(float(row["label"])) for row in rows])
    nothing = np.zeros((len(rows), 7), np.float32)
    return TextSet([repair(row["text"]) for row in rows], nothing, np.full(len(rows), -1), sentiment)


def load_dailydialog(folder: Path) -> TextSet:
    """Every turn of the validation dialogues, in order."""
    rows = _read_tsv(folder / DAILYDIALOG_FILE)
    emotion = np.zeros((len(rows), 7), np.float32)
    emotion[np.arange(len(rows)), [EMOTIONS.index(row["emotion"]) for row in rows]] = 1
    missing = np.full(len(rows), -1)
    return TextSet([row["text"].strip() for row in rows], emotion, missing, missing)


def _read_tsv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@dataclass(frozen=True)
class ServiceCalls:
    """Sentences of service calls, written for this project. `emotion`, `dissatisfied`, `is_agent` `[n]`; `families` `[n]`:
    sentences on one subject, which all lie in one split."""

    texts: list[str]
    emotion: np.ndarray
    dissatisfied: np.ndarray
    is_agent: np.ndarray
    families: list[str]


def load_service_calls(split: str, file: Path = SERVICE_CALLS) -> ServiceCalls:
    """`split`: `train` or `val`."""
    rows = [row for row in _read_tsv(file) if row["split"] == split]
    return ServiceCalls(
        [row["text"] for row in rows],
        np.array([EMOTIONS.index(row["emotion"]) for row in rows]),
        np.array([row["dissatisfied"] == "1" for row in rows]),
        np.array([row["role"] == "agent" for row in rows]),
        [row["family"] for row in rows],
    )
