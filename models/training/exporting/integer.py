"""Integer arithmetic for CPUs: the products of a graph multiply 8-bit numbers, in about 0.6 of the time of float32.

The graphs use ONNX's standard pairs of QuantizeLinear and DequantizeLinear, which ONNX Runtime fuses with the product
between them. Ranges are constants that are found on training examples, so an answer does not depend on the rest of the
batch. Weights are in −63…63, because AVX2 adds two products in 16 bits, and with this range the sum cannot overflow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static

from exporting.graphs import open_session
from exporting.quantize import add_constant, drop_unused, quantize_array

WEIGHT_LEVELS = 63
INPUT_STEPS = 255
SMOOTHING = (0.5, 0.6, 0.7, 0.8, 0.9)
KEPT_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
COMPARED_ROWS = 800
DAMPING = 0.01
OUTLYING_ROWS = 40
"""Rows with the largest values that are compared in addition to evenly spaced ones, because a transformer depends on a
few of them."""
CONVOLUTIONS = ["Conv", "Add", "Relu"]
COVERED_PERCENT = 99.99

Feeds = Sequence[dict[str, np.ndarray]]


@dataclass(frozen=True)
class InputRange:
    """Maps a product's input to 0…255: `input · smoothing / scale + zero_point`, rounded. `smoothing` `[inputs]`."""

    smoothing: np.ndarray
    scale: np.float32
    zero_point: np.uint8

    def rounded(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs `[rows, inputs]` after smoothing and rounding, as the integers represent them."""
        steps = np.rint(inputs * self.smoothing / self.scale) + self.zero_point
        return (np.clip(steps, 0, INPUT_STEPS) - self.zero_point) * self.scale


@dataclass(frozen=True)
class StoredMatrix:
    """int8 `[inputs, outputs]` for smoothed inputs, and the step of each output."""

    values: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """`ranges`: by the name of a tensor that constant matrices multiply. `matrices`: by the name of the matrix."""

    ranges: dict[str, InputRange]
    matrices: dict[str, StoredMatrix]


def calibrate(model: onnx.ModelProto, feeds: Feeds) -> Calibration:
    """Rounds the inputs and weights of all products with a constant, so that the products change least on examples.

    Channels that are far larger than others are scaled down, and their weights up, by a power of their largest values
    (SmoothQuant, arXiv:2211.10438). Several powers, and several limits for the largest values, are tried. Weights are
    rounded one input after the other, and the remaining weights compensate for the error of each rounding (GPTQ,
    arXiv:2210.17323).
    """
    products = _products(model)
    ranges, matrices = {}, {}
    for name, inputs in _observed(model, list(products), feeds).items():
        found = _best_range(inputs, np.concatenate(list(products[name].values()), 1))
        ranges[name] = found
        rounded = found.rounded(inputs)
        for matrix, weights in products[name].items():
            matrices[matrix] = _rounded_matrix(rounded, weights / found.smoothing[:, None])
    return Calibration(ranges, matrices)


def _rounded_matrix(inputs: np.ndarray, weights: np.ndarray) -> StoredMatrix:
    """inputs `[rows, inputs]` as they will be multiplied, and weights `[inputs, outputs]`."""
    alike = inputs.T.astype(np.float64) @ inputs
    alike[np.diag_indices_from(alike)] += DAMPING * np.diag(alike).mean() + 1e-9
    passing_on = np.linalg.cholesky(np.linalg.inv(alike)).T
    left = weights.astype(np.float64)
    _, steps = quantize_array(weights, 1, WEIGHT_LEVELS)
    values = np.zeros(weights.shape, np.int8)
    for row in range(len(left)):
        values[row] = np.clip(np.rint(left[row] / steps[0]), -WEIGHT_LEVELS, WEIGHT_LEVELS)
        error = (left[row] - values[row] * steps[0]) / passing_on[row, row]
        left[row + 1 :] -= np.outer(passing_on[row, row + 1 :], error)
    return StoredMatrix(values, steps[0])


def _best_range(inputs: np.ndarray, weights: np.ndarray) -> InputRange:
    outlying = np.argsort(-np.abs(inputs).max(1))[:OUTLYING_ROWS]
    rows = np.concatenate([inputs[outlying], inputs[:: max(1, len(inputs) // COMPARED_ROWS)]])
    expected = rows @ weights
    largest, strongest = np.abs(inputs).max(0).clip(min=1e-3), np.abs(weights).max(1).clip(min=1e-3)
    best, least = None, np.inf
    for power in SMOOTHING:
        smoothing = strongest ** (1 - power) / largest**power
        smoothing = (smoothing / np.exp(np.log(smoothing).mean())).astype(np.float32)
        stored, steps = quantize_array(weights / smoothing[:, None], 1, WEIGHT_LEVELS)
        low, high = (inputs * smoothing).min(), (inputs * smoothing).max()
        for share in KEPT_SHARES:
            limit = share * max(-low, high)
            found = _range_between(smoothing, max(low, -limit), min(high, limit))
            error = np.square(found.rounded(rows) @ (stored * steps) - expected).mean()
            if error < least:
                best, least = found, error
    if best is None:
        raise ArithmeticError("a product's inputs are no numbers")
    return best


def _range_between(smoothing: np.ndarray, low: float, high: float) -> InputRange:
    low, high = min(low, 0.0), max(high, 1e-6)
    scale = np.float32((high - low) / INPUT_STEPS)
    return InputRange(smoothing, scale, np.uint8(np.rint(-low / scale)))


def _products(model: onnx.ModelProto) -> dict[str, dict[str, np.ndarray]]:
    """The constant matrices that multiply each tensor, by name."""
    constants = {item.name: item for item in model.graph.initializer}
    found: dict[str, dict[str, np.ndarray]] = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in constants:
            name, matrix = node.input
            found.setdefault(name, {})[matrix] = numpy_helper.to_array(constants[matrix])
    return found


def _observed(model: onnx.ModelProto, names: list[str], feeds: Feeds) -> dict[str, np.ndarray]:
    """All rows `[rows, width]` of tensors inside the graph. Examples are run one by one, so that no row is padding."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    opened.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = open_session(opened)
    seen = [session.run(names, feed) for feed in feeds]
    return {name: np.concatenate([_rows(run[index]) for run in seen]) for index, name in enumerate(names)}


def _rows(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])


