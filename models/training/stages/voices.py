"""Stage 1, voice: a perceptron on the features of four corpora. It compares each speaker with the speaker's own earlier
utterances.

The corpora differ in language, in microphones, and in whether actors or people on television speak. What a voice model
learns about a corpus instead of emotions is useless for another corpus. Two things make this hard to learn: most
features are missing in every training step, and all labels are drawn equally often, each from all corpora that have it.
Leaving out one corpus at a time measures how accurate and how confident a model is about new people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import EMBEDDING_SIZE, AudioEncoder
from datasets.labels import EMOTIONS
from datasets.prepared_voices import CorpusVoices, prepared_corpus
from datasets.speaker_histories import Histories, SpeakerHistories
from datasets.voice_corpora import CORPORA, is_held_out
from evaluation.calibration import best_temperature
from evaluation.metrics import score
from stages.schedule import Schedule

BATCH = 256
JITTER_DEVIATIONS = 0.2
"""Deviation of the noise on the standardised features. Two cuts of the same clip differ by this much."""


@dataclass(frozen=True)
class VoiceRecipe:
    """`input_dropout`: the share of features that is hidden in a training step."""

    steps: int = 600
    hidden: int = 256
    input_dropout: float = 0.8
    dropout: float = 0.4
    weight_decay: float = 1.0
    learning_rate: float = 2e-3
    label_smoothing: float = 0.1


class VoiceModel(nn.Module):
    """Features `[n, 896]` and histories → logits `[n, 7]`."""

    def __init__(self, recipe: VoiceRecipe = VoiceRecipe()) -> None:
        super().__init__()
        self.encoder = AudioEncoder(recipe.hidden, recipe.dropout, recipe.input_dropout)
        self.head = nn.Linear(EMBEDDING_SIZE, len(EMOTIONS))

    def forward(self, features: Tensor, baseline: Tensor | None = None, utterances: Tensor | None = None) -> Tensor:
        return self.head(self.encoder(features, baseline, utterances))


def train_voices(data: Path, runs: Path, minutes: float, recipe: VoiceRecipe = VoiceRecipe()) -> Path:
    """Writes `audio.pt`: a voice model trained on all speakers of all corpora except held-out ones. Also writes
    `unseen-voices.npz`: the answers about each corpus from models that were trained without it. See
    `unseen_answers`."""
    voices = {name: prepared_corpus(data, runs, name) for name in CORPORA}
    heard = {name: corpus.where(~is_held_out(corpus.speakers)) for name, corpus in voices.items()}
    model = fit_voices(heard, recipe, minutes)
    file = runs / "audio.pt"
    torch.save({"encoder": model.encoder.state_dict(), "head": model.head.state_dict()}, file)
    answers: dict[str, Any] = unseen_answers(voices, recipe, minutes)
    np.savez(runs / "unseen-voices.npz", **answers)
    return file


def load_voices(runs: Path) -> VoiceModel:
    """Reads the output of `train_voices`."""
    saved, model = torch.load(runs / "audio.pt", weights_only=True), VoiceModel()
    for name, part in model.named_children():
        part.load_state_dict(saved[name])
    return model.eval()


def balanced_shares(labels: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """How often each row `[n]` is drawn. All labels are equally frequent, and each label comes equally often from every
    corpus that has it."""
    shares = np.zeros(len(labels))
    for label in np.unique(labels):
        having = np.unique(corpora[labels == label])
        for corpus in having:
            rows = (labels == label) & (corpora == corpus)
            shares[rows] = 1 / rows.sum() / len(having)
    return shares / shares.sum()


def fit_voices(
    voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe = VoiceRecipe(), minutes: float = 30.0, seed: int = 7
) -> VoiceModel:
    """Trains on all rows of all corpora, for all steps or until the minutes are over."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    corpora = np.repeat(np.arange(len(voices)), [len(corpus.labels) for corpus in voices.values()])
    features, labels, speakers, conditions = (
        np.concatenate([getattr(corpus, name) for corpus in voices.values()])
        for name in ("features", "labels", "speakers", "conditions")
    )
    features, targets = torch.from_numpy(features), torch.from_numpy(labels)
    speaking = SpeakerHistories(speakers, conditions, labels)
    shares = balanced_shares(labels, corpora)
    model = VoiceModel(recipe)
    typical = torch.from_numpy(random.choice(len(labels), 20_000, p=shares))
    model.encoder.fit_standardisation(features[typical])
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule, running = Schedule(optimizer, recipe.steps, minutes), True
    while running:
        rows = random.choice(len(labels), BATCH, p=shares)
        mean, utterances = speaking.draw(rows, random).mean_of(features)
        noise = torch.randn(BATCH, features.shape[1]) * JITTER_DEVIATIONS * model.encoder.deviation
        logits = model(features[torch.from_numpy(rows)] + noise, mean, utterances)
        truth = targets[torch.from_numpy(rows)]
        functional.cross_entropy(logits, truth, label_smoothing=recipe.label_smoothing).backward()
        running = schedule.step()
    return model.eval()


