"""Stage 1, words: all-MiniLM-L6-v2, fine-tuned on dialogue, comments, opinions and service calls.

All corpora share the encoder. Spoken corpora also share a head. DailyDialog draws the line between neutral and the
other emotions differently from MELD, so it has additional biases of its own. Comments have their own head, because with
a shared head both lose three to five points. The server's answers are those of MELD for emotions and those of service
calls for dissatisfaction. MELD's polarity trains the seven-class sentiment head through MOSI's profile of that
polarity.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.text_encoder import TextEncoder, load_pretrained
from datasets.labels import EMOTIONS
from datasets.text import (
    CONTEXT_UTTERANCES,
    as_recognised,
    load_goemotions,
    load_meld,
    load_mosi,
    load_service_calls,
)
from datasets.tokens import Turn, bucketed_batches, load_tokenizer, pad_turns, tokenize_turns
from evaluation.metrics import score
from stages.schedule import Schedule, average_of, load_stage, products
from stages.text_bank import CORPORA, SHARES, TextBank, draw_turns, load_bank

FROZEN_LAYERS = 2
"""Number of the encoder's lowest layers that are not trained. They keep their pretrained weights, and a step takes a
quarter less time."""
BATCH = 64
HEAD_STEPS, HEAD_BATCH = 3000, 512
"""Steps and batch size when only the heads are trained."""
AVERAGE_DECAY = 0.998
"""Decay of the weights' moving average over steps. The averaged weights are validated and kept."""


class TextHeads(nn.Module):
    """Embeddings `[n, width]` → logits of emotion, sentiment and dissatisfaction `[n, 7]`, `[n, 7]`, `[n]`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        self.emotion = nn.Linear(width, len(EMOTIONS))
        self.comments = nn.Linear(width, len(EMOTIONS))
        self.sentiment = nn.Linear(width, 7)
        self.dissatisfaction = nn.Linear(width, 1)
        self.emotion_of_corpus = nn.Parameter(torch.zeros(len(CORPORA), len(EMOTIONS)))
        self.dissatisfaction_of_corpus = nn.Parameter(torch.zeros(len(CORPORA)))

    def forward(self, embedding: Tensor, corpus: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """`corpus` `[n]`: index into `CORPORA`, to answer with the labels of that corpus. None: the server's labels."""
        hidden = self.dropout(embedding)
        emotion, dissatisfaction = self.emotion(hidden), self.dissatisfaction(hidden)[:, 0]
        if corpus is not None:
            emotion = emotion + self.emotion_of_corpus[corpus] * _elsewhere(corpus, ("meld", "service-calls"))[:, None]
            written = (corpus == CORPORA.index("goemotions"))[:, None]
            emotion = torch.where(written, self.comments(hidden), emotion)
            own = self.dissatisfaction_of_corpus[corpus] * _elsewhere(corpus, ("service-calls",))
            dissatisfaction = dissatisfaction + own
        return emotion, self.sentiment(hidden), dissatisfaction


def _elsewhere(corpus: Tensor, homes: tuple[str, ...]) -> Tensor:
    """0 for the corpora whose biases the server uses, because the head itself contains them. 1 for other corpora."""
    return 1.0 - torch.isin(corpus, torch.tensor([CORPORA.index(name) for name in homes])).float()


def train_text(
    data: Path,
    runs: Path,
    minutes: float,
    epochs: float,
    seed: int = 7,
    limit: int | None = None,
    resume: bool = False,
    without: Sequence[str] = (),
    name: str = "text",
) -> Path:
    """`without`: corpora that are left out, so that they can be scored as unseen ones. `resume`: continues from the
    encoder in the checkpoint, and from its heads if it has them."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    bank = load_bank(data, random, limit, without)
    encoder, file = load_pretrained(), runs / f"{name}.pt"
    heads, best = TextHeads(encoder.shape.width), -1.0
    if resume:
        best = load_stage(file, encoder=encoder, heads=heads)
    # Word embeddings are half of the parameters, and a batch contains few of the words.
    for frozen in (encoder.words, encoder.positions, *encoder.layers[:FROZEN_LAYERS]):
        frozen.requires_grad_(False)
    learned = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": learned, "lr": 6e-5}, {"params": heads.parameters(), "lr": 1e-3}], weight_decay=0.01, fused=True
    )
    pass_size = sum(SHARES[name] for name in CORPORA if name not in without)
    steps = max(1, int(epochs * pass_size / BATCH))
    schedule = Schedule(optimizer, steps, minutes)
    averages = [average_of(module, AVERAGE_DECAY) for module in (encoder, heads)]
    every, running = max(1, steps // 8), True
    while running:
        rows, turns = draw_turns(bank, random)
        for batch in bucketed_batches(np.array([len(turn) for turn in turns]), BATCH, random):
            loss = _loss(encoder, heads, bank, rows[batch], [turns[at] for at in batch])
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            running = schedule.step()
            for average, module in zip(averages, (encoder, heads)):
                average.update_parameters(module)
            if schedule.done % 50 == 0:
                rate = schedule.done * BATCH / schedule.elapsed_seconds
                print(f"{name} {schedule.progress:6.1%} loss {loss.item():.3f} {rate:.0f} texts/s", flush=True)
            if schedule.done % every == 0 or not running:
                kept = [average.module for average in averages]
                figure = validate(*kept, data, limit)
                if figure > best:
                    best = figure
                    state = {"encoder": kept[0].state_dict(), "heads": kept[1].state_dict()}
                    torch.save(state | {"figure": best, "contextUtterances": CONTEXT_UTTERANCES}, file)
            if not running:
                break
    return file


def train_heads(data: Path, runs: Path, share: float = 1.0, seed: int = 7) -> Path:
    """Trains only the heads, over the unchanged encoder in `text.pt` and without context. This takes minutes instead of
    hours, for an encoder that was already trained on the corpora. `share`: how many texts are embedded, as a share of a
    pass."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    file = runs / "text.pt"
    encoder, heads = load_pretrained(), TextHeads(load_pretrained().shape.width)
    load_stage(file, encoder=encoder)
    bank = load_bank(data, random, None, ())
    rows, turns = draw_turns(bank, random, with_context=0.0)
    some = random.permutation(len(rows))[: int(share * len(rows))]
    rows, turns = rows[some], [turns[at] for at in some]
    print(f"embedding {len(turns)} texts", flush=True)
    embedded = embed_turns(encoder, turns)
    optimizer = torch.optim.AdamW(heads.parameters(), lr=2e-3, weight_decay=0.05)
    for _ in range(HEAD_STEPS):
        batch = random.integers(len(rows), size=HEAD_BATCH)
        loss = _head_loss(heads, embedded[batch], bank, rows[batch])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    state = {"encoder": encoder.state_dict(), "heads": heads.state_dict(), "contextUtterances": 0}
    torch.save(state | {"figure": validate(encoder, heads, data)}, file)
    return file


