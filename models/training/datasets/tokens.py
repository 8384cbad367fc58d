"""WordPiece tokens, cut at the paper's 50, in batches padded to their own longest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from architectures.text_encoder import MAX_TOKENS, pretrained_folder


def load_tokenizer(source: str | Path = "minilm") -> Tokenizer:
    """`[CLS] … [SEP]`, at most 50 tokens, unpadded; of the encoder that `source` names."""
    tokenizer = Tokenizer.from_file(str(pretrained_folder(source) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]


def pad(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask `[n, longest]`, int64."""
    longest = max(len(sequence) for sequence in sequences)
    ids = torch.zeros(len(sequences), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return ids, mask


def bucketed_batches(lengths: np.ndarray, size: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Every index once, in batches of alike lengths, in random order."""
    order = random.permutation(len(lengths))
    pool = size * 32
    batches = []
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    for index in random.permutation(len(batches)):
        yield batches[index]
