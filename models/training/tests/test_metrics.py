"""Metrics compared with values computed by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from evaluation.calibration import best_temperature, best_temperature_of
from evaluation.confusion_picture import confusion_svg
from evaluation.metrics import (
    bootstrap_intervals,
    confusion,
    error_when_calibrated,
    expected_calibration_error,
    score,
)
from stages.schedule import Schedule


def one_hot(guess: list[int], confidence: float = 1.0) -> np.ndarray:
    rest = (1 - confidence) / 2
    return np.where(np.eye(3)[guess] > 0, confidence, rest)


def test_scores_of_a_small_table():
    truth = np.array([0, 0, 0, 1, 1, 2])
    figures = score(one_hot([0, 0, 1, 1, 0, 2]), truth)
    assert figures["accuracy"] == pytest.approx(4 / 6)
    assert figures["weightedRecall"] == pytest.approx(4 / 6)
    assert figures["weightedPrecision"] == pytest.approx(2 / 3 * 3 / 6 + 1 / 2 * 2 / 6 + 1 / 6)
    assert figures["weightedF1"] == pytest.approx(2 / 3 * 3 / 6 + 1 / 2 * 2 / 6 + 1 / 6)
    assert figures["uar"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_a_class_that_never_occurs_is_left_out_of_the_unweighted_recall():
    assert score(one_hot([0, 1]), np.array([0, 1]))["uar"] == 1


def test_rows_of_the_confusion_are_the_truth():
    assert confusion(np.array([0, 0]), np.array([0, 2]), 3)[0].tolist() == [1, 0, 1]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    truth = np.array([0, 0, 1, 1])
    assert expected_calibration_error(one_hot([0, 0, 0, 0], 0.8), truth) == pytest.approx(0.3)
    assert expected_calibration_error(one_hot([0, 0, 1, 1], 1.0), truth) == pytest.approx(0)


def test_chance_alone_shows_a_calibration_error_that_shrinks_with_the_number_of_utterances():
    probabilities = np.random.default_rng(1).dirichlet(np.ones(5), 10_000)
    few, many = error_when_calibrated(probabilities[:200]), error_when_calibrated(probabilities)
    assert 0.04 < few < 0.10
    assert many == pytest.approx(few * (200 / 10_000) ** 0.5, rel=0.3)
    assert error_when_calibrated(np.eye(5)[[0, 1, 2]]) == 0


def test_the_temperature_undoes_an_overconfident_scale():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 7, generator=generator) * 2
    target = torch.eye(7)[torch.multinomial(torch.softmax(logits, 1), 1, generator=generator)[:, 0]]
    assert best_temperature(logits * 3, target) == pytest.approx(3, rel=0.1)
    labels = target.argmax(1)
    same = best_temperature_of(lambda temperature: torch.softmax(logits * 3 / temperature, 1), labels)
    assert same == pytest.approx(best_temperature(logits * 3, target))


def test_intervals_hold_the_figure_narrow_with_more_utterances_and_repeat():
    truth = np.arange(4000) % 4
    guess = np.where(np.arange(4000) % 10 < 7, truth, (truth + 1) % 4)
    low, high = bootstrap_intervals(truth, guess, 4)["accuracy"]
    assert low < 0.7 < high
    # The interval of a binomial share: 0.7 ± 1.96 · √(0.21 / 4000).
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.21 / 4000), rel=0.15)
    few = bootstrap_intervals(truth[:100], guess[:100], 4)
    assert few["accuracy"][1] - few["accuracy"][0] > 4 * (high - low)
    assert few == bootstrap_intervals(truth[:100], guess[:100], 4)


def test_the_confusion_picture_shows_each_row_s_percents_and_is_an_image():
    svg = confusion_svg(np.array([[3, 1], [0, 5]]), ["joy", "a<b"], "MELD & more")
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "MELD & more"
    assert [text for text in texts if text is not None and text.isdigit()] == ["75", "25", "0", "100"]
    assert texts.count("a<b") == 2
    tips = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert tips[0] == "MELD & more"
    assert tips[2] == "joy taken for a<b: 1"


def test_the_learning_rate_rises_then_falls_to_zero():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = Schedule(optimizer, steps=100, minutes=60)
    rates = []
    while schedule.step():
        rates.append(optimizer.param_groups[0]["lr"])
    assert len(rates) == 99
    assert max(rates) > 0.9
    assert rates.index(max(rates)) < 10
    assert rates[-1] < 0.05


def test_training_ends_when_its_minutes_do():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    assert not Schedule(optimizer, steps=10**9, minutes=0.0).step()
