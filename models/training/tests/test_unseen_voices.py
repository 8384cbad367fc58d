"""A voice that is scored on a corpus which it was not trained on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prepare import CorpusVoices
from stages.unseen_voices import VoiceRecipe, balanced_shares, fit_corpora, leave_one_out, logits_of

QUICK = VoiceRecipe(steps=60, input_dropout=0.2)


def corpus(centres: np.ndarray, labels: np.ndarray, seed: int, shift: float) -> CorpusVoices:
    random = np.random.default_rng(seed)
    features = centres[labels] + random.standard_normal((len(labels), 896)) + shift * random.standard_normal(896)
    conditions = np.array(["clean", "telephone"])[np.arange(len(labels)) // 7 % 2]
    return CorpusVoices(features.astype(np.float32), labels, labels % 3, conditions, np.arange(len(labels)))


@pytest.fixture
def voices() -> dict[str, CorpusVoices]:
    torch.set_num_threads(1)
    centres = np.random.default_rng(0).standard_normal((7, 896))
    whole = np.arange(140) % 7
    return {
        "first": corpus(centres, whole, 1, 0.1),
        "second": corpus(centres, whole, 2, 0.1),
        "fewer labels": corpus(centres, np.arange(120) % 4, 3, 0.1),
    }


def test_every_label_is_drawn_equally_often_and_from_each_corpus_that_has_it():
    labels = np.array([0, 0, 0, 1, 0, 1, 1])
    corpora = np.array([0, 0, 0, 0, 1, 1, 1])
    shares = balanced_shares(labels, corpora)
    assert shares.sum() == pytest.approx(1)
    for label in (0, 1):
        for one in (0, 1):
            assert shares[(labels == label) & (corpora == one)].sum() == pytest.approx(1 / 4)
    assert balanced_shares(np.array([0, 1, 1]), np.array([0, 0, 1]))[0] == pytest.approx(1 / 2)


def test_what_corpora_share_is_recognised_in_one_that_was_left_out(voices):
    rows = {row["dataset"]: row for row in leave_one_out(voices, QUICK)}
    assert list(rows) == list(voices)
    assert all(row["uarKnown"] > 0.9 and row["temperature"] > 0 for row in rows.values())
    assert rows["first"]["n"] == (voices["first"].conditions == "clean").sum()


def test_labels_that_no_training_corpus_has_are_left_out_of_the_recall_over_known_ones(voices):
    fewer = {"first": voices["first"], "fewer labels": voices["fewer labels"]}
    row = next(iter(leave_one_out(fewer, QUICK)))
    assert row["uarKnown"] > 0.9 > row["uar"]


def test_the_same_seed_gives_the_same_voice(voices):
    first, second = (logits_of(fit_corpora(voices, QUICK), voices["first"]) for _ in range(2))
    assert torch.equal(first, second)
