"""Writes a copy of a bundle with its graphs in float16, and measures how far its answers differ.

It is measured on the CPU, whose kernels round to float16 between operators but add in float32, as those of GPUs do.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from architectures.interaction_fusion import MODALITIES
from exporting.bundle import Bundle, FusionInputs, graph_files
from exporting.half import to_half
from exporting.write_bundle import described

TOLERANCE = 0.02
"""Largest allowed difference of a probability, over random inputs."""
ACCURACY_TOLERANCE = 0.005
ROWS = 14
"""Number of random utterances per presence pattern."""


def export_half(bundle: Path, out: Path) -> dict:
    """Writes a bundle's graphs in float16, its tokenizer and a manifest. Returns the manifest.

    Graphs that are only needed for a single measure (`auxiliary`) are left out. Raises `ValueError` when a file does
    not match the manifest.
    """
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    text, graphs = manifest["text"], manifest["graphs"]
    for entry in (*graph_files(graphs), text["tokenizer"], text["tokenizerConfig"]):
        if described(bundle / entry["file"])["sha256"] != entry["sha256"]:
            raise ValueError(f"{entry['file']} is not the file that the manifest describes")
    out.mkdir(parents=True)
    for name, entry in graphs.items():
        onnx.save(to_half(onnx.load(bundle / entry["file"])), out / entry["file"])
        kept = {key: value for key, value in entry.items() if key not in ("weights", "cpu")}
        graphs[name] = kept | described(out / entry["file"])
    for file in (text["tokenizer"]["file"], text["tokenizerConfig"]["file"]):
        shutil.copyfile(bundle / file, out / file)
    if (bundle / "MODEL_CARD.md").exists():
        shutil.copyfile(bundle / "MODEL_CARD.md", out / "MODEL_CARD.md")
    manifest["id"] += "-float16"
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def check(what: str, difference: float, tolerance: float) -> None:
    """Raises `ArithmeticError` when a difference is above its tolerance or not a number."""
    print(f"{what} {difference:.1e}")
    if not difference <= tolerance:
        raise ArithmeticError(f"{what} {difference:.1e}, more than {tolerance}")


def probability_difference(wide: Bundle, half: Bundle, seed: int = 0) -> float:
    """Largest difference of a probability, over random texts, voices and faces in every presence pattern."""
    random = np.random.default_rng(seed)
    words = [token for token in wide.tokenizer.get_vocab() if token.isalpha()]
    texts = [" ".join(random.choice(words, size)) for size in random.integers(1, 45, ROWS)]
    faces = random.integers(0, 256, (ROWS, 5, 10, 64, 64), dtype=np.uint8)
    audio = random.standard_normal((ROWS, wide.manifest["audio"]["featureCount"])).astype(np.float32)

    def answers(bundle: Bundle) -> list[np.ndarray]:
        parts: dict[str, Any] = {"text": bundle.embed_text(texts), "audio": audio, "video": bundle.embed_faces(faces)}
        shown = [{name: parts[name] for m, name in enumerate(MODALITIES) if 1 + p & 1 << m} for p in range(7)]
        return [part for inputs in shown for part in bundle.fuse(FusionInputs(**inputs))[:2]]

    return max(float(np.abs(a - b).max()) for a, b in zip(answers(wide), answers(half)))


def accuracy(bundle: Bundle, texts: list[str], truth: np.ndarray) -> float:
    """Share of texts whose emotion is right, from words only."""
    emotion, *_ = bundle.fuse(FusionInputs(text=bundle.embed_text(texts)))
    return float((emotion.argmax(1) == truth).mean())
