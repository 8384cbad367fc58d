"""The rows of a finished run: one per presence pattern, with intervals and the calibration before and after its
temperature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from evaluation.calibration import best_temperature_of
from evaluation.confusion_picture import write_confusion
from evaluation.metrics import bootstrap_intervals, confusion, expected_calibration_error, score
from recipe.config import RowConfig
from recipe.examples import Examples
from recipe.objectives import OBJECTIVES
from recipe.training import Trained, predict
from stages.pairing import PATTERN_PRESENCE

RESULT_FILE = "result.jsonl"


def patterns_of(config: RowConfig, examples: Examples) -> list[str]:
    """The presence patterns that a model of these modalities can get from these examples. The one with everything comes
    last."""
    there = examples.present.max(0)
    seen = [a * b for a, b in zip(PATTERN_PRESENCE[config.modalities], there)]
    return [name for name, members in PATTERN_PRESENCE.items() if all(m <= s for m, s in zip(members, seen))]


def result_rows(
    config: RowConfig,
    protocol: str,
    trained: Trained,
    select: Examples,
    test: Examples,
    title: tuple[str, str],
    device: str = "cpu",
) -> list[dict]:
    """Scores the test examples once per pattern. The temperatures are fitted on the selection examples. Under protocol
    `paper` these are the test examples, so no temperature is used."""
    objective = OBJECTIVES[config.objective]
    rows = []
    for pattern in patterns_of(config, test):
        outputs = predict(trained.model, test.seen_as(pattern), device, config.precision)
        temperature = 1.0
        if protocol == "honest" and objective.has_probabilities:
            temperature = _temperature(config, trained.model, select.seen_as(pattern), device)
        probabilities = objective.probabilities(outputs, temperature).numpy()
        uncalibrated = objective.probabilities(outputs).numpy()
        guess, classes = probabilities.argmax(1), len(test.classes)
        figures: dict[str, Any] = score(probabilities, test.labels)
        figures["eceBefore"] = expected_calibration_error(uncalibrated, test.labels)
        if not objective.has_probabilities:
            figures["ece"] = figures["eceBefore"] = None
        rows.append(
            {"dataset": title[0], "task": title[1], "split": "test", "pattern": pattern, "model": config.model}
            | {"row": config.name, "protocol": protocol, "whole": pattern == patterns_of(config, test)[-1]}
            | {"encoder": config.encoder, "seed": config.seed, "epoch": trained.best_epoch, "epochs": len(trained.history)}
            | {"n": len(test), "temperature": round(temperature, 4)}
            | {name: value if value is None else round(value, 4) for name, value in figures.items()}
            | {"intervals": _rounded(bootstrap_intervals(test.labels, guess, classes))}
            | {"confusion": confusion(test.labels, guess, classes).tolist(), "labels": list(test.classes)}
        )
    return rows


def _temperature(config: RowConfig, model: nn.Module, select: Examples, device: str) -> float:
    objective, outputs = OBJECTIVES[config.objective], predict(model, select, device, config.precision)
    labels = torch.from_numpy(select.labels)
    return best_temperature_of(lambda temperature: objective.probabilities(outputs, temperature), labels)


def _rounded(intervals: dict[str, tuple[float, float]]) -> dict[str, list[float]]:
    return {name: [round(end, 4) for end in ends] for name, ends in intervals.items()}


def write_results(folder: Path, rows: list[dict]) -> None:
    """The rows as JSON Lines, and an image of the confusion matrix for the pattern with all modalities."""
    partial = folder / f"{RESULT_FILE}.partial"
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    partial.replace(folder / RESULT_FILE)
    for row in rows:
        if row["whole"]:
            title = f"{row['dataset']}, {row['model']}, {row['protocol']}: percent of each row"
            write_confusion(folder / "confusion.svg", np.array(row["confusion"]), row["labels"], title)


def read_results(folder: Path) -> list[dict]:
    """Reads the rows from a run's folder. Empty when the run has not finished."""
    file = folder / RESULT_FILE
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
