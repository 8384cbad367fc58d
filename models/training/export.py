"""Writes the bundle from the checkpoints: `python models/training/export.py [--out models/undertone-mini]`.

Graphs for CPUs compute in integers. Their ranges are found on training examples.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from exporting.write_bundle import (
    BUNDLE_ID,
    calibration_feeds,
    load_checkpoints,
    quantized,
    to_graphs,
    trained_context,
    write_bundle,
)
from paths import DEFAULT_DATA, REPOSITORY, RUNS
from stages.operating_points import read_points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "models" / BUNDLE_ID)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="whose training examples are looked at")
    parser.add_argument("--float", action="store_true", help="keep float32 weights, to measure what int8 costs")
    options = parser.parse_args()
    models = to_graphs(load_checkpoints(options.runs))
    context = trained_context(options.runs)
    if options.float:
        write_bundle(models, {}, options.out, read_points(options.runs), context)
    else:
        models, on_cpu = quantized(models, calibration_feeds(options.data))
        write_bundle(models, on_cpu, options.out, read_points(options.runs), context)


if __name__ == "__main__":
    main()
