"""Leave one corpus out: a voice trained on all corpora but one, and scored on that one.

The corpora are spoken in different languages, by actors or by people on television, into different microphones. What a voice
model learns of a corpus beside its emotions is of no use in another, so it is made hard to learn: most features are missing
in every training step, and each label is drawn equally often, from each corpus that has it equally often.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import EMBEDDING_SIZE, AudioEncoder
from calibration import best_temperature
from datasets.labels import EMOTIONS
from metrics import score
from prepare import CorpusVoices
from schedule import Schedule
from stages.audio import JITTER_DEVIATIONS

BATCH = 256


@dataclass(frozen=True)
class VoiceRecipe:
    """`input_dropout`: the share of features that a training step does not see."""

    steps: int = 600
    hidden: int = 256
    input_dropout: float = 0.8
    dropout: float = 0.4
    weight_decay: float = 1.0
    learning_rate: float = 2e-3
    label_smoothing: float = 0.1


class CorpusVoiceModel(nn.Module):
    """Features `[n, 896]` → logits `[n, 7]`."""

    def __init__(self, recipe: VoiceRecipe) -> None:
        super().__init__()
        self.encoder = AudioEncoder(recipe.hidden, recipe.dropout, recipe.input_dropout)
        self.head = nn.Linear(EMBEDDING_SIZE, len(EMOTIONS))

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.encoder(features))


def balanced_shares(labels: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """How often each row `[n]` is drawn: labels equally often, and each label from every corpus that has it equally often."""
    shares = np.zeros(len(labels))
    for label in np.unique(labels):
        having = np.unique(corpora[labels == label])
        for corpus in having:
            rows = (labels == label) & (corpora == corpus)
            shares[rows] = 1 / rows.sum() / len(having)
    return shares / shares.sum()


def fit_corpora(
    voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe = VoiceRecipe(), minutes: float = 30.0, seed: int = 7
) -> CorpusVoiceModel:
    """Trained on every row of every corpus, or for what part of its steps the minutes allow."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    features = torch.from_numpy(np.concatenate([corpus.features for corpus in voices.values()]))
    labels = np.concatenate([corpus.labels for corpus in voices.values()])
    corpora = np.repeat(np.arange(len(voices)), [len(corpus.labels) for corpus in voices.values()])
    shares, targets = balanced_shares(labels, corpora), torch.from_numpy(labels)
    model = CorpusVoiceModel(recipe)
    typical = torch.from_numpy(random.choice(len(labels), 20_000, p=shares))
    model.encoder.fit_standardisation(features[typical])
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule, running = Schedule(optimizer, recipe.steps, minutes), True
    while running:
        rows = torch.from_numpy(random.choice(len(labels), BATCH, p=shares))
        noise = torch.randn(BATCH, features.shape[1]) * JITTER_DEVIATIONS * model.encoder.deviation
        logits = model(features[rows] + noise)
        functional.cross_entropy(logits, targets[rows], label_smoothing=recipe.label_smoothing).backward()
        running = schedule.step()
    return model.eval()


@torch.no_grad()
def logits_of(model: CorpusVoiceModel, voices: CorpusVoices) -> Tensor:
    return model(torch.from_numpy(voices.features))


def leave_one_out(
    voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe = VoiceRecipe(), minutes: float = 30.0
) -> Iterator[dict]:
    """A row per corpus: its clean clips, as heard by a model that was trained without it.

    The temperature is fitted on corpora that a model has not met either: each of the others is left out once more. `uarKnown`
    is the recall over the labels that some training corpus has.
    """
    for left_out, heard in voices.items():
        others = {name: corpus for name, corpus in voices.items() if name != left_out}
        temperature = unseen_temperature(others, recipe, minutes) if len(others) > 1 else 1.0
        clean = heard.where(heard.conditions == "clean")
        logits = logits_of(fit_corpora(others, recipe, minutes), clean)
        probabilities = torch.softmax(logits / temperature, 1).numpy()
        known = np.isin(clean.labels, np.concatenate([corpus.labels for corpus in others.values()]))
        figures = score(probabilities, clean.labels) | {"temperature": temperature}
        yield {
            "dataset": left_out,
            "n": len(clean.labels),
            "uarKnown": score(probabilities[known], clean.labels[known])["uar"],
        } | figures


def unseen_temperature(voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe, minutes: float) -> float:
    """Fitted on every corpus as heard by a model that was trained on the others, each corpus counting the same."""
    logits, targets = [], []
    for left_out, heard in voices.items():
        others = {name: corpus for name, corpus in voices.items() if name != left_out}
        rows = heard.where(heard.conditions == "clean")
        drawn = np.random.default_rng(7).choice(len(rows.labels), 2000)
        logits.append(logits_of(fit_corpora(others, recipe, minutes), rows)[drawn])
        targets.append(functional.one_hot(torch.from_numpy(rows.labels[drawn]), len(EMOTIONS)).float())
    return best_temperature(torch.cat(logits), torch.cat(targets))
