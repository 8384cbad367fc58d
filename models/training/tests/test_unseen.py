"""Pairings of corpora that a bundle was not trained on, and the metrics of its confidence about them."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.faces import load_muxspace
from datasets.labels import EMOTIONS
from datasets.text import load_dailydialog
from evaluation.metrics import log_loss, score
from evaluation.unseen import PAIRS_PER_LABEL, agreeing, disagreeing

NEUTRAL = EMOTIONS.index("neutral")
LABELS = {
    "text": np.arange(70) % 7,
    "audio": np.where(np.arange(60) % 6 == 1, NEUTRAL, np.arange(60) % 6),
    "video": np.arange(700) % 7,
}
"""No voice has disgust or surprise."""


def test_the_parts_of_an_agreeing_pair_all_carry_its_label():
    truth, rows = agreeing(LABELS)
    assert set(truth) == set(LABELS["audio"])
    assert all((np.bincount(truth)[list(set(truth))]) == PAIRS_PER_LABEL)
    for name, part in LABELS.items():
        assert (part[rows[name]] == truth).all()


def test_of_a_disagreeing_pair_one_part_is_neutral_and_the_others_carry_its_label():
    truth, rows = disagreeing(LABELS)
    said = np.stack([part[rows[name]] for name, part in LABELS.items()], 1)
    assert NEUTRAL not in truth
    assert ((said == NEUTRAL).sum(1) == 1).all()
    assert ((said == truth[:, None]).sum(1) == 2).all()
    assert len(set((said == NEUTRAL).argmax(1))) == 3


def test_a_single_part_has_nothing_to_disagree_with():
    truth, rows = disagreeing({"text": LABELS["text"]})
    assert (LABELS["text"][rows["text"]] == truth).all()


def test_pairs_are_the_same_every_time():
    assert (agreeing(LABELS)[1]["video"] == agreeing(LABELS)[1]["video"]).all()


def test_a_uniform_guess_has_the_log_loss_of_chance_and_a_sure_wrong_one_far_more():
    truth = np.array([0, 3])
    assert score(np.full((2, 7), 1 / 7), truth)["logLoss"] == pytest.approx(np.log(7))
    sure = np.full((2, 7), 0.01)
    sure[:, 5] = 0.94
    assert log_loss(sure, truth) == pytest.approx(-np.log(0.01))
    assert score(sure, truth)["meanConfidence"] == pytest.approx(0.94)


def test_dailydialog_is_read_in_order(tmp_path):
    header = "dialogue\tturn\tspeaker\temotion\ttext"
    (tmp_path / "dialogues.tsv").write_text(f'{header}\n0\t0\tA\tneutral\t A "bank"?\n0\t1\tB\tanger\tGo away .\n')
    turns = load_dailydialog(tmp_path)
    assert turns.texts == ['A "bank"?', "Go away ."]
    assert [EMOTIONS[label] for label in turns.emotion_index()] == ["neutral", "anger"]


def test_muxspace_gives_the_middle_of_its_pictures_under_the_products_labels(tmp_path):
    images = np.zeros((7, 96, 96), np.uint8)
    images[:, 10:-10, 10:-10] = 200
    np.savez(tmp_path / "faces.npz", images=images, labels=np.arange(7, dtype=np.uint8))
    halves = [load_muxspace(tmp_path, split) for split in ("val", "test")]
    assert [faces.images.shape for faces in halves] == [(4, 76, 76), (3, 76, 76)]
    assert all((faces.images == 200).all() for faces in halves)
    assert [[EMOTIONS[label] for label in faces.labels] for faces in halves] == [list(EMOTIONS[::2]), list(EMOTIONS[1::2])]
