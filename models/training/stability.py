"""How often harmless changes change the label of a voice: `python models/training/stability.py [--bundle DIR]`.

Uses RAVDESS's validation clips: unchanged, cut 20 ms later, through a telephone (300–3400 Hz, µ-law), and in noise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets.pipeline_features import extract_features
from evaluation.changed_labels import changed, varied
from exporting.bundle import Bundle
from paths import DEFAULT_DATA, REPOSITORY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=None, help="only the first clips")
    options = parser.parse_args()
    features = extract_features(varied(options.data / "ravdess", options.limit))
    for name, share in changed(Bundle(options.bundle), features).items():
        print(f"{name}: {share:.1%} of labels change")


if __name__ == "__main__":
    main()