@torch.no_grad()
def logits_of(model: VoiceModel, voices: CorpusVoices, histories: Histories | None = None) -> Tensor:
    """`histories`: one per row. None: each utterance is the first of its speaker."""
    features = torch.from_numpy(voices.features)
    return model(features) if histories is None else model(features, *histories.mean_of(features))


def leave_one_out(
    voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe = VoiceRecipe(), minutes: float = 30.0
) -> Iterator[dict]:
    """Rows per corpus: its clean clips, scored by a model that was trained without it. `history` says how many
    utterances of the speaker came before and of which kind: `first`, or `5th` and `20th` after mostly neutral
    utterances or after utterances with the same label.

    The temperature is also fitted on corpora that a model was not trained on: each of the others is left out once more.
    `uarKnown` is the recall over the labels that some training corpus has.
    """
    for left_out, heard in voices.items():
        others = {name: corpus for name, corpus in voices.items() if name != left_out}
        temperature = unseen_temperature(others, recipe, minutes) if len(others) > 1 else 1.0
        clean = heard.where(heard.conditions == "clean")
        model = fit_voices(others, recipe, minutes)
        known = np.isin(clean.labels, np.concatenate([corpus.labels for corpus in others.values()]))
        for history, histories in _histories(clean).items():
            probabilities = torch.softmax(logits_of(model, clean, histories) / temperature, 1).numpy()
            yield {
                "dataset": left_out,
                "history": history,
                "n": len(clean.labels),
                "uarKnown": score(probabilities[known], clean.labels[known])["uar"],
                "temperature": temperature,
            } | score(probabilities, clean.labels)


def _histories(voices: CorpusVoices) -> dict[str, Histories | None]:
    speaking = SpeakerHistories(voices.speakers, voices.conditions, voices.labels)
    rows, random = np.arange(len(voices.labels)), np.random.default_rng(7)
    return {"first": None} | {
        f"{count + 1}th, {kind}": speaking.draw(rows, random, count, kind)
        for kind in ("mostly neutral", "constant")
        for count in (4, 19)
    }


def unseen_temperature(voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe, minutes: float) -> float:
    """Fits a temperature on every corpus, with answers of a model that was trained on the others. All corpora count the
    same."""
    answers = unseen_answers(voices, recipe, minutes)
    rows = np.concatenate(
        [
            np.random.default_rng(7).choice(np.flatnonzero((answers["corpora"] == name) & answers["clean"]), 2000)
            for name in voices
        ]
    )
    target = functional.one_hot(torch.from_numpy(answers["labels"][rows]), len(EMOTIONS)).float()
    return best_temperature(torch.from_numpy(answers["logits"][rows]), target)


def unseen_answers(voices: Mapping[str, CorpusVoices], recipe: VoiceRecipe, minutes: float) -> dict[str, np.ndarray]:
    """For every row of every corpus: the `logits` `[n, 7]` of a model that was trained without that corpus, with a
    drawn history, and `labels`, `corpora`, `speakers`, `clean` `[n]`."""
    parts: list[dict[str, np.ndarray]] = []
    for left_out, heard in voices.items():
        model = fit_voices({name: corpus for name, corpus in voices.items() if name != left_out}, recipe, minutes)
        speaking = SpeakerHistories(heard.speakers, heard.conditions, heard.labels)
        histories = speaking.draw(np.arange(len(heard.labels)), np.random.default_rng(7))
        parts.append(
            {
                "logits": logits_of(model, heard, histories).numpy(),
                "labels": heard.labels,
                "corpora": np.full(len(heard.labels), left_out),
                "speakers": heard.speakers,
                "clean": heard.conditions == "clean",
            }
        )
        print(f"voices without {left_out}: done", flush=True)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
