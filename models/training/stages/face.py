"""Stage 1, faces: the CNN on single FER2013 stills."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.face_encoder import EMBEDDING_SIZE, FaceEncoder
from datasets.faces import FaceSet, load_fer2013, resize, vary
from metrics import score
from schedule import Schedule, load_stage

BATCH = 128


def train_face(
    data: Path,
    runs: Path,
    minutes: float,
    epochs: float,
    seed: int = 7,
    limit: int | None = None,
    resume: bool = False,
) -> Path:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    train = load_fer2013(data / "fer2013", "train").spread(limit)
    val = load_fer2013(data / "fer2013", "val")
    images, labels = torch.from_numpy(train.images), torch.from_numpy(train.labels)
    encoder = FaceEncoder().to(memory_format=torch.channels_last)
    head = nn.Linear(EMBEDDING_SIZE, 7)
    file = runs / "face.pt"
    best = load_stage(file, encoder=encoder, head=head) if resume else -1.0
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.05, fused=True)
    steps = max(1, int(epochs * len(labels) / BATCH))
    schedule = Schedule(optimizer, steps, minutes)
    running = True
    while running:
        for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
            faces = vary(images[rows], generator)
            with torch.autocast("cpu", torch.bfloat16):
                features = encoder(faces)
            loss = functional.cross_entropy(head(features.float()), labels[rows], label_smoothing=0.1)
            loss.backward()
            running = schedule.step()
            if schedule.done % 50 == 0:
                rate = schedule.done * BATCH / schedule.elapsed_seconds
                print(f"face {schedule.progress:6.1%} loss {loss.item():.3f} {rate:.0f} faces/s", flush=True)
            if not running:
                break
        figures = validate(encoder, head, val)
        print("face val", {key: round(value, 4) for key, value in figures.items()}, flush=True)
        if figures["accuracy"] > best:
            best = figures["accuracy"]
            torch.save({"encoder": encoder.state_dict(), "head": head.state_dict(), "figure": best}, file)
    return file


@torch.no_grad()
def embed_faces(encoder: FaceEncoder, faces: Tensor, batch: int = 256) -> Tensor:
    """Float faces `[n, 64, 64]` → `[n, 128]`, float32."""
    encoder.eval()
    return torch.cat([encoder(part) for part in faces.split(batch)])


@torch.no_grad()
def validate(encoder: FaceEncoder, head: nn.Linear, faces: FaceSet) -> dict[str, float]:
    encoder.eval()
    with torch.autocast("cpu", torch.bfloat16):
        features = embed_faces(encoder, resize(torch.from_numpy(faces.images)))
    encoder.train()
    return score(torch.softmax(head(features.float()), 1).numpy(), faces.labels)
