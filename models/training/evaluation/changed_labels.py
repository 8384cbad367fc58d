"""How often a cut, a telephone or noise changes the label of a voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datasets.speech import conditions, list_ravdess, read_clip, trim
from exporting.bundle import Bundle, FusionInputs

MARGIN_MS = 100.0
CUT_MS = 20.0
VARIANTS = ("as it is", "20 ms cut", "telephone", "noise")


def varied(folder: Path, limit: int | None = None, seed: int = 7) -> Iterator[np.ndarray]:
    """Each clip in each of `VARIANTS`."""
    random, met = np.random.default_rng(seed), conditions([])
    for clip in list_ravdess(folder, "val")[:limit]:
        samples = read_clip(clip.file)
        whole = trim(samples, (MARGIN_MS, MARGIN_MS))
        yield whole
        yield trim(samples, (MARGIN_MS - CUT_MS, MARGIN_MS))
        yield met["telephone"](whole, random)
        yield met["noise"](whole, random)


def changed(bundle: Bundle, features: np.ndarray) -> dict[str, float]:
    """features `[clips × variants, 896]` → per variant, the share of clips whose label differs from the label of the
    clip itself."""
    labels = bundle.fuse(FusionInputs(audio=features))[0].argmax(1).reshape(-1, len(VARIANTS))
    return {name: float((labels[:, at] != labels[:, 0]).mean()) for at, name in enumerate(VARIANTS) if at}
