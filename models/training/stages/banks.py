"""Cached embeddings of the stage 1 encoders, as banks for the pairings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from architectures.face_encoder import FaceEncoder
from architectures.text_encoder import TextEncoder
from datasets.faces import JITTER, load_fer2013, vary
from datasets.labels import emotion_sentiments, polarity_profiles
from datasets.text import load_goemotions, load_meld, load_mosi
from prepare import Voices, read_voices
from schedule import products
from stages.face import embed_faces
from stages.pairing import Bank
from stages.text import embed_texts

Encoder = TypeVar("Encoder", bound=nn.Module)
CORPUS_WEIGHTS = (0.85, 0.15)
"""MELD's and GoEmotions' shares of the texts: the product listens to dialogue."""
MAX_COMMENTS = 8_000
"""Of GoEmotions, at most: it is four times the size of MELD."""


@dataclass(frozen=True)
class Banks:
    """Embedded texts, raw audio features and embedded faces, with their labels."""

    text: Tensor
    audio: Tensor
    video: Tensor
    opinion: Tensor
    labels: tuple[Bank, Bank, Bank]
    opinions: Bank
    sentiment_of_emotion: np.ndarray

    def with_voices(self, voices: Voices) -> Banks:
        """The same words and faces beside other voices."""
        text, _, video = self.labels
        labels = (text, _single_corpus(voices.labels, self.sentiment_of_emotion), video)
        return replace(self, audio=torch.from_numpy(voices.features), labels=labels)


def build_banks(data: Path, runs: Path, split: str, limit: int | None = None) -> Banks:
    """Sentiment targets come from MOSI's and MELD's training labels for every split.

    Texts and faces are embedded once and kept: delete `runs/embedded-*.pt` after retraining their encoders.
    """
    profiles = polarity_profiles(load_mosi(data / "mosi-text", "train").sentiment)
    meld_train = load_meld(data / "meld", "train")
    of_emotion = emotion_sentiments(meld_train.emotion_index(), meld_train.polarity, profiles)
    meld, comments = load_meld(data / "meld", split), load_goemotions(data / "goemotions-ekman", split)
    mosi = load_mosi(data / "mosi-text", split)
    faces = load_fer2013(data / "fer2013", split).spread(limit)
    spoken, written = np.arange(len(meld))[:limit], np.flatnonzero(comments.single_label())[: limit or MAX_COMMENTS]
    texts = [meld.texts[i] for i in spoken] + [comments.texts[i] for i in written]
    file = runs / f"embedded-{split}.pt"
    if not file.exists():
        encoder = _trained(TextEncoder(), runs / "text.pt")
        stills = torch.from_numpy(faces.images)
        embedded = {
            "text": embed_texts(encoder, texts),
            "opinion": embed_texts(encoder, mosi.texts),
            "video": _embed_stills(_trained(FaceEncoder(), runs / "face.pt"), stills, split == "train"),
        }
        torch.save(embedded, file)
    embedded = torch.load(file, weights_only=True)
    voices = read_voices(runs, split)
    emotion = comments.emotion_index()[written]
    text = Bank(
        np.concatenate([meld.emotion_index()[spoken], emotion]),
        np.repeat([0, 1], [len(spoken), len(written)]),
        CORPUS_WEIGHTS,
        np.concatenate([profiles[meld.polarity[spoken]], of_emotion[emotion]]),
    )
    opinions = Bank(
        np.full(len(mosi), -1), np.zeros(len(mosi), int), (1.0,), np.eye(7, dtype=np.float32)[mosi.sentiment]
    )
    labels = (text, _single_corpus(voices.labels, of_emotion), _single_corpus(faces.labels, of_emotion))
    audio = torch.from_numpy(voices.features)
    return Banks(embedded["text"], audio, embedded["video"], embedded["opinion"], labels, opinions, of_emotion)


def _trained(encoder: Encoder, file: Path) -> Encoder:
    encoder.load_state_dict(torch.load(file, weights_only=True)["encoder"])
    return encoder


def _single_corpus(label: np.ndarray, of_emotion: np.ndarray) -> Bank:
    return Bank(label, np.zeros(len(label), int), (1.0,), of_emotion[label])


def _embed_stills(encoder: FaceEncoder, stills: Tensor, recrop: bool, seed: int = 7) -> Tensor:
    """Every still as jittered frames, pooled, `[n, 128]`; where `recrop`, from another crop than it has."""
    generator = torch.Generator().manual_seed(seed)
    parts = (vary(part, generator) if recrop else part for part in stills.split(256))
    return torch.cat([embed_sequence(encoder, part, generator) for part in parts])


def embed_sequence(encoder: FaceEncoder, stills: Tensor, generator: torch.Generator) -> Tensor:
    """Stills `[n, side, side]` → feature `[n, 128]` of two jittered frames, the second as in a mirror: their pooled
    feature, as the graph would have it, is their mean."""
    first, second = (vary(stills, generator, JITTER, mirror=False) for _ in range(2))
    with products():
        features = embed_faces(encoder, torch.cat([first, second.flip(-1)])).float()
    return features.unflatten(0, (2, len(stills))).mean(0)
