"""A bundle's text encoder back as PyTorch: `python models/training/recover.py [--bundle DIR] [--out runs/text.pt]`.

The graph holds every weight, so a stage that builds on the encoder, or an export with other outputs, needs no checkpoint of
it. What comes back are the bundle's weights, rounded to int8 as they are; exporting them again rounds them once more, to
next to the same.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from architectures.text_encoder import TextEncoder, TextEncoderShape
from paths import REPOSITORY, RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--out", type=Path, default=RUNS / "text.pt", help="the checkpoint to write; must not exist")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"{options.out} exists")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"encoder": recover_text(options.bundle).state_dict()}, options.out)


def recover_text(bundle: Path) -> TextEncoder:
    """The text encoder of a bundle's folder, in evaluation mode.

    Raises `ValueError` naming the weights that the graph does not hold where it is not an export of `TextEncoder`.
    """
    file = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["graphs"]["text"]["file"]
    weights = read_weights(onnx.load(bundle / file))
    encoder = TextEncoder(_shape(weights))
    missing = encoder.state_dict().keys() - weights.keys()
    if missing:
        raise ValueError(f"{file} does not hold {', '.join(sorted(missing))}")
    encoder.load_state_dict({name: torch.from_numpy(weights[name].copy()) for name in encoder.state_dict()})
    return encoder.eval()


def read_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """A graph's parameters, float32, by their PyTorch names.

    Export keeps the names of biases, norms and tables; a layer's matrix is anonymous and takes its name from the bias that
    is added to its product.
    """
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    makers = {output: node for node in model.graph.node for output in node.output}
    weights = {name: values for name, values in constants.items() if values.dtype == np.float32}
    for name in [name for name in constants if name.endswith(".weight_int8")]:
        weights[name.removesuffix("_int8")] = _dequantized(constants, name)
    for node in model.graph.node:
        product = next((makers[name] for name in node.input if name in makers), None)
        bias = next((name for name in node.input if name.endswith(".bias")), None)
        if node.op_type == "Add" and bias is not None and product is not None and product.op_type == "MatMul":
            matrix = product.input[1]
            values = constants[matrix] if matrix in constants else _dequantized(constants, _stored(matrix))
            weights[bias.removesuffix("bias") + "weight"] = (values * _smoothing(product, makers, constants)).T
    return weights


def _smoothing(product: onnx.NodeProto, makers: dict[str, onnx.NodeProto], constants: dict) -> np.ndarray:
    """`[inputs, 1]`: what a product's inputs are multiplied by before it, where export has smoothed them; else 1."""
    before = makers.get(product.input[0])
    factors = before.input[1] if before is not None and before.op_type == "Mul" else None
    known = constants[factors] if factors is not None and factors.endswith("_smoothing") else np.ones(1, np.float32)
    return known[:, None]


def _stored(matrix: str) -> str:
    """The int8 constant behind a matrix that `quantize_weights` has rewritten."""
    return matrix.removesuffix("_float") + "_int8"


def _dequantized(constants: dict[str, np.ndarray], stored: str) -> np.ndarray:
    return constants[stored].astype(np.float32) * constants[stored.removesuffix("_int8") + "_scale"]


def _shape(weights: dict[str, np.ndarray]) -> TextEncoderShape:
    """Read off the weights, but for the number of heads, which leaves no trace in them."""
    vocabulary, width = weights["words.weight"].shape if "words.weight" in weights else (0, 0)
    layers = {name.split(".")[1] for name in weights if name.startswith("layers.")}
    hidden = len(weights.get("layers.0.expand.bias", ()))
    tokens = len(weights.get("positions.weight", ()))
    return TextEncoderShape(vocabulary=vocabulary, width=width, layers=len(layers), hidden=hidden, max_tokens=tokens)


if __name__ == "__main__":
    main()
