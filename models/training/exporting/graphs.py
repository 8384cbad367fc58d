"""Converts PyTorch modules into ONNX graphs with the bundle's input and output names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

OPSET = 20
"""The first opset with `Gelu` as one operator. ONNX Runtime fuses it with the bias before it."""
BATCH_OF_TRACE = 2
"""Any size except 1, which tracing would take for a constant."""


@dataclass(frozen=True)
class Port:
    """An input or output with its type and shape. Named axes are dynamic."""

    dtype: str
    shape: tuple[str | int, ...]

    def sample(self, random: np.random.Generator, batch: int, sizes: dict[str, int] | None = None) -> np.ndarray:
        """A random array. Ids and pixels cover their range, and everything else is standard normal."""
        sizes = {"batch": batch, "tokens": 9, "groups": 5, **(sizes or {})}
        shape = tuple(sizes[axis] if isinstance(axis, str) else axis for axis in self.shape)
        if self is TEXT_MASK:
            return np.ones(shape, np.int64)
        if self is TEXT_TYPES:
            return np.broadcast_to(np.arange(shape[1]) > shape[1] // 2, shape).astype(np.int64)
        if self.dtype == "int64":
            return random.integers(1000, 20000, shape)
        if self.dtype == "uint8":
            return random.integers(0, 256, shape, dtype=np.uint8)
        return random.standard_normal(shape).astype(np.float32)


TEXT_MASK = Port("int64", ("batch", "tokens"))
TEXT_TYPES = Port("int64", ("batch", "tokens"))


@dataclass(frozen=True)
class GraphSpec:
    """`file`: graph that runs anywhere. `cpu_file`: the same only for CPUs, in integers. `weights_file`: weights that
    both share."""

    file: str
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    cpu_file: str | None = None
    weights_file: str | None = None


GRAPHS = {
    "text": GraphSpec(
        "text-encoder.onnx",
        {"input_ids": Port("int64", ("batch", "tokens")), "attention_mask": TEXT_MASK, "token_type_ids": TEXT_TYPES},
        {"text_embedding": Port("float32", ("batch", 384)), "token_weights": Port("float32", ("batch", "tokens"))},
        cpu_file="text-encoder-cpu.onnx",
        weights_file="text-encoder.weights",
    ),
    "video": GraphSpec(
        "face-encoder.onnx",
        {"faces": Port("uint8", ("batch", "groups", 10, 64, 64))},
        {"video_embedding": Port("float32", ("batch", 128)), "mouth_covered": Port("float32", ("batch",))},
        cpu_file="face-encoder-cpu.onnx",
    ),
    "fusion": GraphSpec(
        "fusion.onnx",
        {
            "text_embedding": Port("float32", ("batch", 384)),
            "audio_features": Port("float32", ("batch", 896)),
            "audio_baseline": Port("float32", ("batch", 896)),
            "baseline_utterances": Port("float32", ("batch",)),
            "video_embedding": Port("float32", ("batch", 128)),
            "present": Port("float32", ("batch", 3)),
        },
        {
            "emotion": Port("float32", ("batch", 7)),
            "sentiment": Port("float32", ("batch", 7)),
            "contributions": Port("float32", ("batch", 3)),
            "set_contributions": Port("float32", ("batch", 10)),
            "dissatisfaction": Port("float32", ("batch",)),
        },
    ),
}


def sample_inputs(spec: GraphSpec, batch: int, seed: int = 0, **sizes: int) -> dict[str, np.ndarray]:
    """Random inputs of a graph: 9 tokens and 5 groups of faces unless `sizes` changes that. `present` is all ones,
    there are three earlier utterances, and half of a text is context."""
    random = np.random.default_rng(seed)
    inputs = {name: port.sample(random, batch, sizes) for name, port in spec.inputs.items()}
    if "present" in inputs:
        inputs["present"] = np.ones_like(inputs["present"])
        inputs["baseline_utterances"] = np.full_like(inputs["baseline_utterances"], 3)
    return inputs


def to_onnx(module: nn.Module, spec: GraphSpec) -> onnx.ModelProto:
    """The module's graph in float32, with its weights inside."""
    module.eval()
    samples = tuple(torch.from_numpy(array) for array in sample_inputs(spec, BATCH_OF_TRACE).values())
    axes = {axis: torch.export.Dim(axis) for axis in ("batch", "tokens")}
    axes["groups"] = torch.export.Dim("groups", max=5)
    shapes = tuple(
        {index: axes[axis] for index, axis in enumerate(port.shape) if isinstance(axis, str)} for port in spec.inputs.values()
    )
    program = torch.onnx.export(
        module,
        samples,
        input_names=list(spec.inputs),
        output_names=list(spec.outputs),
        dynamic_shapes=shapes,
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    del model.graph.value_info[:], model.metadata_props[:]
    model.doc_string = ""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    return model


def open_session(model: onnx.ModelProto | str, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def parity(module: nn.Module, model: onnx.ModelProto, spec: GraphSpec, batch: int = 3, tokens: int = 17) -> float:
    """Largest absolute difference between PyTorch and ONNX Runtime over all outputs, for other sizes than the
    trace's."""
    inputs = sample_inputs(spec, batch, seed=1, tokens=tokens, groups=2)
    expected = module.eval()(*(torch.from_numpy(array) for array in inputs.values()))
    expected = (expected,) if isinstance(expected, Tensor) else expected
    actual = open_session(model).run(list(spec.outputs), inputs)
    return max(float(np.abs(e.numpy() - a).max()) for e, a in zip(expected, actual))
