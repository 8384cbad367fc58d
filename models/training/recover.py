"""Reads a bundle's text or face encoder back as PyTorch: `python models/training/recover.py text|face [--bundle DIR]`.

The graphs hold every weight, so no checkpoint is needed to continue training an encoder or to export other outputs. The
result has the bundle's weights, rounded to int8. Exporting them again rounds them once more, to nearly the same values.
The heads that an encoder was trained with are not in its graph.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from datasets.faces import load_fer2013, resize
from exporting.recover_encoders import MEASURED_FACES, recover_face, recover_text
from paths import DEFAULT_DATA, REPOSITORY, RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("encoder", choices=("text", "face"))
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the corpora; for faces")
    parser.add_argument("--out", type=Path, default=None, help="the checkpoint to write; default runs/<encoder>.pt")
    options = parser.parse_args()
    out = options.out or RUNS / f"{options.encoder}.pt"
    if out.exists():
        parser.error(f"{out} exists")
    out.parent.mkdir(parents=True, exist_ok=True)
    if options.encoder == "text":
        encoder = recover_text(options.bundle)
    else:
        faces = load_fer2013(options.data / "fer2013", "train").spread(MEASURED_FACES).images
        encoder = recover_face(options.bundle, resize(torch.from_numpy(faces)))
    torch.save({"encoder": encoder.state_dict()}, out)


if __name__ == "__main__":
    main()
