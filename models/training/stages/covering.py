"""Stage 1, faces: detects a covered mouth. Trained on faces with something drawn on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.face_encoder import MouthCovering
from datasets.covered_faces import cover
from datasets.faces import JITTER, as_seen, load_fer2013, load_muxspace, vary
from stages.schedule import Schedule

FACES = 12_000
BATCH = 256
STEPS = 1500
FALSE_ALARMS = 0.02
"""Share of false alarms on uncovered validation faces. The logit that gives this share becomes 0."""


def train_covering(data: Path, runs: Path, minutes: float, faces: int = FACES, steps: int = STEPS, seed: int = 7) -> Path:
    """Writes `covering.pt`. Prints how many of the covered faces of two corpora are detected."""
    torch.manual_seed(seed)
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    images = as_seen(load_fer2013(data / "fer2013", "train").spread(faces).images)
    drawn, covered = cover(images, random)
    inputs, truth = torch.from_numpy(drawn), torch.from_numpy(covered).float()
    model = MouthCovering()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    schedule, running = Schedule(optimizer, steps, minutes), True
    while running:
        rows = torch.randint(len(inputs), (BATCH,))
        logits = model(vary(inputs[rows], generator, JITTER))
        functional.binary_cross_entropy_with_logits(logits, truth[rows]).backward()
        running = schedule.step()
    model.eval()
    sets = {
        "fer2013": load_fer2013(data / "fer2013", "val").spread(2500).images,
        "muxspace": load_muxspace(data / "muxspace-faces", "val").images,
    }
    scored = {name: _scored(model, as_seen(images), random) for name, images in sets.items()}
    logits, covered = scored["fer2013"]
    threshold = logits[~covered].quantile(1 - FALSE_ALARMS)
    for name, (logits, covered) in scored.items():
        found, alarms = ((logits[rows] > threshold).float().mean() for rows in (covered, ~covered))
        print(f"covered mouths of {name}: {found:.1%} noticed, {alarms:.1%} false alarms", flush=True)
    with torch.no_grad():
        model.head.bias -= threshold
    file = runs / "covering.pt"
    torch.save({"covering": model.state_dict()}, file)
    return file


@torch.no_grad()
def _scored(model: MouthCovering, images: np.ndarray, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    drawn, covered = cover(images, random)
    return model(torch.from_numpy(drawn)), torch.from_numpy(covered)
