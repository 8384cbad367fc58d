"""Trains one stage: `python models/training/train.py text|face|audio|fusion|temperatures`. Checkpoints go to `runs/`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from paths import DEFAULT_DATA, RUNS

DEFAULT_EPOCHS = {"text": 3.0, "face": 14.0, "audio": 30.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("text", "face", "audio", "fusion", "temperatures"))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the corpora")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of checkpoints")
    parser.add_argument("--minutes", type=float, default=30.0, help="end by then, learning rate decayed")
    parser.add_argument("--epochs", type=float, default=None, help="of an encoder's stage")
    parser.add_argument("--steps", type=int, default=200, help="of the fusion's stage")
    parser.add_argument("--interaction", choices=("hadamard", "attention"), default="hadamard")
    parser.add_argument("--flatten", type=float, default=0.2, help="0 keeps the corpora's label shares, 1 evens them")
    parser.add_argument("--name", default="fusion", help="the fusion's checkpoint")
    parser.add_argument("--resume", action="store_true", help="text, face: go on from the checkpoint's weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="use only the first examples of each corpus")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.runs.mkdir(parents=True, exist_ok=True)
    epochs = options.epochs or DEFAULT_EPOCHS.get(options.stage, 1.0)
    # Imported here because a stage's module takes seconds to load and needs only its own packages.
    if options.stage == "text":
        from stages.text import train_text

        train_text(options.data, options.runs, options.minutes, epochs, limit=options.limit, resume=options.resume)
    elif options.stage == "face":
        from stages.face import train_face

        train_face(options.data, options.runs, options.minutes, epochs, limit=options.limit, resume=options.resume)
    elif options.stage == "audio":
        from stages.audio import train_audio

        train_audio(options.runs, options.minutes, epochs)
    elif options.stage == "fusion":
        from stages.fusion import FusionRecipe, train_fusion

        recipe = FusionRecipe(options.steps, options.interaction, options.flatten)
        train_fusion(options.data, options.runs, options.minutes, recipe, limit=options.limit, name=options.name)
    else:
        from stages.temperatures import fit_temperatures

        fit_temperatures(options.data, options.runs, options.minutes, limit=options.limit)


if __name__ == "__main__":
    main()
