"""What the fusion learns from answers about unseen people."""

from __future__ import annotations

import numpy as np
import torch

from datasets.labels import EMOTIONS
from stages.fusion import fit_fusion, inputs_of, renamed_emotions
from stages.pairing import NEUTRAL, Answers, Pairings


def test_emotions_under_each_other_s_names_keep_what_a_part_says_of_the_label():
    torch.manual_seed(0)
    parts = (torch.randn(500, 14), torch.randn(500, 7), torch.randn(500, 7))
    label = torch.randint(7, (500,))
    renamed, other = renamed_emotions(parts, label)
    rows = torch.arange(500)
    for part, new in zip(parts, renamed):
        assert torch.equal(part[rows, label], new[rows, other])
        assert torch.equal(part[:, NEUTRAL], new[:, NEUTRAL]) and torch.equal(part[:, 7:], new[:, 7:])
        assert torch.equal(part[:, :7].sort(1).values, new[:, :7].sort(1).values)
    assert ((label == NEUTRAL) == (other == NEUTRAL)).all() and (label != other).float().mean() > 0.5


def test_a_part_that_is_neutral_does_not_outvote_one_that_shows_something():
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    labels = np.arange(1400) % 7

    def answers(sentiments: int) -> Answers:
        logits = torch.randn(1400, 7) * 0.7 + 2.0 * torch.eye(7)[labels]
        said = torch.cat([torch.log_softmax(logits, 1), torch.log_softmax(torch.randn(1400, sentiments), 1)], 1)
        return Answers(said[:, : 7 + sentiments], labels, np.full(1400, "one"), np.full((1400, 7), 1 / 7), {"one": 1.0})

    banks = (answers(7), answers(0), answers(0))
    fusion = fit_fusion(banks, minutes=60, steps=250)
    rows = Pairings(banks).draw({"TA": 1.0}, 4000, random)
    with torch.no_grad():
        fused = torch.softmax(fusion.logits(inputs_of(banks, rows), torch.from_numpy(rows.present))[0], 1)
    product = torch.softmax(sum(part[:, :7] for part in inputs_of(banks, rows)[:2]), 1)
    truth, each = torch.from_numpy(rows.label), torch.arange(4000)
    assert -fused[each, truth].log().mean() < -product[each, truth].log().mean() - 0.02
    assert EMOTIONS[NEUTRAL] == "neutral"
