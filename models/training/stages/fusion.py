"""Stage 2: the confidence of each modality, and the interaction model over their answers.

Everything here is fitted on answers about people that the encoders were not trained on: voices of a corpus that was
left out, held-out dialogues and comments, and faces of another corpus. A fusion that is fitted on answers about the
encoders' own training examples would trust them too much.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.interaction_fusion import LABELS, PATTERNS, InteractionFusion, PartHeads
from evaluation.calibration import best_temperature
from evaluation.metrics import bootstrap_intervals, score
from stages.answers import Held, answers_of, fit_part_temperatures, held_out, load_part_heads
from stages.operating_points import balance_words, calibrate_dissatisfaction, certain_from, dissatisfied_from, write_points
from stages.pairing import NEUTRAL, Answers, Pairings, Rows
from stages.schedule import Schedule

BATCH = 1024
STEPS = 600
WEIGHT_DECAY = 0.3
PATTERN_SHARES = {"A": 0.05, "V": 0.05, "TA": 0.22, "TV": 0.22, "AV": 0.2, "TAV": 0.26}
"""How often each pattern is used in training. The emotions of a single modality are not learnt here. The sentiment of
single voices and faces is."""
HALVES = (
    (("meld", "goemotions"), ("ravdess", "nemo"), ("fer2013",)),
    (("dailydialog", "isear", "service-calls"), ("emovo", "urdu"), ("muxspace",)),
)
"""Corpora of words, voices and faces. A fusion that was fitted on one half is scored on the other."""
DRAWN_ROWS = 6000

Banks = tuple[Answers, Answers, Answers]


def train_fusion(data: Path, runs: Path, minutes: float) -> Path:
    """Writes `fusion.pt`: the heads with their temperatures, the fusion, and one temperature per pattern, fitted on all
    held-out corpora. Also writes `operating-points.json` and `unseen-fusion.json`. These come from the same steps with
    corpora that neither the encoders nor the fusion were trained on."""
    held = held_out(data, runs)
    rows, confidence, right = rehearse(data, runs, held, minutes)
    (runs / "unseen-fusion.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    heads, words = balanced_heads(runs, held)
    fit_part_temperatures(heads, held)
    calibrate_dissatisfaction(heads, held.complaints, held.dissatisfied, held.complaint_weights)
    banks = answers_of(data, heads, held)
    fusion = fit_fusion(banks, minutes)
    temperature = pattern_temperatures(fusion, banks)
    with torch.no_grad():
        complaints = heads.dissatisfied(held.complaints).numpy()
    dissatisfied = dissatisfied_from(complaints, held.dissatisfied, held.complaint_weights)
    offsets = words / float(heads.temperature[0])
    write_points(runs, certain_from(confidence, right), dissatisfied, offsets)
    print("temperatures of words, voice, faces, opinions", [round(float(t), 3) for t in heads.temperature], flush=True)
    file = runs / "fusion.pt"
    torch.save({"heads": heads.state_dict(), "fusion": fusion.state_dict(), "temperature": temperature}, file)
    return file


def balanced_heads(runs: Path, held: Held) -> tuple[PartHeads, np.ndarray]:
    """The heads and the offsets of the words' logits. With the offsets, words find rare emotions as often as a service
    needs."""
    heads = load_part_heads(runs)
    meld = held.corpora[0] == "meld"
    with torch.no_grad():
        words = balance_words(heads.emotion[0](held.text[meld]), held.labels[0][meld])
        heads.emotion[0].bias += torch.from_numpy(words).float()
    return heads, words


def fit_fusion(banks: Banks, minutes: float, steps: int = STEPS, seed: int = 7) -> InteractionFusion:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pairings, fusion = Pairings(banks), InteractionFusion()
    optimizer = torch.optim.AdamW(fusion.parameters(), lr=2e-3, weight_decay=WEIGHT_DECAY)
    schedule, running = Schedule(optimizer, steps, minutes), True
    while running:
        rows = pairings.draw(PATTERN_SHARES, BATCH, random)
        parts, present = inputs_of(banks, rows), torch.from_numpy(rows.present)
        renamed, label = renamed_emotions(parts, torch.from_numpy(rows.label))
        emotion, _ = fusion.logits(renamed, present)
        _, sentiment = fusion.logits(parts, present)
        loss = functional.cross_entropy(emotion, label)
        loss = loss + 0.5 * functional.cross_entropy(sentiment, sentiment_of(banks, rows))
        loss.backward()
        running = schedule.step()
    return fusion.eval()


def renamed_emotions(parts: tuple[Tensor, Tensor, Tensor], label: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Renames the emotions of each row at random, except neutral. All parts and the label `[n]` of a row are renamed in
    the same way.

    The fusion can then only learn how parts agree and disagree, which holds for any corpus. It cannot learn which
    emotions a corpus confuses, which does not.
    """
    emotions = torch.tensor([index for index in range(LABELS) if index != NEUTRAL])
    order = torch.arange(LABELS).repeat(len(label), 1)
    order[:, emotions] = emotions[torch.rand(len(label), len(emotions)).argsort(1)]
    renamed = tuple(torch.cat([part[:, :LABELS].gather(1, order), part[:, LABELS:]], dim=1) for part in parts)
    return renamed, order.argsort(1).gather(1, label[:, None]).squeeze(1)