def with_stored_products(model: onnx.ModelProto, calibration: Calibration, *, integer: bool) -> onnx.ModelProto:
    """A copy whose constant matrices are int8, for inputs smoothed by the calibration.

    `integer`: products are computed in integers. Otherwise they are computed in floats from the same constants, for
    accelerators without integer products. Both graphs can then share one file of weights.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    constants = {item.name: item for item in graph.initializer}
    smoothed: dict[str, str] = {}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in constants:
            name, matrix = node.input
            if name not in smoothed:
                smoothed[name] = _smoothed(graph, nodes, name, calibration.ranges[name], integer)
            node.input[0] = smoothed[name]
            node.input[1] = _stored(graph, nodes, matrix, calibration.matrices[matrix], integer)
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused(graph)
    onnx.checker.check_model(result, full_check=True)
    return result


def _smoothed(graph: onnx.GraphProto, nodes: list, name: str, found: InputRange, integer: bool) -> str:
    factors = add_constant(graph, f"{name}_smoothing", found.smoothing)
    nodes.append(helper.make_node("Mul", [name, factors], [f"{name}_smoothed"]))
    if not integer:
        return f"{name}_smoothed"
    scale = add_constant(graph, f"{name}_scale", found.scale)
    zero = add_constant(graph, f"{name}_zero", found.zero_point)
    nodes.append(helper.make_node("QuantizeLinear", [f"{name}_smoothed", scale, zero], [f"{name}_uint8"]))
    nodes.append(helper.make_node("DequantizeLinear", [f"{name}_uint8", scale, zero], [f"{name}_rounded"]))
    return f"{name}_rounded"


def _stored(graph: onnx.GraphProto, nodes: list, matrix: str, stored: StoredMatrix, integer: bool) -> str:
    inputs = [add_constant(graph, f"{matrix}_int8", stored.values), add_constant(graph, f"{matrix}_scale", stored.steps)]
    if integer:
        nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{matrix}_float"], axis=1))
    else:
        nodes.append(helper.make_node("Cast", inputs[:1], [f"{matrix}_cast"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{matrix}_cast", inputs[1]], [f"{matrix}_float"]))
    return f"{matrix}_float"


def with_integer_convolutions(model: onnx.ModelProto, feeds: Feeds) -> onnx.ModelProto:
    """A copy whose convolutions, and the sums between them, are computed in integers, by ONNX Runtime's static
    quantization."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "integer.onnx"
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Reader(iter(feeds)),
            op_types_to_quantize=CONVOLUTIONS,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": COVERED_PERCENT},
        )
        result = onnx.load(target)
    onnx.checker.check_model(result, full_check=True)
    return result


class _Reader(CalibrationDataReader):
    def __init__(self, feeds: Iterator[dict[str, np.ndarray]]) -> None:
        self.feeds = feeds

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.feeds, None)
