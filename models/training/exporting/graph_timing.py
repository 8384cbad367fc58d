"""Times a bundle's graphs with ONNX Runtime, and the same networks in PyTorch, on one device.

Untrained weights take as long as trained ones. Inputs start and answers end in main memory, as in the server, so the
copies count.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from architectures.audio_encoder import AudioEncoder
from architectures.face_encoder import FaceEncoder, VideoEncoder
from architectures.interaction_fusion import PATTERNS, FusionGraph, InteractionFusion, PartHeads
from architectures.text_encoder import TextGraph
from datasets.pipeline_features import NODE
from datasets.tokens import PAPER_TOKENS
from exporting.graphs import GRAPHS, sample_inputs
from exporting.half_bundle import export_half

ORT_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
PRECISIONS = ("float32", "float16")
NODE_SCRIPT = Path(__file__).with_name("time-graphs.ts")


def untrained() -> dict[str, nn.Module]:
    """The networks from which the shipped bundle's graphs were exported."""
    fusion = FusionGraph(AudioEncoder(), PartHeads(), InteractionFusion(), torch.ones(2, len(PATTERNS) + 1))
    return {"text": TextGraph(), "video": VideoEncoder(FaceEncoder()), "fusion": fusion}


def measure(
    bundle: Path, modules: dict[str, nn.Module], provider: str, batches: tuple[int, ...], passes: int
) -> Iterator[dict]:
    """One row per runtime, graph, precision and batch size. Raises `RuntimeError` when the provider cannot be used."""
    files = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["graphs"]
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / "float16"
        export_half(bundle, half)
        for precision, source in zip(PRECISIONS, (bundle, half)):
            paths = {name: source / files[name]["file"] for name in GRAPHS}
            timed = time_on_node(paths, provider, batches, passes) if provider == "webgpu" else None
            for name, path in paths.items():
                timed_here = timed[name] if timed else time_graph(path, name, provider, batches, passes)
                yield from _rows("onnxruntime", provider, name, precision, batches, timed_here)
    device = "cuda" if provider == "webgpu" else provider
    if device == "cuda" and not torch.cuda.is_available():
        return
    for name, module in modules.items():
        for precision in PRECISIONS:
            timed_here = time_module(module, name, device, precision, batches, passes)
            yield from _rows("pytorch", device, name, precision, batches, timed_here)


def _rows(
    runtime: str, device: str, graph: str, precision: str, batches: tuple[int, ...], medians_ms: list[float]
) -> Iterator[dict]:
    named = {"runtime": runtime, "device": device, "graph": graph, "precision": precision}
    for batch, median_ms in zip(batches, medians_ms, strict=True):
        yield named | {"batch": batch, "medianMs": round(median_ms, 4)}


def time_graph(file: Path, name: str, provider: str, batches: tuple[int, ...], passes: int) -> list[float]:
    """Median ms per batch size, with Python's ONNX Runtime."""
    wanted = ORT_PROVIDERS[provider]
    if wanted not in onnxruntime.get_available_providers():
        raise RuntimeError(f"this onnxruntime has no {wanted}")
    session = onnxruntime.InferenceSession(str(file), providers=[wanted])
    if session.get_providers()[0] != wanted:
        raise RuntimeError(f"{wanted} could not be opened")
    inputs = [sample_inputs(GRAPHS[name], batch, tokens=PAPER_TOKENS) for batch in batches]
    return [median_ms(partial(session.run, None, feeds), passes) for feeds in inputs]


def time_on_node(files: dict[str, Path], provider: str, batches: tuple[int, ...], passes: int) -> dict[str, list[float]]:
    """Median ms of each graph per batch size, with the server's ONNX Runtime."""
    graphs = []
    for name, file in files.items():
        inputs = [sample_inputs(GRAPHS[name], batch, tokens=PAPER_TOKENS) for batch in batches]
        feeds = [{port: {"dtype": str(a.dtype), "shape": list(a.shape)} for port, a in arrays.items()} for arrays in inputs]
        graphs.append({"file": str(file.resolve()), "feeds": feeds})
    request = json.dumps({"provider": provider, "passes": passes, "graphs": graphs})
    answer = subprocess.run([NODE, NODE_SCRIPT], input=request, capture_output=True, text=True)
    if answer.returncode != 0:
        raise RuntimeError(f"onnxruntime-node on {provider}: {answer.stderr.strip()}")
    return dict(zip(files, json.loads(answer.stdout), strict=True))


@torch.no_grad()
def time_module(
    module: nn.Module, name: str, device: str, precision: str, batches: tuple[int, ...], passes: int
) -> list[float]:
    """Median ms per batch size in PyTorch. For float16, autocast is used, which keeps the converted weights while it is
    active."""
    module = module.eval().to(device)
    medians_ms = []
    for batch in batches:
        arrays = sample_inputs(GRAPHS[name], batch, tokens=PAPER_TOKENS).values()
        tensors = [torch.from_numpy(array) for array in arrays]
        with torch.autocast(device, torch.float16, enabled=precision == "float16"):
            medians_ms.append(median_ms(partial(_run, module, tensors, device), passes))
    return medians_ms


def _run(module: nn.Module, tensors: list[Tensor], device: str) -> list[np.ndarray]:
    outputs = module(*(tensor.to(device) for tensor in tensors))
    return [output.float().cpu().numpy() for output in ((outputs,) if isinstance(outputs, Tensor) else outputs)]


def median_ms(run: Callable[[], object], passes: int) -> float:
    """Median of `passes` runs, after a tenth as many warm-up runs."""
    took_ms = []
    for index in range(-(-passes // 10) + passes):
        start = time.perf_counter()
        run()
        if index >= -(-passes // 10):
            took_ms.append((time.perf_counter() - start) * 1000)
    return statistics.median(took_ms)


def device_name(provider: str) -> str:
    if provider == "cpu":
        return f"cpu, {torch.get_num_threads()} threads"
    return f"{provider}, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else provider


def as_table(rows: list[dict]) -> str:
    """Markdown: one line per runtime, graph and precision, and one column per batch size."""
    batches = list(dict.fromkeys(row["batch"] for row in rows))
    lines = ["| runtime | graph | precision | " + " | ".join(f"batch {batch}" for batch in batches) + " |"]
    lines.append("|" + " --- |" * (3 + len(batches)))
    cells: dict[tuple[str, str, str], dict[int, float]] = {}
    for row in rows:
        cells.setdefault((row["runtime"], row["graph"], row["precision"]), {})[row["batch"]] = row["medianMs"]
    for key, medians in cells.items():
        lines.append("| " + " | ".join([*key, *(f"{medians[batch]:.2f}" for batch in batches)]) + " |")
    return "\n".join(lines)
