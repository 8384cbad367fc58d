"""Stage 1, words: all-MiniLM-L6-v2 fine-tuned on MELD, GoEmotions and MOSI.

MELD and GoEmotions share the encoder but not the emotion head: they draw the line between neutral and the rest
differently. MELD's polarity reaches the seven-class sentiment head through MOSI's profile of that polarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.text_encoder import TextEncoder, load_pretrained
from datasets.labels import polarity_profiles
from datasets.text import TextSet, as_recognised, load_goemotions, load_meld, load_mosi, straighten
from datasets.tokens import bucketed_batches, load_tokenizer, pad, tokenize
from metrics import score
from schedule import Schedule, average_of, load_stage, products

REPEATS = {"meld": 2, "goemotions": 1, "mosi": 3}
"""How often an epoch meets each corpus."""
WRITINGS = (0.4, 0.35, 0.25)
"""How often a text is met as written, with straight quotation marks, and as a speech recogniser writes."""
BATCH = 64
AVERAGE_DECAY = 0.998
"""Of the weights' moving average over steps, which is what is validated and kept."""


class TextHeads(nn.Module):
    """The heads that stage 1 learns with; the fusion learns its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        self.meld = nn.Linear(width, 7)
        self.goemotions = nn.Linear(width, 7)
        self.sentiment = nn.Linear(width, 7)


@dataclass(frozen=True)
class _Corpus:
    name: str
    tokens: list[list[list[int]]]
    emotion: Tensor
    sentiment: Tensor


def train_text(
    data: Path,
    runs: Path,
    minutes: float,
    epochs: float,
    seed: int = 7,
    limit: int | None = None,
    resume: bool = False,
) -> Path:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    corpora = {
        "meld": load_meld(data / "meld", "train"),
        "goemotions": load_goemotions(data / "goemotions-ekman", "train"),
        "mosi": load_mosi(data / "mosi-text", "train"),
    }
    profiles = polarity_profiles(corpora["mosi"].sentiment)
    ready = {name: _prepare(name, corpus, profiles, limit) for name, corpus in corpora.items()}
    encoder = load_pretrained()
    heads = TextHeads(encoder.shape.width)
    file = runs / "text.pt"
    best = load_stage(file, encoder=encoder, heads=heads) if resume else -1.0
    # Half of the parameters, of which a batch meets few: they keep what pretraining gave them.
    encoder.words.requires_grad_(False)
    learned = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": learned, "lr": 6e-5}, {"params": heads.parameters(), "lr": 1e-3}],
        weight_decay=0.01,
        fused=True,
    )
    index = np.array([(c, i) for c, corpus in enumerate(ready.values()) for i in range(len(corpus.emotion))])
    repeats = np.array([REPEATS[name] for name in ready])[index[:, 0]]
    index = np.repeat(index, repeats, axis=0)
    steps = int(epochs * len(index) / BATCH)
    schedule = Schedule(optimizer, steps, minutes)
    averages = [average_of(module, AVERAGE_DECAY) for module in (encoder, heads)]
    every = max(1, steps // 12)
    running = True
    while running:
        names = list(ready)
        writings = random.choice(len(WRITINGS), len(index), p=WRITINGS)
        lengths = np.array([len(ready[names[c]].tokens[w][i]) for (c, i), w in zip(index, writings)])
        for batch in bucketed_batches(lengths, BATCH, random):
            loss = _loss(encoder, heads, [(ready[names[index[b, 0]]], index[b, 1], writings[b]) for b in batch])
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            running = schedule.step()
            for average, module in zip(averages, (encoder, heads)):
                average.update_parameters(module)
            if schedule.done % 50 == 0:
                rate = schedule.done * BATCH / schedule.elapsed_seconds
                print(f"text {schedule.progress:6.1%} loss {loss.item():.3f} {rate:.0f} texts/s", flush=True)
            if schedule.done % every == 0 or not running:
                kept_encoder, kept_heads = (average.module for average in averages)
                figure = validate(kept_encoder, kept_heads, data)
                if figure > best:
                    best = figure
                    state = {"encoder": kept_encoder.state_dict(), "heads": kept_heads.state_dict()}
                    torch.save(state | {"figure": best}, file)
            if not running:
                break
    return file


def _prepare(name: str, corpus: TextSet, profiles: np.ndarray, limit: int | None) -> _Corpus:
    tokenizer = load_tokenizer()
    texts = corpus.texts[:limit]
    sentiment = np.zeros((len(texts), 7), np.float32)
    for row in range(len(texts)):
        if corpus.sentiment[row] >= 0:
            sentiment[row, corpus.sentiment[row]] = 1
        elif corpus.polarity[row] >= 0:
            sentiment[row] = profiles[corpus.polarity[row]]
    writings = [texts, [straighten(text) for text in texts], [as_recognised(text) for text in texts]]
    tokens = [tokenize(tokenizer, writing) for writing in writings]
    return _Corpus(name, tokens, torch.from_numpy(corpus.emotion[:limit]), torch.from_numpy(sentiment))


def _loss(encoder: TextEncoder, heads: TextHeads, batch: list[tuple[_Corpus, int, int]]) -> Tensor:
    ids, mask = pad([corpus.tokens[writing][i] for corpus, i, writing in batch])
    emotion = torch.stack([corpus.emotion[i] for corpus, i, _ in batch])
    sentiment = torch.stack([corpus.sentiment[i] for corpus, i, _ in batch])
    is_meld = torch.tensor([corpus.name == "meld" for corpus, _, _ in batch])
    with products():
        embedding = encoder(ids, mask)
    hidden = heads.dropout(embedding.float())
    logits = torch.where(is_meld.unsqueeze(1), heads.meld(hidden), heads.goemotions(hidden))
    emotion_loss = -(emotion * functional.log_softmax(logits, 1)).sum()
    sentiment_loss = -(sentiment * functional.log_softmax(heads.sentiment(hidden), 1)).sum()
    return (emotion_loss + 0.5 * sentiment_loss) / len(batch)


@torch.no_grad()
def embed_texts(encoder: TextEncoder, texts: list[str], batch: int = 128) -> Tensor:
    """`[n, width]` in the order given, float32."""
    tokens = tokenize(load_tokenizer(), texts)
    order = np.argsort([len(sequence) for sequence in tokens], kind="stable")
    result = torch.zeros(len(texts), encoder.shape.width)
    encoder.eval()
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        with products():
            embedding = encoder(*pad([tokens[row] for row in rows]))
        result[torch.from_numpy(rows)] = embedding.float()
    return result


@torch.no_grad()
def validate(encoder: TextEncoder, heads: TextHeads, data: Path) -> float:
    """Mean of MELD's and GoEmotions' weighted F1 and MOSI's accuracy on the validation splits."""
    heads.eval()
    meld = load_meld(data / "meld", "val")
    comments = load_goemotions(data / "goemotions-ekman", "val")
    keep = np.flatnonzero(comments.single_label())[:1500]
    mosi = load_mosi(data / "mosi-text", "val")
    parts = {
        "meld": (heads.meld, meld.texts, meld.emotion_index()),
        "goemotions": (heads.goemotions, [comments.texts[i] for i in keep], comments.emotion_index()[keep]),
        "mosi": (heads.sentiment, mosi.texts, mosi.sentiment),
    }
    figures = {}
    for name, (head, texts, truth) in parts.items():
        figures[name] = score(torch.softmax(head(embed_texts(encoder, texts)), 1).numpy(), truth)
        summary = {key: round(figures[name][key], 4) for key in ("accuracy", "weightedF1", "uar")}
        print(f"text val {name} {summary}", flush=True)
    return (figures["meld"]["weightedF1"] + figures["goemotions"]["weightedF1"] + figures["mosi"]["accuracy"]) / 3
