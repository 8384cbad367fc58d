"""Stage 3: temperatures, fitted on speakers that the model has not heard.

Two validation actors say little of how sure the model may be of the next voice. So voice and fusion are trained again
without a sixth of the training actors at a time, as the kept ones were, and score those; what all these models say of their
unheard speakers, and the kept ones of validation's, is scaled together. Patterns without a voice take the kept fusion on
validation's words and faces, of which there are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.interaction_fusion import PATTERNS, InteractionFusion
from calibration import best_temperature
from metrics import expected_calibration_error
from prepare import HELD_OUT_CONDITIONS, Voices, read_voices
from stages.audio import VoiceModel, fit_voices, load_voices
from stages.banks import Banks, build_banks
from stages.fusion import VALIDATION_ROWS, drawn, fit_fusion, load_fusion, scored
from stages.pairing import PATTERN_PRESENCE

FOLDS = 6


@dataclass(frozen=True)
class Fold:
    """Models, and the voices that they have not heard, beside validation's words and faces."""

    voice: VoiceModel
    fusion: InteractionFusion
    voices: Voices
    banks: Banks


Scored = tuple[Tensor, Tensor]
"""Logits and what is true, `[n, labels]` each."""


def fit_temperatures(data: Path, runs: Path, minutes: float, limit: int | None = None, folds: int = FOLDS) -> Path:
    """`temperatures.pt`: `temperature` `[2, 8]`, emotion's and sentiment's by pattern index, and `own_temperature` of RAVDESS's
    eight labels. `minutes` bounds each training."""
    val = build_banks(data, runs, "val", limit)
    kept = Fold(load_voices(runs)[0], load_fusion(runs)[0], read_voices(runs, "val"), val)
    unheard = list(_folds(data, runs, val, minutes, limit, folds))
    temperature = torch.ones(2, len(PATTERNS) + 1)
    for index, pattern in enumerate(PATTERNS, start=1):
        of_folds = [_by_pattern(fold, pattern) for fold in ([kept, *unheard] if "A" in pattern else [kept])]
        for task, scores in enumerate(zip(*of_folds)):
            temperature[task, index] = best_temperature(*_joined(scores))
    own = best_temperature(*_joined([_by_own_label(fold) for fold in (kept, *unheard)]))
    for name, scores in (
        ("seven labels", [_by_voice(fold) for fold in unheard]),
        ("eight labels", [_by_own_label(fold) for fold in unheard]),
    ):
        error, count = held_out_error(scores)
        print(f"speakers that no model heard, {name}: calibration error {error:.4f} over {count}", flush=True)
    file = runs / "temperatures.pt"
    torch.save({"temperature": temperature, "own_temperature": own}, file)
    return file


def _folds(data: Path, runs: Path, val: Banks, minutes: float, limit: int | None, count: int) -> Iterator[Fold]:
    train, voices = build_banks(data, runs, "train", limit), read_voices(runs, "train")
    epochs, recipe = load_voices(runs)[1], load_fusion(runs)[1]
    actors = np.unique(voices.actors)
    for number in range(count):
        out = np.isin(voices.actors, actors[number::count])
        print(f"temperatures {number + 1}/{count}: without actors {actors[number::count].tolist()}", flush=True)
        voice = fit_voices(voices.where(~out), minutes, epochs)
        fusion = fit_fusion(train.with_voices(voices.where(~out)), voice.encoder, recipe, minutes)
        unheard = voices.where(out).met_in(*HELD_OUT_CONDITIONS)
        yield Fold(voice, fusion, unheard, val.with_voices(unheard))


def held_out_error(folds: Sequence[Scored]) -> tuple[float, int]:
    """The calibration error over all folds, each scaled by the temperature of the others, and how many utterances."""
    probabilities = []
    for number, (logits, _) in enumerate(folds):
        others = best_temperature(*_joined([fold for other, fold in enumerate(folds) if other != number]))
        probabilities.append(torch.softmax(logits / others, 1))
    truth = _joined(folds)[1].argmax(1)
    return expected_calibration_error(torch.cat(probabilities).numpy(), truth.numpy()), len(truth)


def _joined(parts: Sequence[Scored]) -> Scored:
    logits, truth = zip(*parts)
    return torch.cat(logits), torch.cat(truth)


def _by_pattern(fold: Fold, pattern: str) -> tuple[Scored, Scored]:
    """Emotion, where it is known, and sentiment."""
    rows = drawn(fold.banks, pattern, VALIDATION_ROWS)
    emotion, sentiment = scored(fold.fusion, fold.voice.encoder, fold.banks, rows)
    known = torch.from_numpy(rows.emotion_known)
    truth = functional.one_hot(torch.from_numpy(rows.label), 7).float()
    return (emotion[known], truth[known]), (sentiment, torch.from_numpy(rows.sentiment))


@torch.no_grad()
def _by_voice(fold: Fold) -> Scored:
    """Each voice once, alone, through the fusion."""
    audio = fold.voice.encoder(torch.from_numpy(fold.voices.features))
    present = torch.tensor(PATTERN_PRESENCE["A"], dtype=torch.float32).expand(len(audio), -1)
    text, video = (bank.new_zeros(len(audio), bank.shape[1]) for bank in (fold.banks.text, fold.banks.video))
    emotion, _ = fold.fusion.logits((text, audio, video), present)
    return emotion, functional.one_hot(torch.from_numpy(fold.voices.labels), 7).float()


@torch.no_grad()
def _by_own_label(fold: Fold) -> Scored:
    _, logits = fold.voice(torch.from_numpy(fold.voices.features))
    return logits, functional.one_hot(torch.from_numpy(fold.voices.own_labels), logits.shape[1]).float()
