"""MELD, GoEmotions (Ekman grouping), DailyDialog, CMU-MOSI transcripts, service dialogues, and sentences of service
calls."""

from __future__ import annotations

import csv
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from datasets.labels import EMOTIONS, POLARITIES, sentiment_class
from paths import TRAINING

MELD_FILES = {"train": "train_sent_emo.csv", "val": "dev_sent_emo.csv", "test": "test_sent_emo.csv"}
GOEMOTIONS_FILES = {"train": "train.tsv", "val": "valid.tsv", "test": "test.tsv"}
DAILYDIALOG_FILE = "dialogues.tsv"
SATISFACTION_FILE = "turns.tsv"
ISEAR_FILE = "sentences.tsv"
SERVICE_CALLS = TRAINING / "corpora" / "service_calls.tsv"
MOSI_FILES = {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"}
CONTEXT_UTTERANCES = 2
"""Number of earlier utterances of the same dialogue, from any speaker."""
DIALOGUE_SPLITS = {"val": 8, "test": 9}
"""Last digits of the dialogues that are held out, for corpora without splits."""
DISSATISFIED_EMOTIONS = ("anger", "disgust", "sadness")
DISSATISFIED_BELOW = 2.4
"""Mean satisfaction, 1…5. Below the bound, most annotators gave less than 3."""
SATISFIED_FROM = 3.0


@dataclass(frozen=True)
class TextSet:
    """Utterances of one split. `emotion` `[n, 7]`: target shares, or zeros without a label. `polarity` and `sentiment`
    `[n]`: class index, or −1. `dissatisfied` `[n]`: 1, 0, or −1 when unknown. `contexts`: the utterances before each
    one, ordered by time; empty for a corpus without dialogues."""

    texts: list[str]
    emotion: np.ndarray
    polarity: np.ndarray
    sentiment: np.ndarray
    dissatisfied: np.ndarray
    contexts: list[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.texts)

    def emotion_index(self) -> np.ndarray:
        return self.emotion.argmax(1)

    def single_label(self) -> np.ndarray:
        """Whether each utterance has exactly one emotion."""
        return self.emotion.max(1) == 1

    def at(self, rows: np.ndarray) -> TextSet:
        """The rows `[k]`, in their order."""
        columns: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, column in columns.items():
            columns[name] = column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        return TextSet(**columns)


def text_set(
    texts: list[str],
    emotion: np.ndarray,
    *,
    polarity: np.ndarray | None = None,
    sentiment: np.ndarray | None = None,
    dissatisfied: np.ndarray | None = None,
    contexts: list[tuple[str, ...]] | None = None,
) -> TextSet:
    """Values that are not given are unknown."""
    unknown = np.full(len(texts), -1)
    return TextSet(
        texts,
        emotion,
        polarity=unknown if polarity is None else polarity,
        sentiment=unknown if sentiment is None else sentiment,
        dissatisfied=unknown if dissatisfied is None else dissatisfied,
        contexts=contexts or [()] * len(texts),
    )


def preceding(texts: Sequence[str], dialogues: Sequence[Hashable]) -> list[tuple[str, ...]]:
    """For each text, the last two before it in the same dialogue. The texts of a dialogue must be consecutive and
    ordered by time."""
    before = []
    for row, dialogue in enumerate(dialogues):
        first = max(0, row - CONTEXT_UTTERANCES)
        before.append(tuple(texts[at] for at in range(first, row) if dialogues[at] == dialogue))
    return before


def repair(text: str) -> str:
    """Replaces Windows-1252 bytes 80–9F that were read as Latin-1 (an apostrophe as U+0092) with the intended
    characters."""

    def mend(match: re.Match[str]) -> str:
        return match.group().encode("latin-1").decode("cp1252", errors="ignore")

    return re.sub("[\u0080-\u009f]", mend, text).strip()


def straighten(text: str) -> str:
    """Replaces typographic quotation marks with those of the keyboard."""
    return text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})


def as_recognised(text: str) -> str:
    """The text as a speech recogniser writes it: apostrophes stay, other punctuation is removed. Never empty, even for
    a text of punctuation only."""
    words = re.sub(r"[^\w\s']", " ", straighten(text))
    return " ".join(words.split()) or text


FILLERS = ("uh", "um", "you know", "i mean", "like", "well")
FILLER_SHARE = 0.05
LOST_SHARE = 0.03
MISHEARD_SHARE = 0.04
"""Shares of words that get a filler before them, that are lost, and that become another word."""


def misheard(text: str, vocabulary: Sequence[str], random: np.random.Generator) -> str:
    """The text as a speech recogniser writes it on a poor line: with fillers, lost words, and wrong words."""
    words = []
    for word in as_recognised(text).split():
        drawn = random.random(2)
        if drawn[0] < FILLER_SHARE:
            words.append(FILLERS[random.integers(len(FILLERS))])
        if drawn[1] < MISHEARD_SHARE:
            words.append(vocabulary[int(random.integers(len(vocabulary)))])
        elif drawn[1] >= MISHEARD_SHARE + LOST_SHARE:
            words.append(word)
    return " ".join(words) or text


