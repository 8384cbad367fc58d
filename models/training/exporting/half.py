"""Converts a graph to float16 from its first to its last matrix product, with the float32 graph's inputs and
outputs."""

from __future__ import annotations

import onnx
from onnx import TensorProto
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from exporting.quantize import dequantize_weights, drop_unused

PRODUCTS = {"MatMul", "Gemm", "Conv"}
KEPT_FLOAT = {"LayerNormalization", "Softmax"}
"""Operators that always stay in float32, as in `torch.autocast`."""
TABLE = "Gather"
"""Reads rows of a constant. Always stored in float16."""


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose matrix products, and the operators between them, are float16. int8 weights become float16 too.

    Operators before the first product and after the last one stay in float32. Otherwise sums over pixels would
    overflow, and raw features and probabilities would lose digits. They need little time.
    """
    wide = dequantize_weights(model)
    for index, node in enumerate(wide.graph.node):
        node.name = f"node{index}"
    kept = [node.name for node in wide.graph.node if node.op_type in KEPT_FLOAT]
    half = convert_float_to_float16(
        wide, keep_io_types=True, op_block_list=[], node_block_list=[*kept, *_outside_products(wide.graph)]
    )
    OnnxModel.graph_topological_sort(half.graph)
    _join_casts(half.graph)
    drop_unused(half.graph)
    del half.graph.value_info[:]
    onnx.checker.check_model(half, full_check=True)
    return half


def _outside_products(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that come before every product or after every product, except tables."""
    after: set[str] = set()
    before: set[str] = set()
    for node in graph.node:
        if node.op_type in PRODUCTS or after.intersection(node.input):
            after.update(node.output)
    for node in reversed(graph.node):
        if node.op_type in PRODUCTS or before.intersection(node.output):
            before.update(node.input)
    inside = [node for node in graph.node if node.op_type in {*PRODUCTS, TABLE}]
    inside += [node for node in graph.node if after.intersection(node.output) and before.intersection(node.output)]
    names = {node.name for node in inside}
    return [node.name for node in graph.node if node.name not in names]


def _join_casts(graph: onnx.GraphProto) -> None:
    """Removes conversions from float32 to float16 and back, which the converter puts between nodes that stay in
    float32."""
    outputs = {output.name for output in graph.output}
    floats = {item.name for item in (*graph.input, *graph.value_info, *graph.output) if _is_float(item)}
    while (pair := _round_trip(graph, floats)) is not None:
        node, source = pair
        target = node.output[0]
        graph.node.remove(node)
        old, new = (source, target) if target in outputs else (target, source)
        for user in graph.node:
            for names in (user.input, user.output):
                names[:] = [new if name == old else name for name in names]


def _round_trip(graph: onnx.GraphProto, floats: set[str]) -> tuple[onnx.NodeProto, str] | None:
    """A conversion back to float32, and the original float32 value."""
    makers = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        narrow = makers.get(node.input[0]) if _casts_to(node, TensorProto.FLOAT) else None
        if narrow is not None and _casts_to(narrow, TensorProto.FLOAT16) and narrow.input[0] in floats:
            return node, narrow.input[0]
    return None


def _casts_to(node: onnx.NodeProto, dtype: int) -> bool:
    return node.op_type == "Cast" and any(a.name == "to" and a.i == dtype for a in node.attribute)


def _is_float(value: onnx.ValueInfoProto) -> bool:
    return value.type.tensor_type.elem_type == TensorProto.FLOAT
