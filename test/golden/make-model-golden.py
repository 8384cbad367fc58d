"""Writes what the shipped bundle answers in Python, which the tests compare with the server's own way to its answers:
by the graphs for CPUs, and by those for accelerators, whose arithmetic is float32.

    python test/golden/make-model-golden.py [--bundle DIR]

Needs numpy and onnxruntime, and has to run again whenever the bundle changes: the file names the graphs that it is of.
Faces and voices are made by the same formulas as in test/support/models/golden-utterances.ts, so that none is stored.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "test" / "fixtures" / "golden" / "model-scores.json"
CLS, SEP = 101, 102
UTTERANCES = [
    {"tokens": 8, "seed": 1, "faceCount": 25, "present": [1, 1, 1]},
    {"tokens": 3, "seed": 2, "faceCount": 1, "present": [1, 0, 1]},
    {"tokens": 50, "seed": 3, "faceCount": 12, "present": [1, 1, 0]},
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "undertone-mini")
    options = parser.parse_args()
    manifest = json.loads((options.bundle / "manifest.json").read_text(encoding="utf-8"))
    graphs = manifest["graphs"]
    golden = {
        "cpu": golden_of({name: graph.get("cpu", graph) for name, graph in graphs.items()}, options.bundle, manifest),
        "accelerator": golden_of(graphs, options.bundle, manifest),
    }
    OUTPUT.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


def golden_of(graphs: dict, bundle: Path, manifest: dict) -> dict:
    sessions = {name: open_session(bundle / graph["file"]) for name, graph in graphs.items()}
    feature_count = manifest["audio"]["featureCount"]
    return {
        "graphs": {name: graph["sha256"] for name, graph in graphs.items()},
        "utterances": [utterance | answer(sessions, feature_count, **utterance) for utterance in UTTERANCES],
    }


def open_session(file: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def answer(sessions: dict, feature_count: int, tokens: int, seed: int, faceCount: int, present: list[int]) -> dict:
    """An utterance's answers, each graph run on it alone."""
    ids = np.array([token_ids(tokens, seed)], np.int64)
    text = run(sessions["text"], input_ids=ids, attention_mask=np.ones_like(ids))
    video = run(sessions["video"], faces=faces(faceCount, seed)[None])
    here = np.array([present], np.float32)
    scores = run(
        sessions["fusion"],
        text_embedding=text["text_embedding"] * here[:, :1],
        audio_features=voice(feature_count, seed)[None] * here[:, 1:2],
        video_embedding=video["video_embedding"] * here[:, 2:],
        present=here,
    )
    rows = text | video | scores
    return {"answers": {name: [round(float(value), 7) for value in rows[name][0]] for name in sorted(rows)}}


def run(session: onnxruntime.InferenceSession, **feeds: np.ndarray) -> dict[str, np.ndarray]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def token_ids(count: int, seed: int) -> list[int]:
    words = [2000 + (index * 379 + seed * 911) % 9000 for index in range(1, count - 1)]
    return [CLS, *words, SEP]


def faces(count: int, seed: int) -> np.ndarray:
    groups = np.zeros((5, 10, 64 * 64), np.uint8)
    pixels = np.arange(64 * 64)
    for group in range(5):
        for slot in range(10):
            face = group * 5 + slot
            if face < min(count, 25):
                groups[group, slot] = (pixels * (2 * seed + 1) + pixels // 64 * 5 + face * 31) % 256
    return groups.reshape(5, 10, 64, 64)


def voice(count: int, seed: int) -> np.ndarray:
    return ((np.arange(count) * 37 * seed % 101 - 50) / 8).astype(np.float32)


if __name__ == "__main__":
    main()
