"""A bundle's graphs in float16, for GPUs: `python models/training/export_half.py --out DIR [--bundle models/undertone-mini]`.

The result is a bundle of its own, which the server can load (`--model-bundle DIR`). The difference between its answers
and the given bundle's is measured on the CPU. The CPU's kernels round to float16 between operators but add in float32,
as those of GPUs do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets.text import load_meld
from exporting.bundle import Bundle
from exporting.half_bundle import ACCURACY_TOLERANCE, TOLERANCE, accuracy, check, export_half, probability_difference
from paths import DEFAULT_DATA, REPOSITORY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write; must not exist")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="MELD's validation texts are read where they are")
    parser.add_argument("--limit", type=int, default=None, help="only the first texts")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"{options.out} exists")
    for name, graph in export_half(options.bundle, options.out)["graphs"].items():
        print(f"{name}: {graph['bytes'] / 1e6:.2f} MB")
    wide, half = Bundle(options.bundle, integer=False), Bundle(options.out)
    check("probabilities of random inputs differ by", probability_difference(wide, half), TOLERANCE)
    if not (options.data / "meld").is_dir():
        print(f"not measured on texts: {options.data} holds no meld")
        return
    meld = load_meld(options.data / "meld", "val")
    truth = meld.emotion_index()[: options.limit]
    before, after = (accuracy(bundle, meld.texts[: options.limit], truth) for bundle in (wide, half))
    print(f"accuracy on {len(truth)} validation texts: {before:.4f} in float32, {after:.4f} in float16")
    check("accuracy differs by", abs(after - before), ACCURACY_TOLERANCE)


if __name__ == "__main__":
    main()
