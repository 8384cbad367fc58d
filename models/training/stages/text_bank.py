"""All training texts in every form of writing, and how often each is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from datasets.labels import EMOTIONS, polarity_profiles
from datasets.text import (
    TextSet,
    as_recognised,
    load_dailydialog,
    load_goemotions,
    load_meld,
    load_mosi,
    load_satisfaction,
    load_service_calls,
    misheard,
    straighten,
    text_set,
)
from datasets.tokens import Turn, load_tokenizer, tokenize_turns

CORPORA = ("meld", "goemotions", "dailydialog", "mosi", "satisfaction", "service-calls")
SHARES = {"meld": 13_000, "goemotions": 6000, "dailydialog": 3000, "mosi": 2500, "satisfaction": 2500, "service-calls": 1300}
"""Number of texts per corpus and pass, drawn again for each pass. A smaller corpus repeats its texts."""
LONG_SHARE = 0.04
"""Share of a pass: spoken texts between neutral sentences, so that the model learns to read long texts to their end."""
LONG_SENTENCES = 6
NEUTRAL_DRAWN = 0.5
"""How often a neutral turn of DailyDialog is drawn, relative to others. Five of six turns are neutral."""
DISSATISFIED_DRAWN = 4.0
"""How often a dissatisfied turn of the service dialogues is drawn, relative to others. One turn in fifty is
dissatisfied."""
WRITINGS = (0.3, 0.1, 0.35, 0.25)
"""Shares of texts as written, with straight quotation marks, as a speech recogniser writes them, and misheard."""
WITH_CONTEXT = 0.5
"""Share of dialogue turns that come with their context."""


@dataclass(frozen=True)
class TextBank:
    """All texts of all corpora. `turns`: by form of writing, then without and with context, one per text. `draws`
    `[n]`: the expected number of times that a text is drawn per pass."""

    turns: list[tuple[list[Turn], list[Turn]]]
    corpus: np.ndarray
    draws: np.ndarray
    emotion: Tensor
    sentiment: Tensor
    dissatisfied: Tensor


def load_bank(data: Path, random: np.random.Generator, limit: int | None, without: Sequence[str]) -> TextBank:
    sets = {
        "meld": load_meld(data / "meld", "train"),
        "goemotions": load_goemotions(data / "goemotions-ekman", "train"),
        "dailydialog": load_dailydialog(data / "dailydialog", "train"),
        "mosi": load_mosi(data / "mosi-text", "train"),
        "satisfaction": load_satisfaction(data / "service-satisfaction", "train"),
        "service-calls": load_service_calls("train").sentences,
    }
    profiles = polarity_profiles(sets["mosi"].sentiment)
    sets = {name: texts.at(np.arange(len(texts))[:limit]) for name, texts in sets.items() if name not in without}
    draws = {name: np.full(len(texts), SHARES[name] / len(texts)) for name, texts in sets.items()}
    for name, rare, weight in (
        ("dailydialog", lambda texts: texts.emotion_index() == EMOTIONS.index("neutral"), NEUTRAL_DRAWN),
        ("satisfaction", lambda texts: texts.dissatisfied == 1, DISSATISFIED_DRAWN),
    ):
        if name in sets:
            weights = np.where(rare(sets[name]), weight, 1.0)
            draws[name] = SHARES[name] * weights / weights.sum()
    spoken = [sets[name] for name in ("meld", "dailydialog", "service-calls") if name in sets]
    long = [_among_neutral(texts, spoken, random, max(1, int(len(texts) * LONG_SHARE * 3))) for texts in spoken]
    names = [*sets, *(name for name in ("meld", "dailydialog", "service-calls") if name in sets)]
    total = sum(SHARES[name] for name in sets)
    every = [*sets.values(), *long]
    longs = sum(len(texts) for texts in long)
    shares = [*draws.values(), *(np.full(len(texts), LONG_SHARE * total / longs) for texts in long)]
    return _prepare(every, [CORPORA.index(name) for name in names], shares, profiles, random)


def _among_neutral(texts: TextSet, spoken: list[TextSet], random: np.random.Generator, count: int) -> TextSet:
    """Some of the texts, each between neutral sentences of spoken corpora, most of which come before it. They keep its
    labels."""
    calm = [text for part in spoken for text, label in zip(part.texts, part.emotion_index()) if EMOTIONS[label] == "neutral"]
    rows = random.integers(len(texts), size=count)
    made = []
    for row in rows:
        around = [calm[at] for at in random.integers(len(calm), size=random.integers(1, LONG_SENTENCES + 1))]
        at = len(around) if random.random() < 0.7 else random.integers(len(around) + 1)
        made.append(" ".join([*around[:at], texts.texts[row], *around[at:]]))
    chosen = texts.at(rows)
    return text_set(made, chosen.emotion, dissatisfied=chosen.dissatisfied)


def _prepare(
    sets: list[TextSet], corpora: list[int], draws: list[np.ndarray], profiles: np.ndarray, random: np.random.Generator
) -> TextBank:
    texts = [text for part in sets for text in part.texts]
    contexts = [context for part in sets for context in part.contexts]
    polarity, classes = (np.concatenate([getattr(part, name) for part in sets]) for name in ("polarity", "sentiment"))
    sentiment = np.zeros((len(texts), 7), np.float32)
    sentiment[classes >= 0, classes[classes >= 0]] = 1
    by_polarity = (classes < 0) & (polarity >= 0)
    sentiment[by_polarity] = profiles[polarity[by_polarity]]
    vocabulary = [word for text in texts[:5000] for word in as_recognised(text).split()]
    written = (
        lambda text: text,
        straighten,
        as_recognised,
        lambda text: misheard(text, vocabulary, random),
    )
    tokenizer, turns = load_tokenizer(), []
    for write in written:
        said, before = [write(text) for text in texts], [tuple(write(text) for text in c) for c in contexts]
        turns.append((tokenize_turns(tokenizer, said), tokenize_turns(tokenizer, said, before)))
    return TextBank(
        turns,
        np.repeat(corpora, [len(part) for part in sets]),
        np.concatenate(draws),
        torch.from_numpy(np.concatenate([part.emotion for part in sets])),
        torch.from_numpy(sentiment),
        torch.from_numpy(np.concatenate([part.dissatisfied for part in sets])),
    )


def draw_turns(
    bank: TextBank, random: np.random.Generator, with_context: float = WITH_CONTEXT
) -> tuple[np.ndarray, list[Turn]]:
    """The texts of one pass: rows of the bank, each as often as it is to be drawn, and the form of each."""
    whole = np.floor(bank.draws + random.random(len(bank.draws))).astype(int)
    rows = np.repeat(np.arange(len(whole)), whole)
    writings = random.choice(len(WRITINGS), len(rows), p=WRITINGS)
    contexts = (random.random(len(rows)) < with_context).astype(int)
    return rows, [bank.turns[writing][context][row] for row, writing, context in zip(rows, writings, contexts)]
