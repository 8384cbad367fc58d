"""Features as the server computes them. The server's own TypeScript stages are run by its command line; there is no
second implementation."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile

from paths import REPOSITORY

FEATURE_COUNT = 896
"""128 measures, then the encoded voice."""
SAMPLE_RATE_HZ = 16_000
COMMAND = REPOSITORY / "server" / "cli.ts"
NODE = REPOSITORY / "node_modules" / ".bin" / "node"
CLIPS_AT_ONCE = 512
"""Clips that are on the disk at the same time, about 100 MB."""


@dataclass(frozen=True)
class Measured:
    """The output of `undertone features --batch`, row by row: `ids` `[n]`; `audio` float32 `[n, 896]`; `faces` uint8
    `[n, 25, 64, 64]`, the first `face_counts` `[n]` of them real; `audio_states`, `face_states` `[n]`: ok, noisy or
    absent; `audio_qualities`, `face_qualities` `[n]`: 0…1 or NaN; `errors` `[n]`: why the media could not be used, or
    ''."""

    ids: np.ndarray
    audio: np.ndarray
    audio_states: np.ndarray
    audio_qualities: np.ndarray
    faces: np.ndarray
    face_counts: np.ndarray
    face_states: np.ndarray
    face_qualities: np.ndarray
    errors: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def is_available() -> bool:
    """Whether the project's Node and its feature stage are installed."""
    return NODE.exists() and COMMAND.exists()


def measure_media(rows: Iterable[Mapping[str, object]], out: Path, quiet: bool = False) -> Measured:
    """Measures the rows of a manifest (`npx undertone features --help` lists their keys) into `out`, or continues an
    earlier measurement.

    Raises `CalledProcessError` when the command refuses the manifest. Unusable media gives a row with an error.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(dict(row)) + "\n" for row in rows), encoding="utf-8")
    subprocess.run(
        [NODE, COMMAND, "features", "--batch", manifest, "--out", out],
        stderr=subprocess.PIPE if quiet else None,
        check=True,
    )
    return read_measured(out)


def read_measured(out: Path) -> Measured:
    """All shards of the index in `out`, as one."""
    index = json.loads((out / "index.json").read_text(encoding="utf-8"))
    names = [field.name for field in fields(Measured)]
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for shard in index["shards"]:
        with np.load(out / shard) as file:
            for name in names:
                parts[name].append(file[name])
    return Measured(**{name: np.concatenate(arrays) for name, arrays in parts.items()})


def extract_features(utterances: Iterable[np.ndarray]) -> np.ndarray:
    """16 kHz mono utterances → audio features `[n, 896]`. Uses temporary float WAV files, which keep every bit.

    Raises `ValueError` naming the first utterance that cannot be measured.
    """
    left: Iterator[np.ndarray] = iter(utterances)
    results = [np.zeros((0, FEATURE_COUNT), np.float32)]
    while clips := list(islice(left, CLIPS_AT_ONCE)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rows = []
            for number, samples in enumerate(clips):
                file = folder / f"{number}.wav"
                soundfile.write(file, samples, SAMPLE_RATE_HZ, subtype="FLOAT")
                rows.append({"id": str(number), "media": str(file)})
            measured = measure_media(rows, folder / "features", quiet=True)
        for row in np.flatnonzero(measured.errors != ""):
            raise ValueError(f"utterance {sum(map(len, results)) + row}: {measured.errors[row]}")
        results.append(measured.audio)
    return np.concatenate(results)