def load_meld(folder: Path, split: str) -> TextSet:
    with open(folder / MELD_FILES[split], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [repair(row["Utterance"]) for row in rows]
    names = [row["Emotion"] for row in rows]
    negative = np.array([row["Sentiment"] == "negative" for row in rows])
    return text_set(
        texts,
        one_hot_emotions(names),
        polarity=np.array([POLARITIES.index(row["Sentiment"]) for row in rows]),
        dissatisfied=np.where(negative, np.where(np.isin(names, DISSATISFIED_EMOTIONS), 1, -1), 0),
        contexts=preceding(texts, [row["Dialogue_ID"] for row in rows]),
    )


def one_hot_emotions(names: Sequence[str]) -> np.ndarray:
    return np.eye(7, dtype=np.float32)[[EMOTIONS.index(name) for name in names]]


def load_goemotions(folder: Path, split: str) -> TextSet:
    """The labels of a comment with several labels share its target equally."""
    names = (folder / "labels.txt").read_text().split()
    order = [EMOTIONS.index(name) for name in names]
    rows = _read_tsv(folder / GOEMOTIONS_FILES[split])
    emotion = np.zeros((len(rows), 7), np.float32)
    for index, row in enumerate(rows):
        labels = [order[int(label)] for label in row["label"].split(",")]
        emotion[index, labels] = 1 / len(labels)
    return text_set([repair(row["text"]) for row in rows], emotion)


def load_mosi(folder: Path, split: str) -> TextSet:
    rows = _read_tsv(folder / MOSI_FILES[split])
    sentiment = np.array([sentiment_class(float(row["label"])) for row in rows])
    return text_set([repair(row["text"]) for row in rows], no_emotions(len(rows)), sentiment=sentiment)


def no_emotions(count: int) -> np.ndarray:
    return np.zeros((count, 7), np.float32)


def load_dailydialog(folder: Path, split: str | None = None) -> TextSet:
    """All turns of the validation dialogues, in order, or those of one split."""
    rows = [row for row in _read_tsv(folder / DAILYDIALOG_FILE) if split in (None, split_of(int(row["dialogue"])))]
    texts, names = [row["text"].strip() for row in rows], [row["emotion"] for row in rows]
    unclear = np.isin(names, ("fear", "surprise"))
    return text_set(
        texts,
        one_hot_emotions(names),
        dissatisfied=np.where(np.isin(names, DISSATISFIED_EMOTIONS), 1, np.where(unclear, -1, 0)),
        contexts=preceding(texts, [row["dialogue"] for row in rows]),
    )


def load_satisfaction(folder: Path, split: str) -> TextSet:
    """Users' turns of service dialogues, with what both sides said before. Turns between the two bounds are left
    out."""
    rows = [row for row in _read_tsv(folder / SATISFACTION_FILE) if split_of(int(row["dialogue"])) == split]
    texts = [row["text"].strip() for row in rows]
    score = np.array([float(row["satisfaction"] or "nan") for row in rows])
    known = np.flatnonzero((score < DISSATISFIED_BELOW) | (score >= SATISFIED_FROM))
    dissatisfied = (score < DISSATISFIED_BELOW).astype(int)
    contexts = preceding(texts, [(row["corpus"], row["dialogue"]) for row in rows])
    return text_set(texts, no_emotions(len(rows)), dissatisfied=dissatisfied, contexts=contexts).at(known)


def single_labelled(texts: TextSet) -> TextSet:
    return texts.at(np.flatnonzero(texts.single_label()))


def load_isear(folder: Path, split: str) -> TextSet:
    """Written descriptions of situations in which people felt something. None is neutral. Never used for training:
    every second one is `val`, and the others are `test`."""
    rows = _read_tsv(folder / ISEAR_FILE)[("val", "test").index(split) :: 2]
    return text_set([row["text"].strip() for row in rows], one_hot_emotions([row["emotion"] for row in rows]))


def split_of(dialogue: int) -> str:
    """`train`, `val` or `test`, by the last digit of a dialogue's number."""
    return {digit: split for split, digit in DIALOGUE_SPLITS.items()}.get(dialogue % 10, "train")


def _read_tsv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@dataclass(frozen=True)
class ServiceCalls:
    """Sentences of service calls, written for this project. `is_agent` `[n]`. `families` `[n]`: sentences on the same
    subject, which are all in the same split."""

    sentences: TextSet
    is_agent: np.ndarray
    families: list[str]


def load_service_calls(split: str, file: Path = SERVICE_CALLS) -> ServiceCalls:
    """`split`: `train` or `val`."""
    rows = [row for row in _read_tsv(file) if row["split"] == split]
    return ServiceCalls(
        text_set(
            [row["text"] for row in rows],
            one_hot_emotions([row["emotion"] for row in rows]),
            dissatisfied=np.array([int(row["dissatisfied"] == "1") for row in rows]),
        ),
        np.array([row["role"] == "agent" for row in rows]),
        [row["family"] for row in rows],
    )
