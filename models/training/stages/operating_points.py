"""The thresholds of answers: how readily words count as an emotion, when an answer is certain, and when it is
dissatisfaction."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.interaction_fusion import PartHeads
from datasets.labels import EMOTIONS
from evaluation.metrics import confusion, table_figures

LEAST_RECALL = {"anger": 0.5, "fear": 0.25, "disgust": 0.2}
"""Recall on MELD's validation utterances that a service needs from the words."""
OFFSETS = np.arange(-1.5, 2.51, 0.1)
COARSE_OFFSETS = np.arange(-0.2, 2.41, 0.2)
LACKING_COST = 0.5
"""Loss of weighted F1 that is accepted per unit of missing recall."""
RIGHT_SHARE = 0.7
"""Share of the certain answers about unseen people that must be right."""
FALSE_ALARMS = 0.05


def balance_words(logits: Tensor, truth: np.ndarray) -> np.ndarray:
    """Offsets `[7]` for the words' logits `[n, 7]`, 0 for neutral, with a high weighted F1. They reach `LEAST_RECALL`
    or come close. First the labels that need offsets are searched together, then one label at a time until nothing
    improves."""
    values = logits.numpy()
    needy = [EMOTIONS.index(name) for name in LEAST_RECALL]
    starts = []
    for chosen in itertools.product(COARSE_OFFSETS, repeat=len(needy)):
        offsets = np.zeros(len(EMOTIONS))
        offsets[needy] = chosen
        starts.append((_worth(values + offsets, truth), offsets))
    best, offsets = max(starts, key=lambda start: start[0])
    changed = True
    while changed:
        changed = False
        for label in (index for index, name in enumerate(EMOTIONS) if name != "neutral"):
            for value in OFFSETS:
                tried = offsets.copy()
                tried[label] = value
                worth = _worth(values + tried, truth)
                if worth > best + 1e-6:
                    best, offsets, changed = worth, tried, True
    return offsets


def _worth(logits: np.ndarray, truth: np.ndarray) -> float:
    table = confusion(truth, logits.argmax(1))
    recall = table.diagonal() / table.sum(1)
    lacking = sum(max(0.0, least - recall[EMOTIONS.index(name)]) for name, least in LEAST_RECALL.items())
    return float(table_figures(table)["weightedF1"]) - LACKING_COST * lacking


def calibrate_dissatisfaction(heads: PartHeads, embeddings: Tensor, truth: np.ndarray, weights: np.ndarray) -> None:
    """Scales and shifts the head's logits so that its probabilities are calibrated. `truth`, `weights` `[n]`."""
    with torch.no_grad():
        logits = heads.dissatisfaction(embeddings)[:, 0]
    scale, shift = torch.ones((), requires_grad=True), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([scale, shift], max_iter=100, line_search_fn="strong_wolfe")
    target, importance = torch.from_numpy(truth).float(), torch.from_numpy(weights).float()

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = functional.binary_cross_entropy_with_logits(logits * scale + shift, target, importance)
        value.backward()
        return value

    optimizer.step(loss)
    with torch.no_grad():
        heads.dissatisfaction.weight.mul_(scale)
        heads.dissatisfaction.bias.mul_(scale).add_(shift)


def dissatisfied_from(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """The threshold that the share `FALSE_ALARMS` of the satisfied turns reaches, by weight."""
    satisfied = truth == 0
    order = np.argsort(-probabilities[satisfied])
    above = np.cumsum(weights[satisfied][order]) / weights[satisfied].sum()
    return float(probabilities[satisfied][order][np.searchsorted(above, FALSE_ALARMS)])


def certain_from(confidence: np.ndarray, right: np.ndarray) -> float:
    """The lowest confidence such that the share `RIGHT_SHARE` of the answers `[n]` with at least this confidence is
    right. 1 when there is none."""
    order = np.argsort(-confidence)
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= RIGHT_SHARE)
    return float(confidence[order][enough[-1]]) if len(enough) else 1.0


def write_points(runs: Path, certain: float, dissatisfied: float, words: np.ndarray) -> Path:
    """`balanced`, the default, finds rare emotions. `as-spoken` removes the offsets from their logits. Its labels are
    as frequent as in dialogue, and it is right more often when most utterances are neutral."""
    shared = {"certainFrom": round(certain, 3), "dissatisfactionFrom": round(dissatisfied, 3)}
    points = [
        {"name": "balanced", "emotionOffsets": [0.0] * len(EMOTIONS)} | shared,
        {"name": "as-spoken", "emotionOffsets": [round(float(-offset), 2) for offset in words]} | shared,
    ]
    file = runs / "operating-points.json"
    file.write_text(json.dumps(points, indent=2) + "\n", encoding="utf-8")
    return file


def read_points(runs: Path) -> list[dict]:
    """Reads the output of `write_points`."""
    return json.loads((runs / "operating-points.json").read_text(encoding="utf-8"))
