"""The thresholds of the operating points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from architectures.interaction_fusion import PartHeads
from datasets.labels import EMOTIONS
from stages.operating_points import (
    LEAST_RECALL,
    balance_words,
    calibrate_dissatisfaction,
    certain_from,
    dissatisfied_from,
    read_points,
    write_points,
)

RANDOM = np.random.default_rng(0)
ANGER, NEUTRAL = EMOTIONS.index("anger"), EMOTIONS.index("neutral")


def test_words_that_call_most_anger_neutral_are_balanced_until_half_of_it_is_found():
    truth = RANDOM.choice(7, 3000, p=[0.12, 0.05, 0.05, 0.14, 0.5, 0.06, 0.08])
    logits = RANDOM.normal(0, 1, (3000, 7))
    logits[np.arange(3000), truth] += 2.0
    logits[:, NEUTRAL] += 2.0
    before = (logits.argmax(1)[truth == ANGER] == ANGER).mean()
    offsets = balance_words(torch.from_numpy(logits), truth)
    found = (logits + offsets).argmax(1)
    assert before < 0.5 and offsets[NEUTRAL] == 0
    for name, least in LEAST_RECALL.items():
        label = EMOTIONS.index(name)
        assert (found[truth == label] == label).mean() >= least - 0.03


def test_certain_answers_are_right_as_often_as_they_have_to_be():
    confidence = RANDOM.random(5000)
    right = RANDOM.random(5000) < confidence
    threshold = certain_from(confidence, right)
    assert right[confidence >= threshold].mean() == pytest.approx(0.7, abs=0.01)
    assert certain_from(confidence, np.zeros(5000, bool)) == 1


def test_one_in_twenty_of_the_satisfied_is_a_false_alarm():
    truth = RANDOM.integers(0, 2, 4000)
    probabilities = np.clip(RANDOM.normal(0.3 + 0.3 * truth, 0.15), 0, 1)
    threshold = dissatisfied_from(probabilities, truth, np.ones(4000))
    assert (probabilities[truth == 0] > threshold).mean() == pytest.approx(0.05, abs=0.01)


def test_dissatisfaction_is_as_probable_as_it_is_said_to_be_after_calibration():
    torch.manual_seed(0)
    heads = PartHeads()
    embeddings = torch.randn(6000, 384)
    with torch.no_grad():
        truth = torch.bernoulli(heads.dissatisfied(embeddings)).numpy()
        heads.dissatisfaction.weight.mul_(5)
        heads.dissatisfaction.bias.add_(2)
        calibrate_dissatisfaction(heads, embeddings, truth, np.ones(6000))
        said = heads.dissatisfied(embeddings).numpy()
    assert said.mean() == pytest.approx(truth.mean(), abs=0.01)
    high = said > 0.6
    assert said[high].mean() == pytest.approx(truth[high].mean(), abs=0.03)


def test_points_are_read_as_they_were_written(tmp_path):
    write_points(tmp_path, 0.61239, 0.42, np.array([0.5, 1.0, 0.25, 0, 0, 0, 0]))
    balanced, spoken = read_points(tmp_path)
    assert balanced == {"name": "balanced", "emotionOffsets": [0.0] * 7, "certainFrom": 0.612, "dissatisfactionFrom": 0.42}
    assert spoken["name"] == "as-spoken" and spoken["emotionOffsets"][:3] == [-0.5, -1.0, -0.25]
