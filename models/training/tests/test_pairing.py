"""The synthetic pairings that the fusion learns from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datasets.labels import EMOTIONS
from stages.pairing import NEUTRAL, NEUTRAL_SHARE, PATTERN_PRESENCE, Answers, Pairings

RANDOM = np.random.default_rng(0)


def answers(labels: np.ndarray, corpora: dict[str, float]) -> Answers:
    names = np.array(list(corpora))[np.arange(len(labels)) // 7 % len(corpora)]
    return Answers(torch.zeros(len(labels), 7), labels, names, np.eye(7)[labels], corpora)


BANKS = (
    answers(np.arange(140) % 7, {"often": 0.8, "seldom": 0.2}),
    answers(np.arange(70) % 7, {"voices": 1.0}),
    answers(np.arange(35) % 7, {"faces": 1.0}),
)


def drawn(shares: dict[str, float], count: int = 4000):
    rows = Pairings(BANKS).draw(shares, count, RANDOM)
    said = np.stack([bank.label[members] for bank, members in zip(BANKS, rows.members)], 1)
    return rows, said


def test_patterns_come_as_often_as_asked():
    rows, _ = drawn({"T": 0.3, "AV": 0.3, "TAV": 0.4})
    share = (rows.present == PATTERN_PRESENCE["AV"]).all(1).mean()
    assert 0.26 < share < 0.34
    assert not (rows.present == PATTERN_PRESENCE["A"]).all(1).any()


@pytest.mark.parametrize("pattern", PATTERN_PRESENCE)
def test_some_present_part_of_an_emotional_utterance_shows_it_and_the_others_are_neutral(pattern):
    rows, said = drawn({pattern: 1.0})
    emotional = rows.label != NEUTRAL
    present = rows.present[0] > 0
    shows = said[emotional][:, present] == rows.label[emotional, None]
    assert shows.any(1).all()
    assert (shows | (said[emotional][:, present] == NEUTRAL)).all()


def test_half_of_the_pairs_agree_and_a_third_of_the_triplets():
    rows, said = drawn({"TA": 1.0})
    emotional = rows.label != NEUTRAL
    agree = (said[emotional, :2] == rows.label[emotional, None]).all(1).mean()
    assert 0.5 < agree < 0.58
    rows, said = drawn({"TAV": 1.0})
    emotional = rows.label != NEUTRAL
    assert 0.31 < (said[emotional] == rows.label[emotional, None]).all(1).mean() < 0.4


def test_few_parts_of_a_neutral_utterance_look_like_something_else():
    rows, said = drawn({"TAV": 1.0})
    assert (rows.label == NEUTRAL).mean() == pytest.approx(NEUTRAL_SHARE, abs=0.03)
    assert 0.06 < (said[rows.label == NEUTRAL] != NEUTRAL).mean() < 0.14


def test_a_corpus_is_met_as_often_as_its_weight_says():
    rows, _ = drawn({"T": 1.0})
    assert 0.75 < (BANKS[0].corpus[rows.members[0]] == "often").mean() < 0.85


def test_a_label_that_some_modality_lacks_is_not_drawn():
    without = EMOTIONS.index("disgust")
    labels = np.array([label for label in range(7) if label != without] * 5)
    rows = Pairings((BANKS[0], answers(labels, {"voices": 1.0}), BANKS[2])).draw({"TAV": 1.0}, 2000, RANDOM)
    assert set(rows.label) == set(range(7)) - {without}


def test_some_corpora_can_be_taken_alone():
    some = BANKS[0].of("seldom")
    assert set(some.corpus) == {"seldom"} and len(some.parts) == len(some.label) == 70
