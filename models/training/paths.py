"""Where things lie. Nothing here is created by importing."""

from __future__ import annotations

from pathlib import Path

TRAINING = Path(__file__).resolve().parent
REPOSITORY = TRAINING.parents[1]
DEFAULT_DATA = REPOSITORY.parent / "shared" / "data"
"""Folder of the public corpora; every command takes `--data`."""
RUNS = TRAINING / "runs"
"""Checkpoints, cached features and logs; not in version control."""
