"""How often a voice's label changes where nothing that matters did: `python models/training/stability.py [--bundle DIR]`.

RAVDESS's validation clips, each as it is and cut 20 ms later, through a telephone (300–3400 Hz, µ-law) and in noise.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bundle import Bundle, FusionInputs
from datasets.pipeline_features import extract_features
from datasets.speech import conditions, list_ravdess, read_clip, trim
from paths import DEFAULT_DATA, REPOSITORY

MARGIN_MS = 100.0
CUT_MS = 20.0
VARIANTS = ("as it is", "20 ms cut", "telephone", "noise")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=None, help="only the first clips")
    options = parser.parse_args()
    features = extract_features(varied(options.data / "ravdess", options.limit))
    for name, share in changed(Bundle(options.bundle), features).items():
        print(f"{name}: {share:.1%} of labels change")


def varied(folder: Path, limit: int | None = None, seed: int = 7) -> Iterator[np.ndarray]:
    """Each clip in every one of `VARIANTS`."""
    random, met = np.random.default_rng(seed), conditions([])
    for clip in list_ravdess(folder, "val")[:limit]:
        samples = read_clip(clip.file)
        whole = trim(samples, (MARGIN_MS, MARGIN_MS))
        yield whole
        yield trim(samples, (MARGIN_MS - CUT_MS, MARGIN_MS))
        yield met["telephone"](whole, random)
        yield met["noise"](whole, random)


def changed(bundle: Bundle, features: np.ndarray) -> dict[str, float]:
    """features `[clips × variants, 896]` → by variant, the share of clips whose label is another one than that of the clip itself."""
    labels = bundle.fuse(FusionInputs(audio=features))[0].argmax(1).reshape(-1, len(VARIANTS))
    return {name: float((labels[:, at] != labels[:, 0]).mean()) for at, name in enumerate(VARIANTS) if at}


if __name__ == "__main__":
    main()
