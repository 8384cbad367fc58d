"""The synthetic pairings that the fusion learns from."""

from __future__ import annotations

import numpy as np

from datasets.labels import EMOTIONS
from stages.pairing import PATTERN_PRESENCE, Bank, Pairings

RANDOM = np.random.default_rng(0)


def bank(labels: np.ndarray, corpora: int = 1) -> Bank:
    sentiment = np.eye(7, dtype=np.float32)[np.full(len(labels), 6)]
    return Bank(labels, np.arange(len(labels)) // 7 % corpora, (1 / corpora,) * corpora, sentiment)


def labels(count: int = 140) -> np.ndarray:
    return np.arange(count) % 7


def pairings(**changes) -> Pairings:
    options = {"shares": {"T": 0.3, "AV": 0.3, "TAV": 0.4}, "flatten": 0.0, "sentiment_of_emotion": np.eye(7, dtype=np.float32)}
    return Pairings((bank(labels(), 2), bank(labels(70)), bank(labels(35))), **(options | changes))


def test_every_member_of_a_row_carries_the_row_label():
    drawn = pairings()
    rows = drawn.draw(500, RANDOM)
    for modality in range(3):
        assert (drawn.banks[modality].label[rows.members[modality]] == rows.label).all()


def test_patterns_come_as_often_as_asked():
    rows = pairings().draw(4000, RANDOM)
    share = (rows.present == PATTERN_PRESENCE["AV"]).all(1).mean()
    assert 0.26 < share < 0.34
    assert not (rows.present == PATTERN_PRESENCE["A"]).all(1).any()


def test_both_corpora_of_a_bank_are_met():
    drawn = pairings()
    corpus = drawn.banks[0].corpus[drawn.draw(2000, RANDOM).members[0]]
    assert 0.4 < corpus.mean() < 0.6


def test_labels_keep_their_shares_or_are_evened():
    uneven = np.concatenate([np.full(90, 3), labels(7)])
    banks = (bank(uneven), bank(uneven), bank(uneven))
    shares = {"TAV": 1.0}
    of_emotion = np.eye(7, dtype=np.float32)
    kept = Pairings(banks, shares, 0.0, of_emotion).draw(3000, RANDOM)
    evened = Pairings(banks, shares, 1.0, of_emotion).draw(3000, RANDOM)
    assert (kept.label == 3).mean() > 0.88
    assert 0.1 < (evened.label == 3).mean() < 0.18


def test_an_opinion_meets_emotions_of_its_polarity_and_is_unlabelled_alone():
    opinions = Bank(np.full(20, -1), np.zeros(20, int), (1.0,), np.eye(7, dtype=np.float32)[np.full(20, 0)])
    rows = pairings(opinions=opinions, opinion_share=0.5).draw(2000, RANDOM)
    spoken = rows.opinion >= 0
    assert 0.25 < spoken.mean() < 0.45
    negative = {EMOTIONS.index(name) for name in ("anger", "disgust", "fear", "sadness")}
    assert set(rows.label[spoken].tolist()) == negative
    assert (rows.sentiment[spoken].argmax(1) == 0).all()
    alone = spoken & ~rows.present[:, 1:].any(1)
    assert not rows.emotion_known[alone].any() and rows.emotion_known[~alone].all()


def test_without_words_the_sentiment_is_the_one_that_the_emotion_suggests():
    rows = pairings().draw(500, RANDOM)
    silent = rows.present[:, 0] == 0
    assert (rows.sentiment[silent].argmax(1) == rows.label[silent]).all()
    assert (rows.sentiment[~silent].argmax(1) == 6).all()
