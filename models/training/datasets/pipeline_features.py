"""The 128 audio features as the product computes them: by its own TypeScript stage, run by Node, never a second copy."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable

import numpy as np

from paths import REPOSITORY, TRAINING

FEATURE_COUNT = 128
SCRIPT = TRAINING / "extract-audio-features.ts"
NODE = REPOSITORY / "node_modules" / ".bin" / "node"


def is_available() -> bool:
    """Whether the project's Node and its features stage are installed here."""
    return NODE.exists() and SCRIPT.exists()


def extract_features(utterances: Iterable[np.ndarray]) -> np.ndarray:
    """16 kHz mono utterances → `[n, 128]`. Raises `CalledProcessError` where the stage refuses one.

    All go through one temporary file to one process, so that neither side waits for the other.
    """
    with tempfile.TemporaryFile() as file:
        for samples in utterances:
            file.write(len(samples).to_bytes(4, "little"))
            file.write(np.ascontiguousarray(samples, "<f4").tobytes())
        file.seek(0)
        answer = subprocess.run([NODE, SCRIPT], stdin=file, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(answer, "<f4").reshape(-1, FEATURE_COUNT).copy()
