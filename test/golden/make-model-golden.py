"""Writes what the shipped bundle answers in Python, which the tests compare with the server's own way to its answers:
by the graphs for CPUs, and by those for accelerators, whose arithmetic is float32.

    python test/golden/make-model-golden.py [--bundle DIR]

Needs numpy and onnxruntime, and has to run again whenever the bundle changes: the file names the graphs that it is of.
What a bundle takes besides is tried where it takes it: long texts, context, a voice's baseline. Its first operating point is
applied. Faces and voices are made by the same formulas as in test/support/models/golden-utterances.ts, so that none is stored.
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
WITH_CONTEXT = [
    {"tokens": 6, "contextTokens": 9, "seed": 4, "faceCount": 3, "present": [1, 0, 0]},
    {"tokens": 40, "contextTokens": 10, "seed": 5, "faceCount": 1, "present": [1, 0, 0]},
]
WITH_BASELINE = [
    {"tokens": 3, "seed": 6, "faceCount": 1, "present": [0, 1, 0], "baselineUtterances": 1},
    {"tokens": 4, "seed": 7, "faceCount": 8, "present": [1, 1, 1], "baselineUtterances": 20},
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
    utterances = utterances_for(sessions, manifest["text"])
    return {
        "graphs": {name: graph["sha256"] for name, graph in graphs.items()},
        "utterances": [utterance | answer(sessions, manifest, **utterance) for utterance in utterances],
    }


def utterances_for(sessions: dict, text: dict) -> list[dict]:
    """Those that the bundle takes. The longest texts have as many tokens as it takes."""
    utterances = list(UTTERANCES)
    longest = text["maxTokens"]
    if longest > 50:
        utterances.append({"tokens": longest, "seed": 8, "faceCount": 1, "present": [1, 0, 0]})
    if text.get("contextUtterances", 0) > 0:
        utterances += WITH_CONTEXT
    if "audio_baseline" in inputs_of(sessions["fusion"]):
        utterances += WITH_BASELINE
    return utterances


def open_session(file: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def answer(
    sessions: dict,
    manifest: dict,
    tokens: int,
    seed: int,
    faceCount: int,
    present: list[int],
    contextTokens: int = 0,
    baselineUtterances: int = 0,
) -> dict:
    """An utterance's answers, each graph run on it alone."""
    feature_count = manifest["audio"]["featureCount"]
    ids = np.array([token_ids(tokens, seed) + token_ids(contextTokens + 1, seed)[1:] * (contextTokens > 0)], np.int64)
    types = (np.arange(ids.shape[1]) >= tokens).astype(np.int64)[None]
    text = run(sessions["text"], input_ids=ids, attention_mask=np.ones_like(ids), token_type_ids=types)
    if "token_weights" in text:
        text["token_weights"] = text["token_weights"][:, :tokens]
    video = run(sessions["video"], faces=faces(faceCount, seed)[None])
    here = np.array([present], np.float32)
    scores = run(
        sessions["fusion"],
        text_embedding=text["text_embedding"] * here[:, :1],
        audio_features=voice(feature_count, seed)[None] * here[:, 1:2],
        video_embedding=video["video_embedding"] * here[:, 2:],
        present=here,
        audio_baseline=voice(feature_count, seed + 1)[None] * here[:, 1:2] * np.float32(baselineUtterances > 0),
        baseline_utterances=np.array([baselineUtterances], np.float32) * here[:, 1],
    )
    scores["emotion"] = shifted(scores["emotion"], manifest.get("operatingPoints", []))
    rows = text | video | scores
    values = {name: np.atleast_1d(rows[name][0]) for name in sorted(rows)}
    return {"answers": {name: [round(float(value), 7) for value in row] for name, row in values.items()}}


def run(session: onnxruntime.InferenceSession, **feeds: np.ndarray) -> dict[str, np.ndarray]:
    """Runs a graph on those of the feeds that it takes."""
    names = [output.name for output in session.get_outputs()]
    taken = {name: feeds[name] for name in inputs_of(session)}
    return dict(zip(names, session.run(names, taken)))


def inputs_of(session: onnxruntime.InferenceSession) -> list[str]:
    return [port.name for port in session.get_inputs()]


def shifted(emotion: np.ndarray, operating_points: list[dict]) -> np.ndarray:
    """Probabilities as the bundle's first operating point shifts them."""
    if not operating_points:
        return emotion
    weights = emotion * np.exp(operating_points[0]["emotionOffsets"])
    return weights / weights.sum(1, keepdims=True)


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
