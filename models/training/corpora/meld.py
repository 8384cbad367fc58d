"""MELD: `MELD.Raw` as published, with one CSV file and one folder of clips per split.

MELD.Raw/{train,dev,test}_sent_emo.csv                       or MELD.Raw/train/train_sent_emo.csv, …
MELD.Raw/train_splits/dia0_utt0.mp4                          or MELD.Raw/train/train_splits/…
MELD.Raw/dev_splits_complete/dia0_utt0.mp4                   or MELD.Raw/dev/dev_splits_complete/…
MELD.Raw/output_repeated_splits_test/dia0_utt0.mp4           or MELD.Raw/test/output_repeated_splits_test/…
"""

from __future__ import annotations

import csv
from pathlib import Path

from corpora.utterance import Corpus, Media, Utterance, first_folder
from datasets.text import MELD_FILES, repair

CLASSES = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
CLIPS = {"train": "train_splits", "val": "dev_splits_complete", "test": "output_repeated_splits_test"}
SUBFOLDERS = {"train": "train", "val": "dev", "test": "test"}


def load_meld(folder: Path) -> Corpus:
    """All lines of the CSV files. A missing or broken clip becomes an error when it is measured."""
    utterances = []
    for split, name in MELD_FILES.items():
        inner = folder / SUBFOLDERS[split]
        clips = first_folder(folder / CLIPS[split], inner / CLIPS[split])
        table = folder / name if (folder / name).is_file() else inner / name
        with open(table, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                place = f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
                utterances.append(
                    Utterance(
                        id=f"{split}/{place}",
                        text=repair(row["Utterance"]),
                        label=CLASSES.index(row["Emotion"]),
                        group=f"{split}/dia{row['Dialogue_ID']}",
                        audio=Media(clips / f"{place}.mp4"),
                        split=split,
                    )
                )
    return Corpus(CLASSES, utterances)