def inputs_of(banks: Banks, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(bank.parts[members] for bank, members in zip(banks, rows.members))


def sentiment_of(banks: Banks, rows: Rows) -> Tensor:
    """The sentiment of the words' own label, if there are words. Otherwise the sentiment that goes with the emotion."""
    with_words = rows.present[:, :1] > 0
    by_words, by_voice = (banks[m].sentiment[rows.members[m]] for m in (0, 1))
    by_faces = banks[2].sentiment[rows.members[2]]
    with_voice = rows.present[:, 1:2] > 0
    return torch.from_numpy(np.where(with_words, by_words, np.where(with_voice, by_voice, by_faces))).float()


@torch.no_grad()
def pattern_temperatures(fusion: InteractionFusion, banks: Banks) -> Tensor:
    """`[2, 8]`: for emotion and sentiment, by pattern index. The emotions of a single modality already have a
    temperature."""
    temperature, pairings = torch.ones(2, len(PATTERNS) + 1), Pairings(banks)
    for index, pattern in enumerate(PATTERNS, start=1):
        rows = pairings.draw({pattern: 1.0}, DRAWN_ROWS, np.random.default_rng(index))
        emotion, sentiment = fusion.logits(inputs_of(banks, rows), torch.from_numpy(rows.present))
        if len(pattern) > 1:
            truth = functional.one_hot(torch.from_numpy(rows.label), 7).float()
            temperature[0, index] = best_temperature(emotion, truth)
        if pattern != "T":
            temperature[1, index] = best_temperature(sentiment, sentiment_of(banks, rows))
    return temperature


def product_temperature(banks: Banks, pattern: str) -> float:
    """The temperature that fits the product of the single answers best."""
    rows = Pairings(banks).draw({pattern: 1.0}, DRAWN_ROWS, np.random.default_rng(7))
    shown = [part[:, :LABELS] for part, here in zip(inputs_of(banks, rows), rows.present[0]) if here]
    return best_temperature(sum(shown), functional.one_hot(torch.from_numpy(rows.label), LABELS).float())


@torch.no_grad()
def rehearse(data: Path, runs: Path, held: Held, minutes: float) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """Fits on one half of the corpora and scores on the other, in both directions. Also scores the best single modality
    and the product of all that are present, with its own temperature. Returns the rows, and for each answer of the
    fusion its confidence and whether it was right."""
    rows, confidence, right = [], [], []
    for fitted, scored in (HALVES, HALVES[::-1]):
        heads, _ = balanced_heads(runs, held)
        fit_part_temperatures(heads, held, fitted)
        banks = answers_of(data, heads, held)
        train = tuple(bank.of(*names) for bank, names in zip(banks, fitted))
        test = tuple(bank.of(*names) for bank, names in zip(banks, scored))
        with torch.enable_grad():
            fusion = fit_fusion(train, minutes)
        temperature, pairings = pattern_temperatures(fusion, train)[0], Pairings(test)
        for index, pattern in enumerate(PATTERNS, start=1):
            drawn = pairings.draw({pattern: 1.0}, DRAWN_ROWS, np.random.default_rng(100 + index))
            parts, present = inputs_of(test, drawn), torch.from_numpy(drawn.present)
            emotion = torch.softmax(fusion.logits(parts, present)[0] / temperature[index], 1)
            confidence.append(emotion.amax(1).numpy())
            right.append(emotion.argmax(1).numpy() == drawn.label)
            rows.append(_row(scored, pattern, "fusion", emotion, drawn.label))
            if len(pattern) > 1:
                shown = [part[:, :7] for part, here in zip(parts, drawn.present[0]) if here]
                product = torch.softmax(sum(shown) / product_temperature(train, pattern), 1)
                rows.append(_row(scored, pattern, "product", product, drawn.label))
                singles = [_row(scored, pattern, m, part.exp(), drawn.label) for m, part in zip(pattern, shown)]
                rows.append(max(singles, key=lambda row: row["accuracy"]))
    return rows, np.concatenate(confidence), np.concatenate(right)


def _row(scored: tuple, pattern: str, model: str, probabilities: Tensor, truth: np.ndarray) -> dict:
    given = probabilities.numpy()
    figures = {name: round(value, 4) for name, value in score(given, truth).items()}
    low, high = bootstrap_intervals(truth, given.argmax(1), 7)["accuracy"]
    corpora = " × ".join("+".join(names) for names in scored)
    interval = {"interval": [round(low, 4), round(high, 4)]}
    return {"dataset": corpora, "pattern": pattern, "model": model, "n": len(truth)} | figures | interval


def load_fusion(runs: Path) -> tuple[PartHeads, InteractionFusion, Tensor]:
    """Reads the output of `train_fusion`: heads, fusion, temperatures `[2, 8]`."""
    saved = torch.load(runs / "fusion.pt", weights_only=True)
    heads, fusion = PartHeads(), InteractionFusion()
    heads.load_state_dict(saved["heads"])
    fusion.load_state_dict(saved["fusion"])
    return heads.eval(), fusion.eval(), saved["temperature"]
