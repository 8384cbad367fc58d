"""Scores voices on corpora that they were not trained on: `python models/training/leave_out_voices.py`.

Each of RAVDESS, nEMO, EMOVO and Urdu is left out in turn. Measures their features first where that has not been done, which
takes half an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path

import torch

from datasets.voice_corpora import CORPORA
from paths import DEFAULT_DATA, RUNS
from prepare import prepared_corpus
from stages.unseen_voices import VoiceRecipe, leave_one_out

SHOWN = ("accuracy", "uar", "uarKnown", "ece", "meanConfidence")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--corpus", choices=CORPORA, action="append", default=[], help="two or more; default: all")
    parser.add_argument("--minutes", type=float, default=30.0, help="of each training")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="rows as JSON, one per line")
    for field in fields(VoiceRecipe):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default, dest=field.name)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    voices = {name: prepared_corpus(options.data, options.runs, name) for name in options.corpus or CORPORA}
    recipe = VoiceRecipe(**{field.name: getattr(options, field.name) for field in fields(VoiceRecipe)})
    for row in leave_one_out(voices, recipe, options.minutes):
        shown = " ".join(f"{name} {100 * row[name]:.1f}" for name in SHOWN)
        line = f"{row['dataset']:8} n {row['n']} {shown} logLoss {row['logLoss']:.3f} T {row['temperature']:.2f}"
        print(json.dumps(row) if options.json else line, flush=True)


if __name__ == "__main__":
    main()
