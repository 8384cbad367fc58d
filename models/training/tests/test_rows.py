"""A row of the tables, from its configuration to its cells."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch
from test_recipe import config, make_examples
from utterances import small_encoder

import measure_balance
import train_row
from corpora.registry import CORPORA
from evaluation.metrics import score
from recipe import training
from recipe.config import read_config
from recipe.reported import TABLE_I, TABLE_III
from recipe.results import patterns_of, read_results, result_rows
from recipe.tables import ROWS, tables


@pytest.fixture
def small_world(monkeypatch):
    """Rows that run on synthetic examples with a small encoder. Counts how often examples are loaded."""
    loads = []

    def load(corpus, *_):
        loads.append(corpus)
        return make_examples(120, splits=("train", "train", "train", "val", "test"))

    monkeypatch.setattr(train_row, "load_examples", load)
    monkeypatch.setattr(training, "load_pretrained", lambda source: small_encoder(16, dropout=0.1))
    return loads


def small(**changes):
    options = {"name": "synthetic-interaction", "corpus": "synthetic", "epochs": 3, "learning_rate": 3e-3}
    return config(**(options | changes))


def test_a_row_is_trained_tested_once_a_pattern_and_kept(tmp_path, small_world):
    rows = train_row.train_row(small(), "honest", tmp_path, tmp_path, tmp_path)
    assert [row["pattern"] for row in rows] == ["T", "A", "V", "TA", "TV", "AV", "TAV"]
    whole = rows[-1]
    assert whole["whole"] and not any(row["whole"] for row in rows[:-1])
    assert whole["n"] == 24 == np.sum(whole["confusion"])
    assert whole["accuracy"] == pytest.approx(np.trace(whole["confusion"]) / 24, abs=1e-4)
    low, high = whole["intervals"]["accuracy"]
    assert low <= whole["accuracy"] <= high
    keys = {
        "dataset",
        "split",
        "pattern",
        "model",
        "n",
        "accuracy",
        "weightedF1",
        "weightedPrecision",
        "weightedRecall",
        "uar",
        "ece",
    }
    assert keys <= whole.keys()
    folder = train_row.run_folder(tmp_path, small(), "honest")
    assert (folder / "confusion.svg").read_text().startswith("<svg")
    again = train_row.train_row(small(), "honest", tmp_path, tmp_path, tmp_path)
    assert again == json.loads(json.dumps(rows)) and len(small_world) == 1


def test_an_unlucky_prefix_of_the_modalities_is_all_that_a_row_is_tested_with(tmp_path, small_world):
    rows = train_row.train_row(small(name="mosi-cm-bert", modalities="TA"), "paper", tmp_path, tmp_path, tmp_path)
    assert [row["pattern"] for row in rows] == ["T", "A", "TA"]
    words = make_examples(6)
    assert patterns_of(small(), words.seen_as("T")) == ["T"]


def test_an_honest_temperature_comes_from_the_selection_rows_and_the_paper_s_protocol_has_none(tmp_path):
    examples = make_examples(90)
    first, last = examples.rows(np.arange(45)), examples.rows(np.arange(45, 90))

    class Overconfident(torch.nn.Module):
        """Answers with the first word's class and logits of 6, and is wrong for every third utterance."""

        def forward(self, batch):
            wrong = (batch.ids[:, -1] + batch.ids.sum(1)) % 3 == 0
            return 6.0 * torch.nn.functional.one_hot((batch.ids[:, 1] - 10 + wrong) % 3, 3).float()

    trained = training.Trained(Overconfident(), 0, [])
    row = small(modalities="T")
    honest, paper = (
        result_rows(row, protocol, trained, first, last, ("made up", "emotion"))[0] for protocol in ("honest", "paper")
    )
    assert honest["temperature"] > 3
    assert honest["eceBefore"] > honest["ece"] + 0.1
    assert paper["temperature"] == 1 and paper["ece"] == paper["eceBefore"] == honest["eceBefore"]
    assert honest["accuracy"] == paper["accuracy"] < 0.9


