"""Stage 1, faces: the CNN on single stills, those of FER2013 unless they are left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.face_encoder import EMBEDDING_SIZE, FaceEncoder
from datasets.faces import FaceSet, load_training_faces, resize, vary
from evaluation.metrics import score
from stages.schedule import Schedule, average_of, load_stage, products

BATCH = 128
AVERAGE_DECAY = 0.999
"""Decay of the weights' moving average over steps. The averaged weights are validated and kept."""
MIXED_SHARE = 0.5
"""Share of batches in which each face is mixed with another one of the batch."""


def train_face(
    data: Path,
    runs: Path,
    minutes: float,
    epochs: float,
    seed: int = 7,
    limit: int | None = None,
    resume: bool = False,
    without: Sequence[str] = (),
    name: str = "face",
) -> Path:
    """`without`: corpora that are left out, so that they can be scored as unseen ones."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    train, val = load_training_faces(data, without)
    train = train.spread(limit)
    images, labels = torch.from_numpy(train.images), torch.from_numpy(train.labels)
    encoder = FaceEncoder().to(memory_format=torch.channels_last)
    head = nn.Linear(EMBEDDING_SIZE, 7)
    file = runs / f"{name}.pt"
    best = load_stage(file, encoder=encoder, head=head) if resume else -1.0
    parameters = [*encoder.parameters(), *head.parameters()]
    rate = 1.5e-3 if resume else 3e-3
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.05, fused=True)
    steps = max(1, int(epochs * len(labels) / BATCH))
    schedule = Schedule(optimizer, steps, minutes)
    average = average_of(nn.ModuleDict({"encoder": encoder, "head": head}), AVERAGE_DECAY)
    kept = average.module
    running = True
    while running:
        for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
            faces, truth = _mix(vary(images[rows], generator), labels[rows], generator)
            with products():
                features = encoder(faces)
            loss = functional.cross_entropy(head(features.float()), truth, label_smoothing=0.1)
            loss.backward()
            running = schedule.step()
            average.update_parameters(nn.ModuleDict({"encoder": encoder, "head": head}))
            if schedule.done % 50 == 0:
                rate = schedule.done * BATCH / schedule.elapsed_seconds
                print(f"{name} {schedule.progress:6.1%} loss {loss.item():.3f} {rate:.0f} faces/s", flush=True)
            if not running:
                break
        figures = validate(kept["encoder"], kept["head"], val)
        print(f"{name} val", {key: round(value, 4) for key, value in figures.items()}, flush=True)
        if figures["accuracy"] > best:
            best = figures["accuracy"]
            state = {name: module.state_dict() for name, module in kept.items()}
            torch.save(state | {"figure": best}, file)
    return file


def _mix(faces: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Faces and their labels as shares `[n, 7]`. In some batches, each face is mixed with another one (mix-up)."""
    truth = functional.one_hot(labels, 7).float()
    if torch.rand(1, generator=generator) >= MIXED_SHARE:
        return faces, truth
    other = torch.randperm(len(faces), generator=generator)
    share = 0.5 + 0.5 * torch.rand(len(faces), 1, generator=generator).sqrt()
    mixed = share[:, None] * faces + (1 - share[:, None]) * faces[other]
    return mixed, share * truth + (1 - share) * truth[other]


@torch.no_grad()
def embed_faces(encoder: FaceEncoder, faces: Tensor, batch: int = 256) -> Tensor:
    """Float faces `[n, 64, 64]` → `[n, 128]`, float32."""
    encoder.eval()
    return torch.cat([encoder(part) for part in faces.split(batch)])


@torch.no_grad()
def validate(encoder: FaceEncoder, head: nn.Linear, faces: FaceSet) -> dict[str, float]:
    encoder.eval()
    with products():
        features = embed_faces(encoder, resize(torch.from_numpy(faces.images)))
    return score(torch.softmax(head(features.float()), 1).numpy(), faces.labels)
