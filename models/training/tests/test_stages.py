"""Every stage runs from data to bundle on a few synthetic examples, and learns what is easy."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest
import torch

from datasets.labels import EMOTIONS
from datasets.prepared_voices import corpus_file, feature_file
from datasets.voice_corpora import TEST_SPEAKERS
from evaluation.bundle_rows import as_table, evaluate
from evaluation.left_out import UNSEEN_CORPORA, left_out_rows, read_left_out
from evaluation.unseen import PRODUCT
from exporting.bundle import Bundle
from exporting.write_bundle import load_checkpoints, to_graphs, write_bundle
from stages.covering import train_covering
from stages.face import train_face
from stages.fusion import train_fusion
from stages.operating_points import read_points
from stages.text import train_heads, train_text
from stages.voices import VoiceRecipe, train_voices

WORDS = dict(zip(EMOTIONS, ("furious", "disgusting", "terrified", "wonderful", "table", "crying", "unexpected")))
QUICK = VoiceRecipe(steps=40, input_dropout=0.2)


def make_corpora(folder, random: np.random.Generator) -> None:
    """Seven utterances per split. Each face has a bright stripe at the height of its label."""
    for name in ("meld", "goemotions-ekman", "mosi-text", "fer2013", "dailydialog", "isear", "service-satisfaction"):
        (folder / name).mkdir(parents=True)
    polarity = ["positive" if name == "joy" else "neutral" if name == "neutral" else "negative" for name in EMOTIONS]
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,c,d,e,f"
    for file in ("train", "dev", "test"):
        rows = [f"1,so {WORDS[e]},X,{e},{p},0,0,0,0,0,0" for e, p in zip(EMOTIONS, polarity)]
        (folder / "meld" / f"{file}_sent_emo.csv").write_text("\n".join([header, *rows]))
    (folder / "goemotions-ekman" / "labels.txt").write_text("\n".join(EMOTIONS))
    for file in ("train", "valid", "test"):
        rows = [f"it is {WORDS[e]}\t{i}\tid" for i, e in enumerate(EMOTIONS)]
        (folder / "goemotions-ekman" / f"{file}.tsv").write_text("\n".join(["text\tlabel\tid", *rows]))
    for file in ("train", "dev", "test"):
        rows = [f"A {WORDS[e]} FILM\t{value}" for e, value in zip(EMOTIONS, (-3, -2, -1, 3, 0, -1, 1))]
        (folder / "mosi-text" / f"{file}.tsv").write_text("\n".join(["text\tlabel", *rows]))
    for split in ("train", "val", "test"):
        labels = np.arange(70, dtype=np.uint8) % 7
        images = random.integers(0, 60, (70, 48, 48), dtype=np.uint8)
        for image, label in zip(images, labels):
            image[label * 6 + 2 : label * 6 + 6] += 180
        np.savez(folder / "fer2013" / f"{split}.npz", images=images, labels=labels)
    said = [f"{dialogue}\t{i}\tA\t{e}\tthat is {WORDS[e]}" for dialogue in (0, 8, 9) for i, e in enumerate(EMOTIONS)]
    (folder / "dailydialog" / "dialogues.tsv").write_text("\n".join(["dialogue\tturn\tspeaker\temotion\ttext", *said]))
    told = [f"{e}\tI was {WORDS[e]}" for e in EMOTIONS if e not in ("neutral", "surprise") for _ in range(2)]
    (folder / "isear" / "sentences.tsv").write_text("\n".join(["emotion\ttext", *told]))
    turns = [f"SGD\t{d}\t{i}\tuser\t{1 + 2 * i}\tit is {WORDS[e]}" for d in (0, 8) for i, e in enumerate(("anger", "joy"))]
    header = "corpus\tdialogue\tturn\trole\tsatisfaction\ttext"
    (folder / "service-satisfaction" / "turns.tsv").write_text("\n".join([header, *turns]))
    (folder / "muxspace-faces").mkdir()
    np.savez(folder / "muxspace-faces" / "faces.npz", images=np.pad(images, ((0, 0), (6, 6), (6, 6))), labels=labels)


def make_audio_features(runs, random: np.random.Generator) -> None:
    centres = random.standard_normal((7, 896)) * 40 + 100
    labels = np.arange(210) % 7
    conditions = np.array(["clean", "telephone", "noise", "call"])[np.arange(210) // 7 % 4]

    def features() -> np.ndarray:
        return (centres[labels] + random.standard_normal((210, 896)) * 10).astype(np.float32)

    for split in ("val", "test"):
        np.savez(feature_file(runs, split), features=features(), labels=labels, conditions=conditions)
    for corpus, names in TEST_SPEAKERS.items():
        # A third of the utterances come from a speaker that is reserved for tests.
        speakers = np.array([f"{corpus}/x", f"{corpus}/y", f"{corpus}/{names[0]}"])[np.arange(210) // 28 % 3]
        own: dict[str, Any] = {"speakers": speakers, "clips": np.arange(210), "conditions": conditions}
        np.savez(corpus_file(runs, corpus), features=features(), labels=labels, **own)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Every stage, trained briefly on synthetic data."""
    folder = tmp_path_factory.mktemp("training")
    data, runs, random = folder / "data", folder / "runs", np.random.default_rng(0)
    make_corpora(data, random)
    runs.mkdir()
    make_audio_features(runs, random)
    torch.set_num_threads(1)
    train_text(data, runs, minutes=1, epochs=0.02)
    train_heads(data, runs, share=0.02)
    train_voices(data, runs, minutes=1, recipe=QUICK)
    train_face(data, runs, minutes=1, epochs=3)
    train_covering(data, runs, minutes=1, faces=70, steps=30)
    train_fusion(data, runs, minutes=0.08)
    write_bundle(to_graphs(load_checkpoints(runs)), {}, folder / "bundle", read_points(runs))
    for corpus in ("meld", "satisfaction"):
        shutil.copyfile(runs / "text.pt", runs / f"text-without-{corpus}.pt")
    train_face(data, runs, minutes=1, epochs=10, without=["fer2013"], name="face-without-fer2013")
    rows = list(left_out_rows(data, runs, 1, QUICK))
    (folder / "bundle" / UNSEEN_CORPORA).write_text(json.dumps(rows))
    return data, runs, folder / "bundle"


