"""Scores an exported bundle on the public splits: `python models/training/evaluate.py [--split test] [--json]`.

The first rows are of whole corpora that a model had not met (`leave_out.py`), the next of people that the bundle has not met
(`unseen.py`): quote those. Rows named `synthetic` join a MELD text, a RAVDESS voice and a FER2013 face of the same label; every
other row is one corpus in its own modality. `ravdess-all` holds its clips in all four conditions.
Choose on `val`; read `test` once, for the figure that is published.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from architectures.interaction_fusion import PATTERNS
from bundle import Bundle
from confusion_picture import write_confusion
from datasets.faces import DEGRADED, JITTER, as_seen, load_fer2013
from datasets.text import as_recognised, load_goemotions, load_meld, load_mosi, single_labelled
from leave_out import read_left_out
from paths import DEFAULT_DATA, REPOSITORY, RUNS
from prepare import HELD_OUT_CONDITIONS, prepared_voices
from scoring import Scorer, embed_sequences, embed_stills
from unseen import unseen_rows

FRAMES = 8
"""Jittered frames of one still that stand for an utterance's video in the synthetic rows."""
DEGRADED_FACES = 1500
"""Evenly spaced ones are met in each of the conditions that cameras make."""
SLOW_FRAMES = 4
"""Two seconds of a camera that gives two pictures a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS, help="where the audio features are, or will be, kept")
    parser.add_argument("--limit", type=int, default=None, help="only the first examples of each corpus")
    parser.add_argument("--no-integer", action="store_true", help="score the graphs that accelerators run")
    parser.add_argument("--json", action="store_true", help="rows as JSON, one a line, instead of a table")
    parser.add_argument("--confusion", action="store_true", help="with --json: each row's confusion matrix too")
    parser.add_argument("--pictures", type=Path, default=None, help="folder that gets an SVG of each confusion matrix")
    options = parser.parse_args()
    rows = read_left_out(options.bundle)
    if options.json:
        print(*map(json.dumps, rows), sep="\n", flush=True)
    bundle = Bundle(options.bundle, integer=not options.no_integer)
    for row in evaluate(bundle, options.data, options.runs, options.split, options.limit):
        table, labels = row.pop("confusion"), row.pop("labels")
        rows.append(row)
        if options.pictures:
            write_picture(options.pictures, row, table, labels)
        if options.json:
            print(json.dumps(row | ({"confusion": table} if options.confusion else {})), flush=True)
    if not options.json:
        print(as_table(rows))


def write_picture(folder: Path, row: dict, table: list, labels: tuple[str, ...]) -> None:
    name = "-".join((row["dataset"], row["pattern"], row["split"]))
    title = f"{row['dataset']} {row['split']}, {row['pattern']}: percent of each row"
    write_confusion(folder / f"{name}.svg", np.array(table), labels, title)


def evaluate(bundle: Bundle, data: Path, runs: Path, split: str, limit: int | None = None) -> Iterator[dict]:
    """One row per corpus, task and presence pattern, corpora that the bundle has not met first."""
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
    """For each label one random row of each of the others with that label; the same rows every time."""
    random = np.random.default_rng(seed)
    return [np.array([random.choice(np.flatnonzero(other == one)) for one in label]) for other in others]


COLUMNS = ("dataset", "task", "split", "pattern", "model", "n", "accuracy", "weightedF1", "95 %", "weightedPrecision",
           "weightedRecall", "uar", "eceBefore", "ece", "eceChance", "meanConfidence", "logLoss")


def as_table(rows: list[dict]) -> str:
    """Markdown, in percent, log-loss in nats; `95 %` is the interval of weighted F1 over utterances drawn again. What a row does
    not know is a dash."""
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


if __name__ == "__main__":
    main()
