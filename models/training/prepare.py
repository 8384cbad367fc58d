"""Caches RAVDESS's audio features in `runs/`: `python models/training/prepare.py`. Decodes, cuts, varies, extracts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from datasets.pipeline_features import FEATURE_COUNT, extract_features
from datasets.speech import ACTORS, conditions, list_ravdess, read_clip, trim
from paths import DEFAULT_DATA, RUNS

MARGIN_MS = 200.0
"""Training margins are drawn from 0 to this; the other splits keep 100 ms, so that their figures repeat."""
TALKER_STEP = 12
"""Every so many training clips are heard talking behind others."""
HELD_OUT_CONDITIONS = ("clean", "telephone", "noise", "call")
"""What validation and test clips are met in; training clips are met in every condition."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--split", choices=tuple(ACTORS), action="append", help="default: all")
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    for split in options.split or ACTORS:
        prepare_split(options.data / "ravdess", options.runs, split, options.limit)


def feature_file(runs: Path, split: str) -> Path:
    return runs / f"audio-features-{split}.npz"


@dataclass(frozen=True)
class Voices:
    """A split's features `[n, 896]`; `labels` among `EMOTIONS`, `own_labels` among `RAVDESS_EIGHT`, `actors`,
    `conditions` `[n]`."""

    features: np.ndarray
    labels: np.ndarray
    own_labels: np.ndarray
    actors: np.ndarray
    conditions: np.ndarray

    def met_in(self, *conditions: str) -> Voices:
        return self.where(np.isin(self.conditions, conditions))

    def where(self, rows: np.ndarray) -> Voices:
        """The rows `[n]` that are true."""
        return Voices(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def read_voices(runs: Path, split: str) -> Voices:
    """What `prepare_split` wrote. Raises `ValueError` where an earlier version of it did."""
    file = feature_file(runs, split)
    with np.load(file) as saved:
        if saved["features"].shape[1:] != (FEATURE_COUNT,):
            raise ValueError(f"{file} was made by an earlier version: delete it and run prepare.py")
        return Voices(**{field.name: saved[field.name] for field in fields(Voices)})


def prepared_voices(data: Path, runs: Path, split: str) -> Voices:
    """The same, measured first where that has not been done."""
    if not feature_file(runs, split).exists():
        runs.mkdir(parents=True, exist_ok=True)
        prepare_split(data / "ravdess", runs, split)
    return read_voices(runs, split)


def prepare_split(folder: Path, runs: Path, split: str, limit: int | None = None, seed: int = 7) -> Path:
    """Every clip once a condition. Arrays: `features` `[n, 896]`, `labels`, `own_labels`, `actors`, `conditions` `[n]`."""
    random = np.random.default_rng([seed, *split.encode()])
    # Of training voices for every split, so that no figure depends on who else is in its split.
    met = conditions([trim(read_clip(clip.file)) for clip in list_ravdess(folder, "train")[::TALKER_STEP]])
    names = tuple(met) if split == "train" else HELD_OUT_CONDITIONS
    clips = list_ravdess(folder, split)[:limit]
    started = time.monotonic()

    def utterances() -> Iterator[np.ndarray]:
        for clip in clips:
            samples = read_clip(clip.file)
            for name in names:
                margins = random.uniform(0, MARGIN_MS, 2) if split == "train" else (100.0, 100.0)
                yield met[name](trim(samples, tuple(margins)), random)

    features = extract_features(utterances())
    if not np.isfinite(features).all():
        raise ArithmeticError(f"{split}: the feature stage gave a value that is not finite")
    file = feature_file(runs, split)
    np.savez_compressed(
        file,
        features=features,
        labels=np.repeat([clip.label for clip in clips], len(names)),
        own_labels=np.repeat([clip.own_label for clip in clips], len(names)),
        actors=np.repeat([clip.actor for clip in clips], len(names)),
        conditions=np.tile(names, len(clips)),
    )
    print(f"{split}: {len(features)} utterances in {time.monotonic() - started:.0f} s", flush=True)
    return file


if __name__ == "__main__":
    main()
