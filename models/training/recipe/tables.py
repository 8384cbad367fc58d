"""The paper's tables with our results next to its own, from the results of `train_row.py` in `runs/`.

A row that has not been run has empty cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from corpora.registry import LICENSED, title
from paths import TRAINING
from recipe.config import PROTOCOLS, RowConfig, read_config
from recipe.reported import INTERACTION, MASKED, TABLE_I, TABLE_III, Reported
from recipe.results import read_results

ROWS = TRAINING / "rows"
FIGURES = ("accuracy", "weightedF1", "weightedPrecision", "weightedRecall")
HEADER = ("Model", "WA", "F1", "P", "R")
MODEL_NAMES = {
    "cross-modal-bert": MASKED,
    "interaction": INTERACTION,
    "text-only": "BERT",
    "audio-only": "LSTM + linear",
    "video-only": "2×3D-CNN + linear",
}


def tables(rows: Path, runs: Path) -> str:
    """The tables in Markdown."""
    configs = {file.stem: read_config(file) for file in sorted(rows.glob("*.toml"))}
    results = {name: {p: _whole(runs, config, p) for p in PROTOCOLS} for name, config in configs.items()}
    local = {name: config for name, config in configs.items() if config.corpus not in LICENSED}
    return "\n".join(
        [
            "# The paper's tables",
            "",
            "All figures are in percent. *Reported* is Voloshina & Makhnytkina's own figure. *Paper* is our figure by their",
            "protocol, which picks the epoch on the test split. *Honest* is our figure with a validation split that picks the",
            "epoch and a test split that is read once, with the 95 % bootstrap interval of the weighted accuracy. An empty cell",
            "has not been run, because the licensed corpora are not available here. One command makes each row",
            "(`models/training/README.md`).",
            "",
            "## Table III",
            "",
            *_published(TABLE_III, results),
            "",
            "## Table I: MOSI by modality",
            "",
            *_published(TABLE_I, results),
            "",
            "## What can be run here",
            "",
            "These runs use words alone, from the official splits of MELD and CM-BERT's split of MOSI, and **synthetic",
            "pairings**: MELD's words, each with a RAVDESS voice and FER2013 faces of the same label. Pairings agree by",
            "construction. Their figures are therefore upper bounds, and not comparable with the tables above. Here the protocol",
            "`paper` keeps MELD's own test split, so that no voice or face is in both splits. With one epoch there is nothing to",
            "pick, so both protocols agree.",
            "",
            "3-Modal Cross-BERT as published scores the synthetic pairings as it scores words alone. One vector per voice adds the",
            "same number to every score of its attention, which has no effect on a softmax, and one epoch does not teach it to use",
            "the faces. With one vector per position (`audio_rows 50`) it uses the voice, and fails without it, because it has",
            "never seen words alone. Every row that needs no licence has been run.",
            "",
            *_local(local, results),
            "",
            "### Without a modality (honest)",
            "",
            *_patterns(local, runs),
        ]
    )


def _whole(runs: Path, config: RowConfig, protocol: str) -> dict | None:
    """The result with all of the model's modalities, for the configuration's own seed."""
    found = read_results(runs / "rows" / config.name / f"{protocol}-{config.seed}")
    return next((row for row in found if row["whole"]), None)


def _published(table: Iterable[Reported], results: dict[str, dict]) -> list[str]:
    groups = ("reported", *PROTOCOLS)
    head = ["Dataset", "Task", "Classes", "Model", *(f"{name} {group}" for group in groups for name in HEADER[1:])]
    head.append("Our run")
    lines = [_line(head), _line(["---"] * len(head))]
    for entry in table:
        ours = results.get(entry.row, {}) if entry.row else {}
        figures = [entry.accuracy, entry.f1, entry.precision, entry.recall]
        cells = [entry.dataset, entry.task, str(entry.classes), entry.model, *map(_reported, figures)]
        for protocol in PROTOCOLS:
            cells += _figures(ours.get(protocol)) if entry.row else ["–"] * len(FIGURES)
        lines.append(_line([*cells, _run(ours) if entry.row else "–"]))
    return lines


def _local(configs: dict[str, RowConfig], results: dict[str, dict]) -> list[str]:
    head = ["Dataset", "Task", "Model", *(f"{name} {p}" for p in PROTOCOLS for name in HEADER[1:]), "Our run"]
    lines = [_line(head), _line(["---"] * len(head))]
    for name, config in configs.items():
        dataset, task = title(config.corpus)
        cells = [dataset, task, model_name(config)]
        for protocol in PROTOCOLS:
            cells += _figures(results[name][protocol])
        lines.append(_line([*cells, _run(results[name])]))
    return lines


def _patterns(configs: dict[str, RowConfig], runs: Path) -> list[str]:
    head = ["Dataset", "Model", "pattern", "n", "WA", "F1", "UAR", "ECE before", "ECE"]
    lines = [_line(head), _line(["---"] * len(head))]
    for config in configs.values():
        for row in read_results(runs / "rows" / config.name / f"honest-{config.seed}"):
            figures = [_percent(row[key]) for key in ("accuracy", "weightedF1", "uar", "eceBefore", "ece")]
            lines.append(_line([row["dataset"], model_name(config), row["pattern"], str(row["n"]), *figures]))
    return lines


def model_name(config: RowConfig) -> str:
    extra = [f"{key} {value}" for key, value in config.options.items()]
    return ", ".join([MODEL_NAMES[config.model], *extra])


def _run(results: dict[str, dict | None]) -> str:
    """Encoder, epochs and seed of the run. Empty when nothing was run."""
    runs = {
        f"{Path(r['encoder']).name}, {r['epochs']} epoch{'s' * (r['epochs'] > 1)}, seed {r['seed']}": None
        for r in results.values()
        if r
    }
    return "; ".join(runs)


def _figures(row: dict | None) -> list[str]:
    if row is None:
        return [""] * len(FIGURES)
    cells = [_percent(row[key]) for key in FIGURES]
    if row["protocol"] == "honest":
        low, high = row["intervals"]["accuracy"]
        cells[0] += f" ({100 * low:.1f}–{100 * high:.1f})"
    return cells


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _reported(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
