"""The recipe: objectives, splits, configurations, and runs that can be interrupted."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest
import torch
from tensorboardX.proto.event_pb2 import Event
from utterances import VOCABULARY, small_encoder

from datasets.labels import EMOTIONS
from recipe.config import RowConfig, read_config
from recipe.examples import Examples
from recipe.objectives import OBJECTIVES, example_weights
from recipe.run_log import write_log
from recipe.splits import grouped, split_rows, stratified
from recipe.training import Training, predict


def make_examples(count: int = 60, seed: int = 0, splits: tuple[str, ...] = ("",)) -> Examples:
    """Utterances whose class shows in their first word, their voice's first feature and their faces' brightness."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    audio = random.standard_normal((count, 128)).astype(np.float32)
    audio[:, 0] += labels * 5
    faces = random.integers(0, 60, (count, 25, 64, 64), dtype=np.uint8) + (labels * 80).astype(np.uint8)[:, None, None, None]
    tokens = [[1, 10 + label, *random.integers(20, VOCABULARY, random.integers(1, 6)).tolist(), 2] for label in labels]
    return Examples(
        tokens,
        audio,
        faces,
        np.arange(count),
        np.full(count, 4),
        np.ones((count, 3), np.float32),
        labels,
        np.resize(splits, count),
        np.array([f"speaker-{row // 4}" for row in range(count)]),
        EMOTIONS[:3],
    )


def config(**changes) -> RowConfig:
    options: dict[str, Any] = {"name": "small", "corpus": "made-up", "model": "interaction", "objective": "cross-entropy"}
    return RowConfig(**(options | {"epochs": 4, "batch": 16, "learning_rate": 1e-3, "options": {"width": 16}} | changes))


def training(folder, row: RowConfig, examples: Examples, protocol: str = "honest") -> Training:
    split = split_rows(examples, protocol, row.paper_split, row.seed)
    return Training(row, protocol, examples, split, folder, encoder=lambda: small_encoder(16, dropout=0.1))


@pytest.mark.parametrize(
    "row",
    [
        config(modalities="TA"),
        config(model="cross-modal-bert", objective="bce", modalities="TA", options={"audio_rows": 50}),
        config(model="video-only", modalities="V", options={}, epochs=2),
    ],
    ids=lambda row: row.model,
)
def test_a_resumed_run_ends_with_the_same_bits_as_an_uninterrupted_one(tmp_path, row):
    examples = make_examples(40)
    torch.set_num_threads(1)
    whole = training(tmp_path / "whole", row, examples).run()
    training(tmp_path / "cut", row, examples).run(epochs=1)
    torch.manual_seed(12345)
    torch.randn(7)
    resumed = training(tmp_path / "cut", row, examples)
    continued = resumed.run()
    for name in ("last.pt", "best.pt"):
        one, other = (torch.load(tmp_path / run / name, weights_only=True)["model"] for run in ("whole", "cut"))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    untimed = [[{k: v for k, v in line.items() if k != "seconds"} for line in run.history] for run in (whole, continued)]
    assert untimed[0] == untimed[1]
    assert len(untimed[0]) == row.epochs
    assert untimed[0][0]["loss"] != untimed[0][1]["loss"]


