"""Weight-only int8: large constant weights become int8 with one scale per channel. Arithmetic stays float32.

Each weight is stored as `Cast(int8) · scale`, which every ONNX runtime folds back to float32 when it loads the graph.
Files shrink to a quarter. Speed stays that of float32, and answers still do not depend on the batch. A table read by
`Gather` is the exception: only the rows read are converted, so the table stays int8 in memory too.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MIN_ELEMENTS = 4096


def quantize_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which every float32 weight of `MatMul`, `Gemm`, `Conv` and `Gather` with at least 4,096 elements is
    int8."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    weights = {item.name: item for item in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    replaced: dict[str, str | None] = {}
    for node in graph.node:
        position = 0 if node.op_type == "Gather" else 1
        name = node.input[position] if node.op_type in _CHANNEL_AXIS and len(node.input) > position else None
        if name is None or not _is_large(weights.get(name)):
            nodes.append(node)
            continue
        values = numpy_helper.to_array(weights[name])
        axis = _channel_axis(node, values.ndim)
        if node.op_type == "Gather":
            nodes += _gather_rows(graph, node, values)
            replaced[name] = None
            continue
        if replaced.get(name) is None:
            replaced[name] = f"{name}_float"
            nodes += _dequantized(graph, name, values, axis)
        node.input[position] = replaced[name]
        nodes.append(node)
    still_used = {name for node in nodes for name in node.input}
    kept = [item for item in graph.initializer if item.name in still_used]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(result, full_check=True)
    return result


_CHANNEL_AXIS = {"MatMul": -1, "Gemm": -1, "Conv": 0, "Gather": 0}


def _channel_axis(node: onnx.NodeProto, rank: int) -> int:
    if node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute):
        return 0
    return _CHANNEL_AXIS[node.op_type] % rank


def _is_large(weight: TensorProto | None) -> bool:
    return weight is not None and weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= MIN_ELEMENTS


def quantize_array(values: np.ndarray, axis: int, levels: int = 127) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 −levels…levels, and the scale of each index of `axis` in a shape that can be broadcast."""
    others = tuple(a for a in range(values.ndim) if a != axis)
    scale = np.abs(values).max(axis=others, keepdims=True) / levels
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale


def add_constant(graph: onnx.GraphProto, name: str, values: np.ndarray | np.generic) -> str:
    graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
    return name


def _dequantized(graph: onnx.GraphProto, name: str, values: np.ndarray, axis: int) -> list[onnx.NodeProto]:
    stored, scale = quantize_array(values, axis)
    inputs = [add_constant(graph, f"{name}_int8", stored), add_constant(graph, f"{name}_scale", scale)]
    return [
        helper.make_node("Cast", inputs[:1], [f"{name}_cast"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_cast", inputs[1]], [f"{name}_float"]),
    ]


def _gather_rows(graph: onnx.GraphProto, node: onnx.NodeProto, values: np.ndarray) -> list[onnx.NodeProto]:
    stored, scale = quantize_array(values, 0)
    name, indices, output = node.input[0], node.input[1], node.output[0]
    table, scales = add_constant(graph, f"{name}_int8", stored), add_constant(graph, f"{name}_scale", scale)
    return [
        helper.make_node("Gather", [table, indices], [f"{output}_int8"], axis=0),
        helper.make_node("Cast", [f"{output}_int8"], [f"{output}_cast"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [scales, indices], [f"{output}_scale"], axis=0),
        helper.make_node("Mul", [f"{output}_cast", f"{output}_scale"], [output]),
    ]


def dequantize_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a graph from `quantize_weights` whose int8 weights are multiplied out to float32 constants."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    constants = {item.name: item for item in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    nodes = []
    for node in graph.node:
        stored, scale, rows = _quantized_factors(node, makers, constants)
        if stored is None:
            nodes.append(node)
            continue
        values = numpy_helper.to_array(stored).astype(np.float32) * numpy_helper.to_array(scale)
        output = node.output[0]
        if rows is None:
            add_constant(graph, output, values)
        else:
            table = add_constant(graph, stored.name.removesuffix("_int8"), values)
            nodes.append(helper.make_node("Gather", [table, rows], [output], axis=0))
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused(graph)
    onnx.checker.check_model(result, full_check=True)
    return result


def _quantized_factors(
    node: onnx.NodeProto, makers: dict[str, onnx.NodeProto], constants: dict[str, TensorProto]
) -> tuple[TensorProto | None, TensorProto | None, str | None]:
    """Int8 values, scales and, for a table, the rows read, if the node is the `Mul` that gives a quantized weight."""
    cast = makers.get(node.input[0]) if node.op_type == "Mul" else None
    if cast is None or cast.op_type != "Cast":
        return None, None, None
    stored, scale, rows = cast.input[0], node.input[1], None
    if stored in makers and makers[stored].op_type == "Gather" and scale in makers:
        stored, rows = makers[stored].input
        scale = makers[scale].input[0]
    if stored not in constants or constants[stored].data_type != TensorProto.INT8:
        return None, None, None
    return constants[stored], constants[scale], rows


def drop_unused(graph: onnx.GraphProto) -> None:
    """Removes nodes and constants that no output needs."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    constants = [item for item in graph.initializer if item.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