def test_the_bundle_reads_easy_voices_and_names_every_row(trained):
    data, runs, folder = trained
    rows = list(evaluate(Bundle(folder), data, runs, "test"))
    by_name = {(row["dataset"], row["pattern"]): row for row in rows if row["model"] != PRODUCT}
    assert [row["dataset"] for row in rows[:2]] == ["ravdess speakers", "ravdess in-call"]
    assert by_name["emovo speakers", "A"]["accuracy"] > 0.9
    assert by_name["ravdess", "A"]["accuracy"] > 0.9
    assert {pattern for dataset, pattern in by_name if dataset == "synthetic"} == {"T", "A", "V", "TA", "TV", "AV", "TAV"}
    products = [row for row in rows if row["model"] == PRODUCT]
    assert len(products) == 8 and all(row["pattern"] not in ("T", "A", "V") for row in products)
    assert all(0 <= row["ece"] <= 1 and row["n"] == np.sum(row["confusion"]) for row in rows)
    assert all(0 <= row["eceBefore"] <= 1 for row in rows)
    assert any(row["eceBefore"] != row["ece"] for row in rows)
    for row in rows:
        low, high = row["intervals"]["accuracy"]
        assert low <= row["accuracy"] <= high
    assert len(as_table(rows).splitlines()) == len(rows) + 2


def test_what_was_left_out_comes_with_the_bundle_and_is_shown_first(trained):
    _, _, folder = trained
    rows = read_left_out(folder)
    assert rows[0]["dataset"] == "ravdess" and rows[0]["model"] == "without ravdess, first"
    assert {row["model"] for row in rows if row["pattern"] == "TAV"} >= {"fusion", "product"}
    words = {row["dataset"]: row for row in rows if row["pattern"] == "T" and row["model"].startswith("without")}
    assert list(words) == ["meld", "satisfaction"]
    assert words["meld"]["n"] == 7 and words["satisfaction"]["n"] == 2
    faces = {row["dataset"]: row for row in rows if row["pattern"] == "V" and row["model"].startswith("without")}
    assert list(faces) == ["fer2013", "muxspace"]
    assert faces["fer2013"]["n"] == 70
    assert "| ravdess |" in as_table(rows).splitlines()[2]
    assert read_left_out(folder / "nowhere") == []


def test_every_pattern_of_several_modalities_has_a_temperature(trained):
    _, runs, _ = trained
    saved = torch.load(runs / "fusion.pt", weights_only=True)
    assert saved["temperature"].shape == (2, 8)
    assert (saved["temperature"][0, [0, 1, 2, 4]] == 1).all()
    assert (saved["temperature"][0, [3, 5, 6, 7]] != 1).all()
    assert (saved["heads"]["temperature"] != 1).all()


def test_the_manifest_has_operating_points_the_default_first(trained):
    _, _, folder = trained
    points = json.loads((folder / "manifest.json").read_text())["operatingPoints"]
    assert [point["name"] for point in points] == ["balanced", "as-spoken"]
    assert points[0]["emotionOffsets"] == [0] * 7
    assert all(0 < point["certainFrom"] <= 1 and 0 < point["dissatisfactionFrom"] < 1 for point in points)


def test_a_missing_stage_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="train.py text"):
        load_checkpoints(tmp_path)
