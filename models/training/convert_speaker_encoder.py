"""Makes models/speakers/speaker-encoder.onnx from Resemblyzer's weights.

Usage:
    pip download --no-deps resemblyzer==0.1.4
    python convert_speaker_encoder.py Resemblyzer-0.1.4-py3-none-any.whl ../speakers

The recurrent weights are stored as float16 and computed in float32. `manifest.json` records digests and sources.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from architectures.speaker_encoder import EXCERPT_SAMPLES, WIDTH, SpeakerEncoder
from exporting.graphs import GraphSpec, Port, parity, to_onnx

SPEC = GraphSpec(
    "speaker-encoder.onnx",
    {"samples": Port("float32", ("batch", EXCERPT_SAMPLES))},
    {"speaker": Port("float32", ("batch", WIDTH))},
)
MIN_ELEMENTS = 4096
PACKAGE_SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
"""The weights are a pickle, which can hold code: no other file is read."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    if hashlib.sha256(options.package.read_bytes()).hexdigest() != PACKAGE_SHA256:
        raise SystemExit(f"{options.package} is not Resemblyzer-0.1.4-py3-none-any.whl of PyPI")
    encoder = read_encoder(options.package)
    graph = to_onnx(encoder, SPEC)
    difference = parity(encoder, graph, SPEC)
    if not difference <= 1e-3:
        raise ArithmeticError(f"the graph's answers differ from PyTorch's by {difference:.1e}")
    write(halve_weights(graph), options.package, options.out)


def read_encoder(package: Path) -> SpeakerEncoder:
    with zipfile.ZipFile(package) as archive:
        content = io.BytesIO(archive.read("resemblyzer/pretrained.pt"))
    # The file also holds the optimiser's state, as plain Python numbers.
    state = torch.load(content, map_location="cpu", weights_only=False)["model_state"]
    encoder = SpeakerEncoder()
    encoder.load_state_dict({name: value for name, value in state.items() if name.startswith(("lstm.", "linear."))})
    return encoder.eval()


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large weights are stored as float16. A runtime converts them once, when it loads the graph."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    casts = []
    for item in list(graph.initializer):
        values = numpy_helper.to_array(item)
        if values.dtype != np.float32 or values.size < MIN_ELEMENTS:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), f"{item.name}_half")
        casts.append(helper.make_node("Cast", [half.name], [item.name], to=TensorProto.FLOAT))
        graph.initializer.remove(item)
        graph.initializer.append(half)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(result, full_check=True)
    return result


def write(graph: onnx.ModelProto, package: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, out / SPEC.file)
    with zipfile.ZipFile(package) as archive:
        (out / "LICENSE.resemblyzer").write_bytes(archive.read("Resemblyzer-0.1.4.dist-info/LICENSE"))
    content = (out / SPEC.file).read_bytes()
    ports = {
        side: {name: {"dtype": port.dtype, "shape": list(port.shape)} for name, port in values.items()}
        for side, values in (("inputs", SPEC.inputs), ("outputs", SPEC.outputs))
    }
    entry = {
        "file": SPEC.file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "license": "Apache-2.0",
        "licenseFile": "LICENSE.resemblyzer",
        "source": {
            "package": "resemblyzer",
            "version": "0.1.4",
            "sha256": PACKAGE_SHA256,
        },
    } | ports
    manifest = {"formatVersion": 1, "id": "speakers", "graphs": {"speaker-encoder": entry}}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
