"""Every stage runs from data to bundle on a few made-up examples, and learns what is easy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bundle import Bundle
from datasets.labels import EMOTIONS
from evaluate import as_table, evaluate
from export import load_checkpoints, to_graphs, write_bundle
from prepare import corpus_file, feature_file
from stages.audio import train_audio
from stages.face import train_face
from stages.fusion import FusionRecipe, train_fusion
from stages.temperatures import fit_temperatures, held_out_error
from unseen import PRODUCT, unseen_rows

WORDS = dict(zip(EMOTIONS, ("furious", "disgusting", "terrified", "wonderful", "table", "crying", "unexpected")))


def make_corpora(folder, random: np.random.Generator) -> None:
    """Seven utterances a split; a face is a bright stripe at its label's height."""
    for name in ("meld", "goemotions-ekman", "mosi-text", "fer2013"):
        (folder / name).mkdir(parents=True)
    polarity = ["positive" if name == "joy" else "neutral" if name == "neutral" else "negative" for name in EMOTIONS]
    for file in ("train", "dev", "test"):
        rows = [f"1,so {WORDS[e]},X,{e},{p},0,0,0,0,0,0" for e, p in zip(EMOTIONS, polarity)]
        (folder / "meld" / f"{file}_sent_emo.csv").write_text("\n".join(["Sr No.,Utterance,Speaker,Emotion,Sentiment,a,b,c,d,e,f", *rows]))
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
    (folder / "dailydialog").mkdir()
    turns = [f"{i}\t0\tA\t{e}\tthat is {WORDS[e]}" for i, e in enumerate(EMOTIONS)]
    (folder / "dailydialog" / "dialogues.tsv").write_text("\n".join(["dialogue\tturn\tspeaker\temotion\ttext", *turns]))
    (folder / "muxspace-faces").mkdir()
    np.savez(folder / "muxspace-faces" / "faces.npz", images=np.pad(images, ((0, 0), (6, 6), (6, 6))), labels=labels)


def make_audio_features(runs, random: np.random.Generator) -> None:
    centres = random.standard_normal((7, 896)) * 40 + 100
    for split in ("train", "val", "test"):
        labels = np.arange(210) % 7
        features = (centres[labels] + random.standard_normal((210, 896)) * 10).astype(np.float32)
        conditions = np.array(["clean", "telephone", "noise", "call"])[np.arange(210) // 7 % 4]
        own = {"own_labels": labels + 1, "actors": np.arange(210) // 7 % 6}
        np.savez(feature_file(runs, split), features=features, labels=labels, conditions=conditions, **own)
    others = {"speakers": labels % 2, "clips": np.arange(210)}
    for corpus in ("nemo", "emovo", "urdu"):
        np.savez(corpus_file(runs, corpus), features=features, labels=labels, conditions=conditions, **others)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Voice, faces and fusion trained on made-up data; words by the pretrained encoder as it is."""
    from architectures.text_encoder import load_pretrained

    folder = tmp_path_factory.mktemp("training")
    data, runs, random = folder / "data", folder / "runs", np.random.default_rng(0)
    make_corpora(data, random)
    runs.mkdir()
    make_audio_features(runs, random)
    torch.set_num_threads(1)
    torch.save({"encoder": load_pretrained().state_dict()}, runs / "text.pt")
    train_audio(runs, minutes=1, epochs=25)
    train_face(data, runs, minutes=1, epochs=3)
    train_fusion(data, runs, minutes=1, recipe=FusionRecipe(steps=60))
    fit_temperatures(data, runs, minutes=1, folds=2)
    write_bundle(to_graphs(load_checkpoints(runs)), {}, folder / "bundle")
    return data, runs, folder / "bundle"


def test_the_bundle_reads_easy_voices_and_names_every_row(trained):
    data, runs, folder = trained
    rows = list(evaluate(Bundle(folder), data, runs, "test"))
    by_name = {(row["dataset"], row["pattern"]): row for row in rows if row["model"] != PRODUCT}
    assert [row["dataset"] for row in rows[:5]] == ["nemo", "emovo", "urdu", "dailydialog", "muxspace"]
    assert by_name["emovo", "A"]["accuracy"] > 0.9
    products = [row for row in rows if row["model"] == PRODUCT]
    assert len(products) == 8 and all(row["pattern"] not in ("T", "A", "V") for row in products)
    assert by_name["ravdess", "A"]["accuracy"] > 0.9
    assert {pattern for dataset, pattern in by_name if dataset == "synthetic"} == {"T", "A", "V", "TA", "TV", "AV", "TAV"}
    assert by_name["ravdess-8", "A"]["accuracy"] > 0.6
    assert np.shape(by_name["ravdess-8", "A"]["confusion"]) == (8, 8)
    assert all(0 <= row["ece"] <= 1 and row["n"] == np.sum(row["confusion"]) for row in rows)
    assert all(0 <= row["eceBefore"] <= 1 for row in rows)
    assert any(row["eceBefore"] != row["ece"] for row in rows)
    for row in rows:
        low, high = row["intervals"]["accuracy"]
        assert low <= row["accuracy"] <= high
    assert len(as_table(rows).splitlines()) == len(rows) + 2


def test_a_corpus_among_a_bundles_sources_is_not_called_unseen(trained):
    data, runs, folder = trained
    bundle = Bundle(folder)
    bundle.manifest["sources"] += [{"name": "nEMO"}, {"name": "muxspace"}]
    assert [row["dataset"] for row in unseen_rows(bundle, data, runs)] == ["emovo", "urdu", "dailydialog"]


def test_every_pattern_has_a_temperature_and_nothing_present_none(trained):
    _, runs, _ = trained
    temperature = torch.load(runs / "temperatures.pt", weights_only=True)["temperature"]
    assert temperature.shape == (2, 8)
    assert (temperature[:, 0] == 1).all() and (temperature[:, 1:] != 1).all()


def test_a_fold_is_scaled_by_what_the_others_say_of_theirs():
    random = torch.Generator().manual_seed(1)
    logits = torch.randn((3, 3000, 4), generator=random) * 1.5
    truth = torch.stack([torch.multinomial(torch.softmax(part, 1), 1, generator=random)[:, 0] for part in logits])
    folds = [(part, torch.nn.functional.one_hot(one, 4).float()) for part, one in zip(logits, truth)]
    error, count = held_out_error(folds)
    assert count == 9000 and error < 0.02
    too_sure = [(part * 3, one) for part, one in folds]
    assert held_out_error(too_sure)[0] < 0.02
    # One fold that is too sure among others that are not gets their temperature, not its own.
    assert held_out_error([too_sure[0], *folds[1:]])[0] > 0.06


def test_a_missing_stage_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="train.py text"):
        load_checkpoints(tmp_path)
