"""Reads a bundle's text and face encoders back as PyTorch modules.

The graphs hold every weight, rounded to int8. Exporting the encoders again rounds them once more, to nearly the same
values. The heads that an encoder was trained with are not in its graph.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from architectures.face_encoder import FaceEncoder
from architectures.text_encoder import TextEncoder, TextEncoderShape

MEASURED_FACES = 2000


def recover_text(bundle: Path) -> TextEncoder:
    """The text encoder of a bundle's folder, in evaluation mode.

    Raises `ValueError` naming the missing weights when the graph is not an export of `TextEncoder`.
    """
    file = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["graphs"]["text"]["file"]
    weights = read_weights(onnx.load(bundle / file))
    encoder = TextEncoder(_shape(weights))
    missing = encoder.state_dict().keys() - weights.keys()
    if missing:
        raise ValueError(f"{file} does not hold {', '.join(sorted(missing))}")
    encoder.load_state_dict({name: torch.from_numpy(weights[name].copy()) for name in encoder.state_dict()})
    return encoder.eval()


@torch.no_grad()
def recover_face(bundle: Path, faces: Tensor) -> FaceEncoder:
    """The face encoder of a bundle's folder, in evaluation mode.

    Export merges each norm with its convolution. To allow further training, the norms get the means and deviations of
    some faces, `[n, 64, 64]`. The encoder's answers do not depend on the choice of faces.
    """
    file = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["graphs"]["video"]["file"]
    constants = {item.name: numpy_helper.to_array(item) for item in onnx.load(bundle / file).graph.initializer}
    encoder = FaceEncoder().eval()
    joined = {"stem": encoder.stem_norm}
    for index, block in enumerate(encoder.blocks):
        joined |= {f"blocks.{index}.first": block.first_norm, f"blocks.{index}.second": block.second_norm}
        if isinstance(block.shortcut, nn.Sequential):
            joined[f"blocks.{index}.shortcut.0"] = block.shortcut[1]
    seen: dict[str, Tensor] = {}
    for name, norm in joined.items():
        stored = f"encoder.{name}.weight"
        weight = constants[stored] if stored in constants else _dequantized(constants, f"{stored}_int8")
        encoder.get_submodule(name).weight.copy_(torch.from_numpy(weight.copy()))
        norm.bias.copy_(torch.from_numpy(constants[f"{stored}_bias"].copy()))
        norm.running_var.fill_(1 - norm.eps)
        norm.register_forward_pre_hook(lambda _, inputs, name=name: seen.update({name: inputs[0]}))
    encoder(faces)
    for name, norm in joined.items():
        norm._forward_pre_hooks.clear()
        mean, variance = seen[name].mean((0, 2, 3)), seen[name].var((0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
    return encoder


def read_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """A graph's parameters, float32, by their PyTorch names.

    Export keeps the names of biases, norms and tables. A layer's matrix has no name, so it is named after the bias that
    is added to its product.
    """
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    makers = {output: node for node in model.graph.node for output in node.output}
    weights = {name: values for name, values in constants.items() if values.dtype == np.float32}
    for name in [name for name in constants if name.endswith(".weight_int8")]:
        weights[name.removesuffix("_int8")] = _dequantized(constants, name)
    for node in model.graph.node:
        if node.op_type == "GatherND":
            # Export gives the table of token types no name. This operator reads no other table.
            weights["types"] = constants[node.input[0]]
        product = next((makers[name] for name in node.input if name in makers), None)
        bias = next((name for name in node.input if name.endswith(".bias")), None)
        if node.op_type == "Add" and bias is not None and product is not None and product.op_type == "MatMul":
            matrix = product.input[1]
            values = constants[matrix] if matrix in constants else _dequantized(constants, _stored(matrix))
            weights[bias.removesuffix("bias") + "weight"] = (values * _smoothing(product, makers, constants)).T
    return weights


def _smoothing(product: onnx.NodeProto, makers: dict[str, onnx.NodeProto], constants: dict) -> np.ndarray:
    """`[inputs, 1]`: the factors that multiply a product's inputs, if export has smoothed them. Otherwise 1."""
    before = makers.get(product.input[0])
    factors = before.input[1] if before is not None and before.op_type == "Mul" else None
    known = constants[factors] if factors is not None and factors.endswith("_smoothing") else np.ones(1, np.float32)
    return known[:, None]


def _stored(matrix: str) -> str:
    """The int8 constant of a matrix that `quantize_weights` has rewritten."""
    return matrix.removesuffix("_float") + "_int8"


def _dequantized(constants: dict[str, np.ndarray], stored: str) -> np.ndarray:
    return constants[stored].astype(np.float32) * constants[stored.removesuffix("_int8") + "_scale"]


def _shape(weights: dict[str, np.ndarray]) -> TextEncoderShape:
    """The shape, read from the weights. The number of heads is not visible in them."""
    vocabulary, width = weights["words.weight"].shape if "words.weight" in weights else (0, 0)
    layers = {name.split(".")[1] for name in weights if name.startswith("layers.")}
    hidden = len(weights.get("layers.0.expand.bias", ()))
    tokens = len(weights.get("positions.weight", ()))
    return TextEncoderShape(vocabulary=vocabulary, width=width, layers=len(layers), hidden=hidden, max_tokens=tokens)
