"""CMU-MOSEI: labels from the SDK's computational sequence, words and videos from the raw folder.

CMU_MOSEI_Labels.csd                                  seven columns per interval: sentiment −3…3, then the intensities
                                                      0…3 of happiness, sadness, anger, surprise, disgust, fear
Raw/Transcript/Segmented/Combined/<video>.txt         <video>___<segment>___<start>___<end>___<words>
Raw/Videos/Full/Combined/<video>.mp4                  or Raw/Videos/Segmented/Combined/<video>_<segment>.mp4
CMU_MOSEI_TimestampedWords.csd                        in place of the transcripts
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpora.computational_sequence import Sequence, read_sequence, words_between
from corpora.utterance import Corpus, Media, Utterance, first_folder
from datasets.labels import SENTIMENTS, sentiment_class

LABELS, WORDS = "CMU_MOSEI_Labels.csd", "CMU_MOSEI_TimestampedWords.csd"
SENTIMENT_CLASSES = tuple(str(value) for value in SENTIMENTS)
EMOTION_CLASSES = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")
"""In the order of the columns."""
SAME_START_S = 0.05
"""Largest difference between the start of a label and the start of its transcript."""


@dataclass(frozen=True)
class _Segment:
    number: int
    start: float
    text: str


def load_mosei_sentiment(folder: Path) -> Corpus:
    return Corpus(SENTIMENT_CLASSES, _utterances(folder, lambda row: sentiment_class(float(row[0]))))


def load_mosei_emotion(folder: Path) -> Corpus:
    """Utterances with one emotion that is stronger than all others. Utterances without an emotion or with a tie are
    left out."""
    return Corpus(EMOTION_CLASSES, _utterances(folder, _strongest))


def _strongest(row: np.ndarray) -> int | None:
    intensities = row[1:7]
    strongest = np.flatnonzero(intensities == intensities.max())
    return int(strongest[0]) if intensities.max() > 0 and len(strongest) == 1 else None


def _utterances(folder: Path, label_of: Callable[[np.ndarray], int | None]) -> list[Utterance]:
    raw = folder / "Raw" if (folder / "Raw").is_dir() else folder
    films, clips = raw / "Videos" / "Full" / "Combined", raw / "Videos" / "Segmented" / "Combined"
    first_folder(films, clips)
    transcripts = raw / "Transcript" / "Segmented" / "Combined"
    words = {} if transcripts.is_dir() else read_sequence(folder / WORDS)
    utterances = []
    for video, sequence in sorted(read_sequence(folder / LABELS).items()):
        segments = _read_segments(transcripts / f"{video}.txt")
        for index, ((start, end), row) in enumerate(zip(sequence.intervals, sequence.features)):
            label = label_of(row)
            segment = _segment_at(segments, start, index, words.get(video), end)
            if label is None or segment is None:
                continue
            whole = Media(films / f"{video}.mp4", float(start) * 1000, float(end) * 1000)
            media = whole if films.is_dir() else Media(clips / f"{video}_{segment.number}.mp4")
            utterances.append(Utterance(f"{video}[{index}]", segment.text, label, group=video, audio=media))
    return utterances


def _segment_at(segments: list[_Segment], start: float, index: int, words: Sequence | None, end: float) -> _Segment | None:
    """The transcript of a label. None when no transcript begins at the label's start."""
    if words is not None:
        return _Segment(index, start, words_between(words, start, end))
    near = [segment for segment in segments if abs(segment.start - start) <= SAME_START_S]
    return min(near, key=lambda segment: abs(segment.start - start)) if near else None


def _read_segments(file: Path) -> list[_Segment]:
    if not file.is_file():
        return []
    segments = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split("___", 4)
        if len(parts) == 5:
            segments.append(_Segment(int(parts[1]), float(parts[2]), parts[4].strip()))
    return segments
