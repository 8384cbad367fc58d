"""WordPiece tokens of utterances, with or without their context, in batches that are padded to their own longest
text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from architectures.text_encoder import MAX_TOKENS, pretrained_folder

PAPER_TOKENS = 50
"""Most tokens of an utterance, in the paper's rows."""
CONTEXT_TOKENS = 24
"""Most tokens of each context utterance, including its `[SEP]`."""


def load_tokenizer(source: str | Path = "minilm") -> Tokenizer:
    """The tokenizer of the encoder that `source` names. It gives `[CLS] … [SEP]`, without truncation and padding."""
    tokenizer = Tokenizer.from_file(str(pretrained_folder(source) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], longest: int = PAPER_TOKENS) -> list[list[int]]:
    """A text that is too long keeps its end, because feelings are usually expressed last."""
    return [_ending(encoding.ids, longest) for encoding in tokenizer.encode_batch(list(texts))]


@dataclass(frozen=True)
class Turn:
    """An utterance and its context: `[CLS] utterance [SEP] older [SEP] newer [SEP]`. The first `own` ids belong to the
    utterance."""

    ids: list[int]
    own: int

    def __len__(self) -> int:
        return len(self.ids)


def tokenize_turns(tokenizer: Tokenizer, texts: Sequence[str], contexts: Sequence[Sequence[str]] | None = None) -> list[Turn]:
    """`contexts`: the utterances before each text, ordered by time. Context without room is left out, the oldest
    first."""
    own = tokenize(tokenizer, texts, MAX_TOKENS)
    if contexts is None:
        return [Turn(ids, len(ids)) for ids in own]
    flat = iter(tokenize(tokenizer, [text for context in contexts for text in context], CONTEXT_TOKENS + 1))
    return [_with_context(ids, [next(flat) for _ in context]) for ids, context in zip(own, contexts)]


def _with_context(own: list[int], before: list[list[int]]) -> Turn:
    kept: list[int] = []
    for _, *ids in reversed(before):
        if len(own) + len(kept) + len(ids) > MAX_TOKENS:
            break
        kept = ids + kept
    return Turn(own + kept, len(own))


def _ending(ids: list[int], longest: int) -> list[int]:
    return ids if len(ids) <= longest else [ids[0], *ids[1 - longest :]]


def pad(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask `[n, longest]`, int64."""
    longest = max(len(sequence) for sequence in sequences)
    ids = torch.zeros(len(sequences), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return ids, mask


def pad_turns(turns: Sequence[Turn]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and types `[n, longest]`, int64. The type is 1 for tokens of the context."""
    ids, mask = pad([turn.ids for turn in turns])
    types = (torch.arange(ids.shape[1]) >= torch.tensor([turn.own for turn in turns])[:, None]).long() * mask
    return ids, mask, types


def bucketed_batches(lengths: np.ndarray, size: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Every index once, in batches of similar lengths, in random order."""
    order = random.permutation(len(lengths))
    pool = size * 32
    batches = []
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    for index in random.permutation(len(batches)):
        yield batches[index]