def test_a_run_interrupted_within_an_epoch_repeats_that_epoch(tmp_path, monkeypatch):
    examples, row = make_examples(40), config(modalities="T")
    whole = training(tmp_path / "whole", row, examples).run()
    cut = training(tmp_path / "cut", row, examples)
    steps = 0
    step = cut.optimizer.step

    def interrupted(*args, **kwargs):
        nonlocal steps
        steps += 1
        if steps == 5:
            raise KeyboardInterrupt
        return step(*args, **kwargs)

    monkeypatch.setattr(cut.optimizer, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    continued = training(tmp_path / "cut", row, examples).run()
    assert [line["loss"] for line in whole.history] == [line["loss"] for line in continued.history]


def test_another_run_s_folder_is_refused_but_more_epochs_are_not(tmp_path):
    examples = make_examples(40)
    training(tmp_path, config(modalities="T", epochs=1), examples).run()
    with pytest.raises(ValueError, match="another run"):
        training(tmp_path, config(modalities="T", seed=8), examples).run()
    assert len(training(tmp_path, config(modalities="T", epochs=2), examples).run().history) == 2


def test_the_best_epoch_on_the_selection_rows_is_the_one_that_is_given_back(tmp_path):
    examples = make_examples(120, splits=("train", "train", "train", "val", "test"))
    row = config(modalities="T", learning_rate=5e-3, epochs=12)
    run = training(tmp_path, row, examples)
    trained = run.run()
    accuracies = [line["select/accuracy"] for line in trained.history]
    assert accuracies[trained.best_epoch] == max(accuracies) > 0.9
    outputs = predict(trained.model, run.select)
    assert (outputs.argmax(1).numpy() == run.select.labels).mean() == pytest.approx(max(accuracies))


def test_the_log_has_one_row_and_one_step_an_epoch_however_often_it_is_written(tmp_path):
    history = [{"epoch": 0, "loss": 1.5, "select/accuracy": 0.25}, {"epoch": 1, "loss": 1.0, "select/accuracy": 0.5}]
    write_log(tmp_path, history[:1])
    write_log(tmp_path, history)
    with open(tmp_path / "epochs.csv", encoding="utf-8") as file:
        assert [float(row["loss"]) for row in csv.DictReader(file)] == [1.5, 1.0]
    (file,) = (tmp_path / "events").glob("events.out.tfevents.*")
    assert scalars(file.read_bytes()) == {
        ("loss", 0): 1.5,
        ("loss", 1): 1.0,
        ("select/accuracy", 0): 0.25,
        ("select/accuracy", 1): 0.5,
    }


def scalars(content: bytes) -> dict[tuple[str, int], float]:
    """TensorBoard's records: length u64, its checksum u32, an event, its checksum u32."""
    found: dict[tuple[str, int], float] = {}
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + length])
        found |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
        at += length + 16
    return found


def test_a_stratified_split_takes_the_same_share_of_every_class():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    train, test = stratified(labels, 0.2, seed=1)
    assert np.bincount(labels[test]).tolist() == [20, 10, 2]
    assert sorted([*train, *test]) == list(range(160))
    assert not np.array_equal(test, stratified(labels, 0.2, seed=2)[1])


def test_a_grouped_split_divides_no_group_and_keeps_the_shares_of_sizes_and_classes():
    random = np.random.default_rng(0)
    groups = random.integers(0, 120, 3000)
    labels = np.where(random.random(3000) < 0.15, 1, 0)
    parts = grouped(labels, groups, (0.7, 0.1, 0.2), seed=3)
    assert sorted(np.concatenate(parts)) == list(range(3000))
    held = [set(groups[part]) for part in parts]
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
    for part, share in zip(parts, (0.7, 0.1, 0.2)):
        assert len(part) / 3000 == pytest.approx(share, abs=0.03)
        assert labels[part].mean() == pytest.approx(labels.mean(), abs=0.03)


def test_the_paper_protocol_picks_on_the_test_rows_and_the_honest_one_never_sees_them():
    examples = make_examples(200)
    paper = split_rows(examples, "paper", "stratified", seed=7)
    assert np.array_equal(paper.select, paper.test)
    honest = split_rows(examples, "honest", "stratified", seed=7)
    assert not set(honest.test) & (set(honest.select) | set(honest.train))
    assert not set(honest.select) & set(honest.train)
    assert not set(examples.groups[honest.train]) & set(examples.groups[honest.test])