def _loss(encoder: TextEncoder, heads: TextHeads, bank: TextBank, rows: np.ndarray, turns: list[Turn]) -> Tensor:
    with products():
        embedding = encoder(*pad_turns(turns))
    return _head_loss(heads, embedding.float(), bank, rows)


def _head_loss(heads: TextHeads, embedding: Tensor, bank: TextBank, rows: np.ndarray) -> Tensor:
    corpus = torch.from_numpy(bank.corpus[rows])
    emotion, sentiment, dissatisfaction = heads(embedding, corpus)
    target, opinion, dissatisfied = bank.emotion[rows], bank.sentiment[rows], bank.dissatisfied[rows]
    emotion_loss = -(target * functional.log_softmax(emotion, 1)).sum()
    sentiment_loss = -(opinion * functional.log_softmax(sentiment, 1)).sum()
    known = dissatisfied >= 0
    truth = dissatisfied[known].float()
    dissatisfaction_loss = functional.binary_cross_entropy_with_logits(dissatisfaction[known], truth, reduction="sum")
    return (emotion_loss + 0.5 * sentiment_loss + 0.5 * dissatisfaction_loss) / len(rows)


def embed_texts(encoder: TextEncoder, texts: Sequence[str], contexts: Sequence[Sequence[str]] | None = None) -> Tensor:
    """`[n, width]`, float32, in the given order."""
    return embed_turns(encoder, tokenize_turns(load_tokenizer(), texts, contexts))


@torch.no_grad()
def embed_turns(encoder: TextEncoder, turns: Sequence[Turn], batch: int = 64) -> Tensor:
    order = np.argsort([len(turn) for turn in turns], kind="stable")
    result = torch.zeros(len(turns), encoder.shape.width)
    encoder.eval()
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        with products():
            embedding = encoder(*pad_turns([turns[row] for row in rows]))
        result[torch.from_numpy(rows)] = embedding.float()
    return result


@torch.no_grad()
def validate(encoder: TextEncoder, heads: TextHeads, data: Path, limit: int | None = None) -> float:
    """Mean of the validation metrics that choose the text encoder: weighted F1 of MELD as written, as a speech
    recogniser writes it and in context, and of GoEmotions; recall of MELD; and accuracy of MOSI and of the service
    calls."""
    heads.eval()
    meld = load_meld(data / "meld", "val")
    comments = load_goemotions(data / "goemotions-ekman", "val")
    mosi, calls = load_mosi(data / "mosi-text", "val"), load_service_calls("val").sentences
    sets = {
        "meld": meld,
        "goemotions": comments.at(np.flatnonzero(comments.single_label())[:1500]),
        "service-calls": calls,
    }
    figures = {}

    def note(name: str, logits: Tensor, truth: np.ndarray) -> None:
        figures[name] = score(torch.softmax(logits, 1).numpy(), truth)
        summary = {key: round(figures[name][key], 4) for key in ("accuracy", "weightedF1", "uar")}
        print(f"text val {name} {summary}", flush=True)

    for name, texts in sets.items():
        texts = texts.at(np.arange(len(texts))[:limit])
        corpus = torch.full((len(texts),), CORPORA.index(name))
        note(name, heads(embed_texts(encoder, texts.texts), corpus)[0], texts.emotion_index())
        if name == "meld":
            embedded = embed_texts(encoder, texts.texts, texts.contexts)
            note("meld in context", heads(embedded, corpus)[0], texts.emotion_index())
            embedded = embed_texts(encoder, [as_recognised(text) for text in texts.texts])
            note("meld recognised", heads(embedded, corpus)[0], texts.emotion_index())
    note("mosi", heads(embed_texts(encoder, mosi.texts[:limit]))[1], mosi.sentiment[:limit])
    heads.train()
    f1 = [figures[name]["weightedF1"] for name in ("meld", "meld in context", "meld recognised", "goemotions")]
    return float(np.mean([*f1, figures["meld"]["uar"], figures["mosi"]["accuracy"], figures["service-calls"]["accuracy"]]))