def test_the_tables_name_every_row_and_fill_in_those_that_were_run(tmp_path, small_world):
    empty = tables(ROWS, tmp_path)
    row = read_config(ROWS / "synthetic-interaction.toml")
    folder = train_row.run_folder(tmp_path, row, "honest")
    folder.mkdir(parents=True)
    result = train_row.train_row(small(), "honest", tmp_path, tmp_path, tmp_path / "made")[-1]
    (folder / "result.jsonl").write_text(json.dumps(result) + "\n")
    filled = tables(ROWS, tmp_path)
    new = [line for line in filled.splitlines() if line not in empty.splitlines()]
    assert len(new) == 2
    assert f"{100 * result['accuracy']:.1f} (" in new[0] and "synthetic pairings" in new[0]
    assert "| minilm, 3 epochs, seed 7 |" in new[0]
    for entry in (*TABLE_I, *TABLE_III):
        start = f"| {entry.dataset} | {entry.task} | {entry.classes} | {entry.model} | {entry.accuracy:.1f} |"
        (line,) = [line for line in _section(empty, entry.table) if line.startswith(start)]
        ours = [cell.strip() for cell in line.split("|")][-10:-1]
        assert ours == ["–"] * 9 if entry.row is None else not any(ours)


def _section(text: str, table: str) -> list[str]:
    (section,) = re.findall(rf"^## Table {table}\b.*?(?=^## )", text, flags=re.MULTILINE | re.DOTALL)
    return section.splitlines()


def test_every_row_that_is_configured_has_a_corpus_and_every_reported_one_a_configuration():
    configs = {file.stem: read_config(file) for file in ROWS.glob("*.toml")}
    assert {config.corpus for config in configs.values()} == set(CORPORA)
    wanted = {entry.row for entry in (*TABLE_I, *TABLE_III) if entry.row}
    assert wanted <= set(configs)
    for name in wanted:
        row = configs[name]
        assert (row.name, row.learning_rate, row.batch, row.epochs) == (name, 2e-6, 24, 80)
        expected = {"cross-modal-bert": "bce", "interaction": "cross-entropy"}
        assert row.objective == expected.get(row.model, "cross-entropy")
        assert row.paper_split == ("official" if row.corpus == "mosi" else "stratified")


def test_balance_is_measured_on_validation_over_seeds_and_the_plain_choice_wins_a_tie(tmp_path):
    row = small(name="balance", modalities="T", epochs=1)
    examples = make_examples(60, splits=("train", "train", "val", "test"))
    figures = measure_balance.validation_figures(row, examples, tmp_path, "cpu", encoder=lambda: small_encoder(16))
    assert set(figures) == {"accuracy", "weightedF1", "uar"}
    assert not (tmp_path / "rows").exists() and not read_results(tmp_path / "balance" / "balance" / "0-7")
    plain, even = np.array([[0.60, 0.5, 0.4], [0.62, 0.5, 0.4]]), np.array([[0.615, 0.5, 0.6], [0.62, 0.5, 0.6]])
    assert "take balance 0:" in measure_balance.verdict("accuracy", {0.0: plain, 1.0: even})
    assert "take balance 1:" in measure_balance.verdict("uar", {0.0: plain, 1.0: even})
    assert "accuracy 61.0 ± 1.0" in measure_balance.describe(0.0, plain)


def test_a_regression_row_is_scored_by_its_rounded_classes_and_has_nothing_to_calibrate(tmp_path):
    examples = make_examples(14)
    sentiment = np.arange(14) % 7
    audio = np.repeat(sentiment[:, None], 128, 1).astype(np.float32)
    examples = type(examples)(**(vars(examples) | {"labels": sentiment, "audio": audio, "classes": tuple("abcdefg")}))

    class Exact(torch.nn.Module):
        def forward(self, batch):
            return batch.audio[:, :1] - 3 + 0.3

    trained = training.Trained(Exact(), 0, [])
    row = small(objective="regression", modalities="T")
    (result,) = result_rows(row, "honest", trained, examples, examples, ("made up", "sentiment"))
    assert result["accuracy"] == 1 and result["ece"] is None and result["temperature"] == 1
    assert math.isclose(score(np.eye(7), np.arange(7))["accuracy"], 1)