def test_a_corpus_s_own_splits_are_kept():
    examples = make_examples(60, splits=("train", "train", "train", "val", "test", "test"))
    honest = split_rows(examples, "honest", "stratified", seed=7)
    assert [len(part) for part in (honest.train, honest.select, honest.test)] == [30, 10, 20]
    official = split_rows(examples, "paper", "official", seed=7)
    assert set(examples.splits[official.train]) == {"train"} and set(examples.splits[official.test]) == {"test"}
    with pytest.raises(ValueError, match="no train, val and test"):
        split_rows(make_examples(20), "paper", "official", seed=7)


def test_binary_cross_entropy_and_cross_entropy_by_hand():
    outputs, labels = torch.tensor([[0.0, 0.0, 2.0]]), torch.tensor([2])
    assert OBJECTIVES["cross-entropy"].loss(outputs, labels).item() == pytest.approx(-2 + np.log(2 + np.exp(2)))
    expected = (2 * np.log(2) + np.log(1 + np.exp(-2))) / 3
    assert OBJECTIVES["bce"].loss(outputs, labels).item() == pytest.approx(expected)
    for name in ("bce", "cross-entropy"):
        probabilities = OBJECTIVES[name].probabilities(outputs)
        assert probabilities.sum().item() == pytest.approx(1)
        flatter = OBJECTIVES[name].probabilities(outputs, temperature=4.0)
        assert flatter.argmax().item() == 2 and flatter.max() < probabilities.max()


def test_regression_is_half_the_square_and_rounds_to_its_class():
    objective = OBJECTIVES["regression"]
    outputs = torch.tensor([[-2.5], [0.4], [1.5], [9.0]])
    assert (objective.probabilities(outputs).argmax(1) - 3).tolist() == [-3, 0, 2, 3]
    assert objective.loss(outputs, torch.tensor([0, 3, 5, 6])).tolist() == pytest.approx([0.125, 0.08, 0.125, 18.0])
    with pytest.raises(ValueError, match="−3…3"):
        objective.outputs(6)


def test_balance_weighs_rare_classes_up_and_leaves_the_loss_s_scale():
    labels = torch.tensor([0] * 8 + [1] * 2)
    assert example_weights(labels, 3, 0.0).tolist() == [1, 1, 0]
    even = example_weights(labels, 3, 1.0)
    assert (even[0] * 8).item() == pytest.approx((even[1] * 2).item())
    assert even[labels].mean().item() == pytest.approx(1)


def test_an_epoch_has_every_utterance_once_and_pads_little():
    examples = make_examples(300)
    drawn = list(examples.batches(8, np.random.default_rng(1)))
    assert sorted(label for _, labels in drawn for label in labels.tolist()) == sorted(examples.labels.tolist())
    share = sum(int(batch.mask.sum()) for batch, _ in drawn) / sum(batch.mask.numel() for batch, _ in drawn)
    standing = list(examples.batches(8))
    assert share > sum(int(batch.mask.sum()) for batch, _ in standing) / sum(b.mask.numel() for b, _ in standing)


def test_modalities_outside_of_the_row_are_absent():
    batch, _ = next(make_examples(8).seen_as("TV").batches(8))
    assert batch.present.tolist() == [[1, 0, 1]] * 8
    assert len(batch) == 8


def test_a_configuration_is_read_and_a_key_that_means_nothing_refused(tmp_path):
    file = tmp_path / "meld-interaction.toml"
    file.write_text('corpus = "meld"\nmodel = "interaction"\nobjective = "cross-entropy"\n[options]\nwidth = 64\n')
    row = read_config(file, seed=9)
    assert (row.name, row.seed, row.options) == ("meld-interaction", 9, {"width": 64})
    assert (row.learning_rate, row.batch, row.epochs) == (2e-6, 24, 80)
    file.write_text('corpus = "meld"\nmodel = "interaction"\nobjective = "cross-entropy"\nlr = 1\n')
    with pytest.raises(ValueError, match="unknown lr"):
        read_config(file)
    with pytest.raises(ValueError, match="model is one of"):
        config(model="transformer")
