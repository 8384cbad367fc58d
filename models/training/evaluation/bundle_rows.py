"""Scores a bundle: one row per corpus, task and presence pattern."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from architectures.interaction_fusion import PATTERNS
from datasets.faces import DEGRADED, JITTER, as_seen, load_fer2013
from datasets.prepared_voices import HELD_OUT_CONDITIONS, prepared_voices
from datasets.text import as_recognised, load_goemotions, load_meld, load_mosi, single_labelled
from evaluation.confusion_picture import write_confusion
from evaluation.scoring import Scorer, embed_sequences, embed_stills
from evaluation.unseen import unseen_rows
from exporting.bundle import Bundle

FRAMES = 8
"""Jittered frames of one still that represent an utterance's video in the synthetic rows."""
DEGRADED_FACES = 1500
"""Evenly spaced faces that are scored in each of the conditions that cameras cause."""
SLOW_FRAMES = 4
"""Two seconds of a camera with two pictures per second."""


def write_picture(folder: Path, row: dict, table: list, labels: tuple[str, ...]) -> None:
    name = "-".join((row["dataset"], row["pattern"], row["split"]))
    title = f"{row['dataset']} {row['split']}, {row['pattern']}: percent of each row"
    write_confusion(folder / f"{name}.svg", np.array(table), labels, title)


def evaluate(bundle: Bundle, data: Path, runs: Path, split: str, limit: int | None = None) -> Iterator[dict]:
    """One row per corpus, task and presence pattern. Rows about people that the bundle was not trained on come
    first."""
    yield from unseen_rows(bundle, data, runs, limit)
    scorer = Scorer(bundle, split)
    meld = load_meld(data / "meld", split)
    meld_text, meld_label = bundle.embed_text(meld.texts[:limit]), meld.emotion_index()[:limit]
    yield scorer.row("meld", "emotion", "T", meld_label, text=meld_text)
    if bundle.reads_context:
        in_call = bundle.embed_text(meld.texts[:limit], meld.contexts[:limit])
        yield scorer.row("meld in-call", "emotion", "T", meld_label, text=in_call)
    recognised = bundle.embed_text([as_recognised(text) for text in meld.texts[:limit]])
    yield scorer.row("meld recognised", "emotion", "T", meld_label, text=recognised)
    comments = single_labelled(load_goemotions(data / "goemotions-ekman", split))
    embedded = bundle.embed_text(comments.texts[:limit])
    yield scorer.row("goemotions-ekman", "emotion", "T", comments.emotion_index()[:limit], text=embedded)
    mosi = load_mosi(data / "mosi-text", split)
    yield scorer.row("mosi", "sentiment", "T", mosi.sentiment[:limit], text=bundle.embed_text(mosi.texts[:limit]))
    voices = prepared_voices(data, runs, split)
    for name in HELD_OUT_CONDITIONS:
        met, dataset = voices.met_in(name), "ravdess" if name == "clean" else f"ravdess-{name}"
        yield scorer.row(dataset, "emotion", "A", met.labels, audio=met.features)
    yield scorer.row("ravdess-all", "emotion", "A", voices.labels, audio=voices.features)
    clean = voices.met_in("clean")
    faces = load_fer2013(data / "fer2013", split).spread(limit)
    stills = as_seen(faces.images)
    yield scorer.row("fer2013", "emotion", "V", faces.labels, video=embed_stills(bundle, faces.images))
    some = np.unique(np.linspace(0, len(stills) - 1, DEGRADED_FACES).astype(int))
    for name, (variation, frame_count) in {
        **{name: (variation, 1) for name, variation in DEGRADED.items()},
        "2fps": (JITTER, SLOW_FRAMES),
    }.items():
        embedded = embed_sequences(bundle, stills[some], variation, frame_count)
        yield scorer.row(f"fer2013-{name}", "emotion", "V", faces.labels[some], video=embedded)
    members = _matched(meld_label, (clean.labels, faces.labels))
    video = embed_sequences(bundle, stills[members[1]], JITTER, FRAMES)
    for pattern in PATTERNS:
        inputs = {"text": meld_text, "audio": clean.features[members[0]], "video": video}
        yield scorer.row("synthetic", "emotion", pattern, meld_label, **inputs)


def _matched(label: np.ndarray, others: tuple[np.ndarray, ...], seed: int = 7) -> list[np.ndarray]:
    """For each label, one random row of each of the others with the same label. The result is always the same."""
    random = np.random.default_rng(seed)
    return [np.array([random.choice(np.flatnonzero(other == one)) for one in label]) for other in others]


COLUMNS = (
    "dataset",
    "task",
    "split",
    "pattern",
    "model",
    "n",
    "accuracy",
    "weightedF1",
    "95 %",
    "weightedPrecision",
    "weightedRecall",
    "uar",
    "eceBefore",
    "ece",
    "eceChance",
    "meanConfidence",
    "logLoss",
)


def as_table(rows: list[dict]) -> str:
    """A Markdown table in percent, with log-loss in nats. `95 %` is the interval of weighted F1 over utterances that
    are drawn again. Unknown values are dashes."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for row in rows:
        shown = dict(row)
        if "intervals" in row:
            low, high = row["intervals"]["weightedF1"]
            shown["95 %"] = f"{100 * low:.1f}–{100 * high:.1f}"
        percents = {key: f"{100 * value:.1f}" for key, value in shown.items() if isinstance(value, float)}
        shown = shown | percents | {"logLoss": f"{row['logLoss']:.3f}"}
        lines.append("| " + " | ".join(str(shown.get(column, "–")) for column in COLUMNS) + " |")
    return "\n".join(lines)
