"""A voice that is scored on a corpus that it was not trained on, together with its speakers' earlier utterances."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datasets.labels import EMOTIONS
from datasets.prepared_voices import CorpusVoices
from datasets.speaker_histories import SpeakerHistories
from datasets.voice_corpora import TEST_SPEAKERS, is_held_out, is_test_speaker
from stages.voices import VoiceRecipe, balanced_shares, fit_voices, leave_one_out, logits_of

QUICK = VoiceRecipe(steps=60, input_dropout=0.2)
NEUTRAL = EMOTIONS.index("neutral")


def corpus(centres: np.ndarray, labels: np.ndarray, seed: int, shift: float) -> CorpusVoices:
    random = np.random.default_rng(seed)
    features = centres[labels] + random.standard_normal((len(labels), 896)) + shift * random.standard_normal(896)
    conditions = np.array(["clean", "telephone"])[np.arange(len(labels)) // 7 % 2]
    return CorpusVoices(features.astype(np.float32), labels, labels % 3, conditions, np.arange(len(labels)))


@pytest.fixture(scope="module")
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
    rows = list(leave_one_out(voices, QUICK))
    assert list(dict.fromkeys(row["dataset"] for row in rows)) == list(voices)
    first = [row for row in rows if row["history"] == "first"]
    assert all(row["uarKnown"] > 0.9 and row["temperature"] > 0 for row in first)
    assert first[0]["n"] == (voices["first"].conditions == "clean").sum()
    of_first = [row["history"] for row in rows if row["dataset"] == "first"]
    assert of_first == ["first", "5th, mostly neutral", "20th, mostly neutral", "5th, constant", "20th, constant"]


def test_labels_that_no_training_corpus_has_are_left_out_of_the_recall_over_known_ones(voices):
    fewer = {"first": voices["first"], "fewer labels": voices["fewer labels"]}
    row = next(iter(leave_one_out(fewer, QUICK)))
    assert row["uarKnown"] > 0.9 > row["uar"]


def test_the_same_seed_gives_the_same_voice(voices):
    first, second = (logits_of(fit_voices(voices, QUICK), voices["first"]) for _ in range(2))
    assert torch.equal(first, second)


@pytest.fixture(scope="module")
def speaking() -> tuple[SpeakerHistories, np.ndarray, np.ndarray]:
    labels = np.arange(280) % 7
    speakers = np.arange(280) // 7 % 4
    conditions = np.where(np.arange(280) < 140, "clean", "telephone")
    calls = np.char.add(speakers.astype(str), conditions)
    return SpeakerHistories(speakers, conditions, labels), labels, calls


def test_a_history_is_of_the_same_speaker_on_the_same_line(speaking):
    histories, _, calls = speaking
    drawn = histories.draw(np.arange(280), np.random.default_rng(0), count=5)
    assert (calls[drawn.rows] == calls[:, None]).all()


def test_the_kind_of_a_call_says_which_moods_came_before(speaking):
    histories, labels, _ = speaking
    rows, random = np.arange(280), np.random.default_rng(0)
    constant = histories.draw(rows, random, 8, "constant")
    assert (labels[constant.rows] == labels[:, None]).all()
    neutral = histories.draw(rows, random, 8, "mostly neutral")
    assert 0.7 < (labels[neutral.rows] == NEUTRAL).mean() < 0.85


def test_some_utterances_are_the_first_of_their_speaker_and_few_come_late(speaking):
    histories, _, _ = speaking
    drawn = histories.draw(np.zeros(4000, int), np.random.default_rng(0))
    assert 0.45 < (drawn.counts == 0).mean() < 0.55
    assert drawn.counts.max() == 20 and (drawn.counts > 10).mean() < 0.25


def test_the_mean_is_over_the_utterances_before_and_zero_without_any():
    histories = SpeakerHistories(np.zeros(3, int), np.zeros(3, int), np.array([0, 1, NEUTRAL]))
    features = torch.tensor([[1.0], [2.0], [6.0]])
    mean, counts = histories.draw(np.array([0, 1]), np.random.default_rng(0), 4, "constant").mean_of(features)
    assert mean.flatten().tolist() == [1, 2] and counts.tolist() == [4, 4]
    mean, counts = histories.draw(np.array([0]), np.random.default_rng(0), 0).mean_of(features)
    assert mean.tolist() == [[0]] and counts.tolist() == [0]


def test_speakers_that_are_kept_for_tests_are_known_by_corpus_and_name():
    assert is_test_speaker(np.array(["nemo/MP0", "emovo/MP0", "ravdess/21", "ravdess/19"])).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert is_held_out(np.array(["ravdess/19", "ravdess/18"])).tolist() == [True, False]
    assert set(TEST_SPEAKERS) == {"ravdess", "nemo", "emovo", "urdu"}
