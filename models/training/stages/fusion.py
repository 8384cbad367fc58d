"""Stage 2: the interaction model over frozen encoders, and the temperatures that calibrate each presence pattern."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.audio_encoder import AudioEncoder
from architectures.interaction_fusion import PATTERNS, InteractionFusion
from calibration import best_temperature
from metrics import score
from schedule import Schedule
from stages.audio import JITTER_DEVIATIONS
from stages.banks import Banks, build_banks
from stages.pairing import Pairings, Rows

BATCH = 512
PATTERN_SHARES = {"T": 0.22, "A": 0.13, "V": 0.13, "TA": 0.15, "TV": 0.11, "AV": 0.09, "TAV": 0.17}
"""Modality dropout: how often training meets each pattern."""
VALIDATION_ROWS = 3000


def train_fusion(
    data: Path,
    runs: Path,
    minutes: float,
    steps: int,
    interaction: str = "hadamard",
    flatten: float = 0.2,
    seed: int = 7,
    limit: int | None = None,
    name: str = "fusion",
) -> Path:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    train, val = (build_banks(data, runs, split, limit) for split in ("train", "val"))
    pairings = _pairings(train, PATTERN_SHARES, flatten)
    checks = {
        pattern: _pairings(val, {pattern: 1.0}, 0.0).draw(VALIDATION_ROWS, np.random.default_rng(1))
        for pattern in PATTERNS
    }
    audio = AudioEncoder()
    audio.load_state_dict(torch.load(runs / "audio.pt", weights_only=True)["encoder"])
    fusion = InteractionFusion(interaction=interaction)
    optimizer = torch.optim.AdamW(fusion.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = Schedule(optimizer, steps, minutes)
    best, file, running = -1.0, runs / f"{name}.pt", True
    every = max(1, steps // 12)
    while running:
        rows = pairings.draw(BATCH, random)
        emotion, sentiment = fusion.logits(_inputs(train, rows, audio.train()), torch.from_numpy(rows.present))
        loss = functional.cross_entropy(emotion, torch.from_numpy(rows.label), reduction="none", label_smoothing=0.05)
        loss = (loss * torch.from_numpy(rows.emotion_known)).mean()
        loss = loss + 0.5 * functional.cross_entropy(sentiment, torch.from_numpy(rows.sentiment))
        loss.backward()
        running = schedule.step()
        if schedule.done % every == 0 or not running:
            figures = validate(fusion, audio, val, checks)
            figure = float(np.mean([(f["weightedF1"] + f["uar"]) / 2 for f in figures.values()]))
            summary = {n: f"{f['weightedF1']:.3f}/{f['uar']:.3f}" for n, f in figures.items()}
            print(f"{name} {schedule.progress:6.1%} loss {loss.item():.3f} val {figure:.4f} f1/uar {summary}", flush=True)
            if figure > best:
                best = figure
                temperature = fit_temperatures(fusion, audio, val, checks)
                state = {"fusion": fusion.state_dict(), "interaction": interaction, "temperature": temperature}
                torch.save(state | {"figure": best}, file)
            fusion.train()
    return file


def _pairings(banks: Banks, shares: dict[str, float], flatten: float) -> Pairings:
    return Pairings(banks.labels, shares, flatten, banks.sentiment_of_emotion, opinions=banks.opinions)


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
def _validation_logits(
    fusion: InteractionFusion, audio: AudioEncoder, banks: Banks, rows: Rows
) -> tuple[Tensor, Tensor]:
    return fusion.eval().logits(_inputs(banks, rows, audio.eval()), torch.from_numpy(rows.present))


def validate(
    fusion: InteractionFusion, audio: AudioEncoder, banks: Banks, checks: dict[str, Rows]
) -> dict[str, dict[str, float]]:
    """Emotion figures by pattern, over rows whose emotion is known."""
    figures = {}
    for pattern, rows in checks.items():
        emotion, _ = _validation_logits(fusion, audio, banks, rows)
        known = rows.emotion_known
        figures[pattern] = score(torch.softmax(emotion, 1).numpy()[known], rows.label[known])
    return figures


def fit_temperatures(fusion: InteractionFusion, audio: AudioEncoder, banks: Banks, checks: dict[str, Rows]) -> Tensor:
    """`[2, 8]`: for emotion and sentiment, by pattern index, what minimises the validation's cross-entropy."""
    result = torch.ones(2, len(PATTERNS) + 1)
    for index, pattern in enumerate(PATTERNS, start=1):
        rows = checks[pattern]
        emotion, sentiment = _validation_logits(fusion, audio, banks, rows)
        known = torch.from_numpy(rows.emotion_known)
        truth = functional.one_hot(torch.from_numpy(rows.label), 7).float()
        result[0, index] = best_temperature(emotion[known], truth[known])
        result[1, index] = best_temperature(sentiment, torch.from_numpy(rows.sentiment))
    return result
