"""Scores models on a corpus that they were trained without: `python models/training/leave_out.py [--out FILE]`.

Voices: RAVDESS, nEMO, EMOVO and Urdu, each left out once, by the number of earlier utterances of the speaker. Words:
MELD, DailyDialog, GoEmotions and the service dialogues, if `train.py text --without CORPUS --name text-without-CORPUS`
has been run, which takes an hour per corpus. Faces: FER2013, if `train.py face --without fer2013 --name
face-without-fer2013` has been run, which takes minutes, and muxspace, which the bundle's encoder has not met. Fused:
half of the corpora of each modality, fitted on the other half, from the results of `train.py fusion`. If the voices'
features have not been measured yet, they are measured first, which takes half an hour on two cores. `--out` is the
file that a bundle contains and that `npm run evaluate` shows first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from evaluation.left_out import SHOWN, UNSEEN_CORPORA, left_out_rows
from paths import DEFAULT_DATA, REPOSITORY, RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "models" / "undertone-mini" / UNSEEN_CORPORA)
    parser.add_argument("--minutes", type=float, default=30.0, help="of each training")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    for row in left_out_rows(options.data, options.runs, options.minutes):
        rows.append(row)
        shown = " ".join(f"{name} {100 * row[name]:.1f}" for name in SHOWN)
        print(f"{row['dataset']} {row['pattern']} {row['model']} n {row['n']} {shown} logLoss {row['logLoss']:.3f}", flush=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
