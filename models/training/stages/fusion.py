"""Stage 2: the interaction model over frozen encoders.

It is kept as it is after a fixed number of steps: how sure of itself it is grows with every step, and what temperatures are
fitted on (`temperatures.py`) has to be as sure as what they are fitted for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.audio_encoder import AudioEncoder
from architectures.interaction_fusion import PATTERNS, InteractionFusion
from metrics import score
from schedule import Schedule
from stages.audio import JITTER_DEVIATIONS, load_voices
from stages.banks import Banks, build_banks
from stages.pairing import Pairings, Rows

BATCH = 512
PATTERN_SHARES = {"T": 0.22, "A": 0.13, "V": 0.13, "TA": 0.15, "TV": 0.11, "AV": 0.09, "TAV": 0.17}
"""Modality dropout: how often training meets each pattern."""
VALIDATION_ROWS = 3000
REPORTS = 10


@dataclass(frozen=True)
class FusionRecipe:
    """`flatten` 0 keeps the corpora's label shares, 1 makes all labels equally frequent."""

    steps: int = 200
    interaction: str = "hadamard"
    flatten: float = 0.2


def train_fusion(
    data: Path,
    runs: Path,
    minutes: float,
    recipe: FusionRecipe,
    limit: int | None = None,
    name: str = "fusion",
) -> Path:
    train, val = (build_banks(data, runs, split, limit) for split in ("train", "val"))
    checks = {pattern: drawn(val, pattern, VALIDATION_ROWS) for pattern in PATTERNS}
    audio, figure = load_voices(runs)[0].encoder, 0.0

    def report(fusion: InteractionFusion, progress: float) -> None:
        nonlocal figure
        figures = validate(fusion, audio, val, checks)
        figure = float(np.mean([(f["weightedF1"] + f["uar"]) / 2 for f in figures.values()]))
        summary = {pattern: f"{f['weightedF1']:.3f}/{f['uar']:.3f}" for pattern, f in figures.items()}
        print(f"{name} {progress:6.1%} val {figure:.4f} f1/uar {summary}", flush=True)

    fusion = fit_fusion(train, audio, recipe, minutes, report)
    file = runs / f"{name}.pt"
    torch.save({"fusion": fusion.state_dict(), "recipe": asdict(recipe), "figure": figure}, file)
    return file


def load_fusion(runs: Path) -> tuple[InteractionFusion, FusionRecipe]:
    """What `train_fusion` kept, and how it was trained."""
    saved = torch.load(runs / "fusion.pt", weights_only=True)
    recipe = FusionRecipe(**saved["recipe"])
    fusion = InteractionFusion(interaction=recipe.interaction)
    fusion.load_state_dict(saved["fusion"])
    return fusion.eval(), recipe


def fit_fusion(
    train: Banks,
    audio: AudioEncoder,
    recipe: FusionRecipe,
    minutes: float,
    report: Callable[[InteractionFusion, float], None] = lambda *_: None,
    seed: int = 7,
) -> InteractionFusion:
    """Trained for so many steps, or what part of them the minutes allow; `report` hears now and then how far it is, 0…1."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pairings = pairings_of(train, PATTERN_SHARES, recipe.flatten)
    fusion = InteractionFusion(interaction=recipe.interaction)
    optimizer = torch.optim.AdamW(fusion.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = Schedule(optimizer, recipe.steps, minutes)
    every, running = max(1, recipe.steps // REPORTS), True
    while running:
        rows = pairings.draw(BATCH, random)
        fusion.train()
        emotion, sentiment = fusion.logits(_inputs(train, rows, audio.train()), torch.from_numpy(rows.present))
        loss = functional.cross_entropy(emotion, torch.from_numpy(rows.label), reduction="none", label_smoothing=0.05)
        loss = (loss * torch.from_numpy(rows.emotion_known)).mean()
        loss = loss + 0.5 * functional.cross_entropy(sentiment, torch.from_numpy(rows.sentiment))
        loss.backward()
        running = schedule.step()
        if schedule.done % every == 0 or not running:
            report(fusion, schedule.progress)
    audio.eval()
    return fusion.eval()


def pairings_of(banks: Banks, shares: dict[str, float], flatten: float) -> Pairings:
    return Pairings(banks.labels, shares, flatten, banks.sentiment_of_emotion, opinions=banks.opinions)


def drawn(banks: Banks, pattern: str, count: int) -> Rows:
    """Rows of one pattern in the corpora's label shares; the same every time."""
    return pairings_of(banks, {pattern: 1.0}, 0.0).draw(count, np.random.default_rng(1))


def _inputs(banks: Banks, rows: Rows, audio: AudioEncoder) -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings of drawn rows. In training mode the audio encoder's own dropout and noise stay on: its training rows
    would otherwise look more certain than any new voice."""
    opinion = torch.from_numpy(rows.opinion)
    text = torch.where((opinion >= 0).unsqueeze(1), banks.opinion[opinion.clamp(min=0)], banks.text[rows.members[0]])
    features = banks.audio[rows.members[1]]
    with torch.no_grad():
        if audio.training:
            features = features + torch.randn_like(features) * JITTER_DEVIATIONS * audio.deviation
        return text, audio(features), banks.video[rows.members[2]]


@torch.no_grad()
def scored(
    fusion: InteractionFusion, audio: AudioEncoder, banks: Banks, rows: Rows
) -> tuple[Tensor, Tensor]:
    """Emotion's and sentiment's logits before any temperature, `[n, 7]` each."""
    return fusion.eval().logits(_inputs(banks, rows, audio.eval()), torch.from_numpy(rows.present))


def validate(
    fusion: InteractionFusion, audio: AudioEncoder, banks: Banks, checks: dict[str, Rows]
) -> dict[str, dict[str, float]]:
    """Emotion figures by pattern, over rows whose emotion is known."""
    figures = {}
    for pattern, rows in checks.items():
        emotion, _ = scored(fusion, audio, banks, rows)
        known = rows.emotion_known
        figures[pattern] = score(torch.softmax(emotion, 1).numpy()[known], rows.label[known])
    return figures
