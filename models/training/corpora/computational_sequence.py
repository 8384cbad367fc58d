"""The CMU Multimodal SDK's computational sequences (`.csd`): HDF5 files with features for intervals of a video.

A file holds one group with the name of its sequence, with `data/<video>/features` and `data/<video>/intervals`
(seconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np


@dataclass(frozen=True)
class Sequence:
    """`intervals` `[n, 2]`, in seconds, and `features` `[n, …]`, ordered by time."""

    intervals: np.ndarray
    features: np.ndarray


def read_sequence(file: Path) -> dict[str, Sequence]:
    """The sequence of each video. Raises `ValueError` when the file is no computational sequence."""
    with h5py.File(file, "r") as source:
        roots = list(source)
        if len(roots) != 1 or f"{roots[0]}/data" not in source:
            raise ValueError(f"{file} is no computational sequence")
        found = {}
        for video, entry in source[roots[0]]["data"].items():
            intervals, features = np.array(entry["intervals"], float), np.array(entry["features"])
            order = np.argsort(intervals[:, 0], kind="stable")
            found[video] = Sequence(intervals[order], features[order])
        return found


def words_between(words: Sequence, start: float, end: float) -> str:
    """The words whose middle is in the interval, in seconds. `sp` is the aligner's mark for a pause."""
    middles = words.intervals.mean(1)
    spoken = words.features[(middles >= start) & (middles < end)].reshape(-1)
    texts = [word.decode("utf-8") if isinstance(word, bytes) else str(word) for word in spoken]
    return " ".join(text for text in texts if text != "sp")
