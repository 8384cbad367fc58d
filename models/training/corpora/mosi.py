"""CMU-MOSI, seven sentiments: the raw folder as published, or the SDK's computational sequences with its videos.

Raw/Labels/OpinionLevelSentiment.csv                  start, end, video, segment, sentiment; no header
Raw/Transcript/Segmented/<video>.annotprocessed       <segment>_DELIM_<words>
Raw/Video/Segmented/<video>_<segment>.mp4             or Raw/Video/Full/<video>.mp4

CMU_MOSI_Opinion_Labels.csd, CMU_MOSI_TimestampedWords.csd and Raw/Video/Full/<video>.mp4
"""

from __future__ import annotations

import csv
from pathlib import Path

from corpora.computational_sequence import read_sequence, words_between
from corpora.mosi_folds import mosi_split
from corpora.utterance import Corpus, Media, Utterance, first_folder
from datasets.labels import SENTIMENTS, sentiment_class

CLASSES = tuple(str(value) for value in SENTIMENTS)
LABELS, WORDS = "CMU_MOSI_Opinion_Labels.csd", "CMU_MOSI_TimestampedWords.csd"


def load_mosi_corpus(folder: Path) -> Corpus:
    """Reads the raw labels if they exist, otherwise the computational sequences."""
    raw = folder / "Raw" if (folder / "Raw").is_dir() else folder
    table = raw / "Labels" / "OpinionLevelSentiment.csv"
    if table.is_file():
        return Corpus(CLASSES, _from_raw(raw, table))
    return Corpus(CLASSES, _from_sequences(folder, first_folder(raw / "Video" / "Full")))


def _utterance(video: str, segment: int, text: str, sentiment: float, media: Media) -> Utterance:
    label = sentiment_class(sentiment)
    return Utterance(f"{video}_{segment}", text, label, group=video, audio=media, split=mosi_split(video))


def _from_raw(raw: Path, table: Path) -> list[Utterance]:
    clips, films = raw / "Video" / "Segmented", raw / "Video" / "Full"
    first_folder(clips, films)
    words: dict[str, dict[int, str]] = {}
    utterances = []
    with open(table, encoding="utf-8", newline="") as file:
        for start, end, video, segment, sentiment in csv.reader(file):
            number = int(segment)
            if video not in words:
                words[video] = _read_words(raw / "Transcript" / "Segmented" / f"{video}.annotprocessed")
            whole = Media(films / f"{video}.mp4", float(start) * 1000, float(end) * 1000)
            media = Media(clips / f"{video}_{number}.mp4") if clips.is_dir() else whole
            utterances.append(_utterance(video, number, words[video][number], float(sentiment), media))
    return utterances


def _read_words(file: Path) -> dict[int, str]:
    words = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        number, delimiter, text = line.partition("_DELIM_")
        if delimiter:
            words[int(number)] = text.strip()
    return words


def _from_sequences(folder: Path, films: Path) -> list[Utterance]:
    labels, words = read_sequence(folder / LABELS), read_sequence(folder / WORDS)
    utterances = []
    for video, sequence in sorted(labels.items()):
        for number, ((start, end), feature) in enumerate(zip(sequence.intervals, sequence.features), start=1):
            media = Media(films / f"{video}.mp4", float(start) * 1000, float(end) * 1000)
            text = words_between(words[video], start, end) if video in words else ""
            utterances.append(_utterance(video, number, text, float(feature[0]), media))
    return utterances
