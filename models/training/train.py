"""Trains one stage: `python models/training/train.py text|text-heads|face|covering|voices|fusion`. Writes checkpoints
to `runs/`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from paths import DEFAULT_DATA, RUNS

DEFAULT_EPOCHS = {"text": 3.0, "face": 14.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("text", "text-heads", "face", "covering", "voices", "fusion"))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the corpora")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of checkpoints")
    parser.add_argument("--minutes", type=float, default=30.0, help="end by then, learning rate decayed")
    parser.add_argument("--epochs", type=float, default=None, help="of an encoder's stage")
    parser.add_argument("--without", action="append", default=[], help="text, face: a corpus that is left out")
    parser.add_argument("--name", default=None, help="text, face: the checkpoint (default: the stage's name)")
    parser.add_argument("--resume", action="store_true", help="text, face: go on from the checkpoint's weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="use only the first examples of each corpus")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.runs.mkdir(parents=True, exist_ok=True)
    epochs = options.epochs or DEFAULT_EPOCHS.get(options.stage, 1.0)
    varied = {"without": options.without, "name": options.name or options.stage, "resume": options.resume}
    # Imported here because a stage's module takes seconds to load and needs packages that other stages do not.
    if options.stage == "text":
        from stages.text import train_text

        train_text(options.data, options.runs, options.minutes, epochs, limit=options.limit, **varied)
    elif options.stage == "text-heads":
        from stages.text import train_heads

        train_heads(options.data, options.runs)
    elif options.stage == "face":
        from stages.face import train_face

        train_face(options.data, options.runs, options.minutes, epochs, limit=options.limit, **varied)
    elif options.stage == "covering":
        from stages.covering import train_covering

        train_covering(options.data, options.runs, options.minutes)
    elif options.stage == "voices":
        from stages.voices import train_voices

        train_voices(options.data, options.runs, options.minutes)
    else:
        from stages.fusion import train_fusion

        train_fusion(options.data, options.runs, options.minutes)


if __name__ == "__main__":
    main()
