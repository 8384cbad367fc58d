"""Times a bundle's graphs on a device: `python models/training/bench_gpu.py --provider cuda [--batches 1,8,64] [--json]`.

Runs the exported graphs in float32 and float16 through ONNX Runtime, and the same networks in PyTorch on the same
device. The PyTorch weights are untrained, which does not change the time. Inputs start and answers end in main memory,
as in the server, so the copies count. CUDA needs `onnxruntime-gpu` and a PyTorch with CUDA. WebGPU uses the server's
Node runtime, and is compared with PyTorch only if CUDA is available.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from datasets.tokens import PAPER_TOKENS
from exporting.graph_timing import as_table, device_name, measure, untrained
from paths import REPOSITORY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--provider", choices=("cpu", "cuda", "webgpu"), required=True)
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--batches", type=_sizes, default=(1, 8, 64), help="comma-separated; default 1,8,64")
    parser.add_argument("--passes", type=int, default=50, help="of which the median is told; default 50")
    parser.add_argument("--json", action="store_true", help="rows as JSON, one a line, instead of a table")
    options = parser.parse_args()
    rows = []
    for row in measure(options.bundle, untrained(), options.provider, options.batches, options.passes):
        rows.append(row)
        if options.json:
            print(json.dumps(row), flush=True)
    if not options.json:
        print(f"{device_name(options.provider)}, {PAPER_TOKENS} tokens, median ms of {options.passes} passes")
        print(as_table(rows))


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(part) for part in text.split(","))
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError("a batch is at least 1")
    return sizes


if __name__ == "__main__":
    main()
