"""Paths of folders. Importing this module creates nothing."""

from __future__ import annotations

from pathlib import Path

TRAINING = Path(__file__).resolve().parent
REPOSITORY = TRAINING.parents[1]
DEFAULT_DATA = REPOSITORY.parent / "shared" / "data"
"""Folder of the public corpora. Every command has the option `--data` for it."""
RUNS = TRAINING / "runs"
"""Checkpoints, cached features and logs. Not in version control."""
