"""The official layouts of the corpora. Each test makes a tiny corpus."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from corpora import registry
from corpora.computational_sequence import read_sequence
from corpora.iemocap import load_iemocap, transcode
from corpora.local import mosi_words, synthetic
from corpora.meld import load_meld
from corpora.mosei import load_mosei_emotion, load_mosei_sentiment
from corpora.mosi import load_mosi_corpus
from corpora.utterance import LEFT_HALF, RIGHT_HALF
from datasets.pipeline_features import SAMPLE_RATE_HZ, is_available
from datasets.prepared_voices import feature_file
from paths import REPOSITORY
from recipe.splits import split_rows

SAMPLE_CALL = REPOSITORY / "server" / "sample-call" / "sample-call.webm"
MELD_HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"


def write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file


def write_sequence(file: Path, name: str, videos: dict[str, tuple[list, list]]) -> None:
    """A computational sequence as the SDK writes it: intervals and features per video, and its metadata."""
    with h5py.File(file, "w") as target:
        for video, (intervals, features) in videos.items():
            entry = target.create_group(f"{name}/data/{video}")
            entry["intervals"] = np.array(intervals, float)
            entry["features"] = np.array(features)
        target.create_group(f"{name}/metadata")["root name"] = name


def make_meld(folder: Path, nested: bool) -> Path:
    """One dialogue per split. nested: the layout when each inner archive is unpacked into its own folder."""
    rows = {
        "train": [
            '1,"I don\u0092t know, really",Ross,sadness,negative,0,0,1,1,"00:00:01,000","00:00:02,000"',
            '2,Oh!,Rachel,surprise,positive,0,1,1,1,"00:00:02,000","00:00:03,000"',
        ],
        "dev": ['1,Hm.,Joey,disgust,negative,0,0,1,1,"0","1"'],
        "test": ['1,Great,Joey,joy,positive,3,7,1,1,"0","1"'],
    }
    clips = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
    for split, lines in rows.items():
        inner = folder / split if nested else folder
        write(inner / f"{split}_sent_emo.csv", "\n".join([MELD_HEADER, *lines]))
        (inner / clips[split]).mkdir(parents=True)
    return folder


@pytest.mark.parametrize("nested", [False, True])
def test_meld_s_lines_meet_their_clips(tmp_path, nested):
    corpus = load_meld(make_meld(tmp_path, nested))
    first, second, dev, test = corpus.utterances
    assert (first.text, corpus.classes[first.label]) == ("I don\u2019t know, really", "sadness")
    assert first.audio.file.relative_to(tmp_path).parts[-2:] == ("train_splits", "dia0_utt0.mp4")
    assert test.audio.file.parts[-2:] == ("output_repeated_splits_test", "dia3_utt7.mp4")
    assert [u.split for u in corpus.utterances] == ["train", "train", "val", "test"]
    assert first.group == second.group != dev.group
    assert len({u.id for u in corpus.utterances}) == 4
    assert test.manifest_row() == {"id": "test/dia3_utt7", "media": str(test.audio.file)}
    with pytest.raises(FileNotFoundError, match="train_splits"):
        load_meld(tmp_path / "nowhere")


def test_mosi_raw_joins_labels_transcripts_and_segments(tmp_path):
    raw = tmp_path / "Raw"
    write(
        raw / "Labels" / "OpinionLevelSentiment.csv",
        "1.5,3.25,03bSnISJMiM,1,2.4\n4,6,03bSnISJMiM,2,-2.6\n0,2,tmZoasNr4rU,1,0\n",
    )
    write(raw / "Transcript" / "Segmented" / "03bSnISJMiM.annotprocessed", "1_DELIM_IT WAS GOOD\n2_DELIM_BUT LONG\n")
    write(raw / "Transcript" / "Segmented" / "tmZoasNr4rU.annotprocessed", "1_DELIM_A FILM\n")
    (raw / "Video" / "Full").mkdir(parents=True)
    corpus = load_mosi_corpus(tmp_path)
    first, second, third = corpus.utterances
    assert (first.text, corpus.classes[first.label]) == ("IT WAS GOOD", "2")
    assert corpus.classes[second.label] == "-3"
    assert (first.split, third.split) == ("train", "test")
    row = first.manifest_row()
    assert (row["startMs"], row["endMs"]) == (1500, 3250)
    assert Path(str(row["media"])) == raw / "Video" / "Full" / "03bSnISJMiM.mp4"
    (raw / "Video" / "Segmented").mkdir()
    row = load_mosi_corpus(tmp_path).utterances[1].manifest_row()
    assert row == {"id": "03bSnISJMiM_2", "media": str(raw / "Video" / "Segmented" / "03bSnISJMiM_2.mp4")}


def test_mosi_sequences_give_the_words_that_lie_in_a_label_s_interval(tmp_path):
    write_sequence(
        tmp_path / "CMU_MOSI_Opinion_Labels.csd",
        "Opinion Segment Labels",
        {"WKA5OygbEKI": ([[4.0, 6.0], [1.0, 3.0]], [[-1.2], [2.8]])},
    )
    words = ([[0.2, 0.8], [1.0, 1.5], [1.5, 1.8], [1.8, 2.9], [4.1, 5.0]], [[b"before"], [b"so"], [b"sp"], [b"good"], [b"but"]])
    write_sequence(tmp_path / "CMU_MOSI_TimestampedWords.csd", "words", {"WKA5OygbEKI": words})
    (tmp_path / "Raw" / "Video" / "Full").mkdir(parents=True)
    corpus = load_mosi_corpus(tmp_path)
    assert [(u.text, corpus.classes[u.label], u.split) for u in corpus.utterances] == [
        ("so good", "3", "val"),
        ("but", "-1", "val"),
    ]
    assert corpus.utterances[0].audio.start_ms == 1000


def make_mosei(folder: Path) -> Path:
    write_sequence(
        folder / "CMU_MOSEI_Labels.csd",
        "All Labels",
        {
            "abc": (
                [[7.0, 9.0], [0.5, 3.0], [3.0, 7.0]],
                [[0.4, 0, 0, 0, 0, 0, 0], [1.6, 0.3, 0, 0, 0, 0, 2.0], [-2.5, 0, 1.0, 1.0, 0, 0, 0]],
            )
        },
    )
    lines = ["abc___0___0.49___3.0___I was scared", "abc___1___3.0___7.0___it is ___ sad", "abc___2___7.0___9.0___well"]
    write(folder / "Raw" / "Transcript" / "Segmented" / "Combined" / "abc.txt", "\n".join(lines))
    (folder / "Raw" / "Videos" / "Full" / "Combined").mkdir(parents=True)
    return folder


def test_mosei_sentiment_keeps_every_labelled_segment_with_its_words(tmp_path):
    corpus = load_mosei_sentiment(make_mosei(tmp_path))
    assert [(u.text, corpus.classes[u.label]) for u in corpus.utterances] == [
        ("I was scared", "2"),
        ("it is ___ sad", "-3"),
        ("well", "0"),
    ]
    row = corpus.utterances[1].manifest_row()
    assert (row["startMs"], row["endMs"]) == (3000, 7000)
    assert Path(str(row["media"])).parts[-4:] == ("Videos", "Full", "Combined", "abc.mp4")
    assert {u.group for u in corpus.utterances} == {"abc"}


def test_mosei_emotion_keeps_what_has_one_strongest_emotion(tmp_path):
    corpus = load_mosei_emotion(make_mosei(tmp_path))
    assert [(u.text, corpus.classes[u.label]) for u in corpus.utterances] == [("I was scared", "fear")]


def test_mosei_takes_timestamped_words_where_there_are_no_transcripts(tmp_path):
    make_mosei(tmp_path)
    shutil.rmtree(tmp_path / "Raw" / "Transcript")
    write_sequence(
        tmp_path / "CMU_MOSEI_TimestampedWords.csd", "words", {"abc": ([[3.1, 4.0], [8.0, 8.5]], [[b"sad"], [b"well"]])}
    )
    assert [u.text for u in load_mosei_sentiment(tmp_path).utterances] == ["", "sad", "well"]


def test_a_file_that_is_no_computational_sequence_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.csd", "w") as file:
        file["something/else"] = 1
    with pytest.raises(ValueError, match="no computational sequence"):
        read_sequence(tmp_path / "other.csd")


def make_iemocap(folder: Path) -> Path:
    (folder / "mp4").mkdir()
    for session in range(1, 6):
        dialogue = f"Ses0{session}F_impro01"
        inner = folder / f"Session{session}" / "dialog"
        lines = [
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]",
            "",
            f"[6.2901 - 8.2357]\t{dialogue}_F000\tneu\t[2.5000, 2.5000, 2.5000]",
            "C-E2:\tNeutral;\t()",
            f"[10.0100 - 11.3925]\t{dialogue}_M001\tfru\t[2.5000, 2.5000, 2.5000]",
            f"[12.0000 - 13.0000]\t{dialogue}_F001\txxx\t[2.5000, 2.5000, 2.5000]",
            f"[14.8872 - 18.0175]\t{dialogue}_M002\tsur\t[2.5000, 2.5000, 2.5000]",
        ]
        write(inner / "EmoEvaluation" / f"{dialogue}.txt", "\n".join(lines))
        words = [
            f"{dialogue}_F000 [006.2901-008.2357]: Excuse me.",
            f"{dialogue}_M001 [010.0100-011.3925]: Yeah: what?",
            "M: no time stamp",
            f"{dialogue}_M002 [014.8872-018.0175]: Is there a problem?",
        ]
        write(inner / "transcriptions" / f"{dialogue}.txt", "\n".join(words))
    return folder


def test_iemocap_s_agreed_labels_meet_words_wav_and_the_speaker_s_half_of_the_picture(tmp_path):
    corpus = load_iemocap(make_iemocap(tmp_path))
    assert len(corpus.utterances) == 15
    woman, man, surprised = corpus.utterances[:3]
    assert [corpus.classes[u.label] for u in (woman, man, surprised)] == ["neutral", "disappointment", "delight"]
    assert (woman.text, man.text) == ("Excuse me.", "Yeah: what?")
    assert man.audio.file == tmp_path / "Session1" / "sentences" / "wav" / "Ses01F_impro01" / "Ses01F_impro01_M001.wav"
    assert man.manifest_row() == {
        "id": "Ses01F_impro01_M001",
        "media": str(man.audio.file),
        "video": {
            "media": str(tmp_path / "mp4" / "Ses01F_impro01.mp4"),
            "startMs": 10010.0,
            "endMs": 11392.5,
            "crop": RIGHT_HALF,
        },
    }
    assert woman.video is not None
    assert woman.video.crop == LEFT_HALF
    with pytest.raises(FileNotFoundError, match="films"):
        load_iemocap(tmp_path, tmp_path / "films")
    splits = {u.group: u.split for u in corpus.utterances}
    assert splits == {f"Session{n}": s for n, s in zip(range(1, 6), ("train", "train", "train", "val", "test"))}


def test_iemocap_s_films_are_transcoded_once(tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("SKIPPED: transcoding IEMOCAP's AVI needs ffmpeg")
    avi = tmp_path / "Session1" / "dialog" / "avi" / "DivX" / "Ses01F_impro01.avi"
    avi.parent.mkdir(parents=True)
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-c:v", "mpeg4", "-vtag", "DIVX"]
    subprocess.run(["ffmpeg", "-v", "error", *source, avi], check=True)
    assert [film.name for film in transcode(tmp_path)] == ["Ses01F_impro01.mp4"]
    assert (tmp_path / "mp4" / "Ses01F_impro01.mp4").read_bytes()[4:8] == b"ftyp"
    assert transcode(tmp_path) == []


def test_a_licensed_corpus_becomes_examples_by_way_of_the_feature_stage(tmp_path, capsys):
    if not is_available():
        pytest.skip("SKIPPED: run npm install first; the features come from the project's TypeScript")
    folder = make_meld(tmp_path / "corpora" / "MELD.Raw", nested=False)
    tone = (np.sin(np.arange(SAMPLE_RATE_HZ) * 0.1) * 0.2).astype(np.float32)
    for place, seconds in (("train_splits/dia0_utt0", 1), ("dev_splits_complete/dia0_utt0", 2)):
        soundfile.write(folder / f"{place}.mp4", np.tile(tone, seconds), SAMPLE_RATE_HZ, format="WAV")
    shutil.copy(SAMPLE_CALL, folder / "output_repeated_splits_test" / "dia3_utt7.mp4")
    examples = registry.load_examples("meld", tmp_path / "corpora", tmp_path, tmp_path / "runs")
    assert len(examples) == 3
    assert "1 of 4 utterances are left out" in capsys.readouterr().err
    assert [examples.classes[label] for label in examples.labels] == ["sadness", "disgust", "joy"]
    assert examples.present.tolist() == [[1, 1, 0]] * 3
    split = split_rows(examples, "honest", "stratified", seed=7)
    assert [len(part) for part in (split.train, split.select, split.test)] == [1, 1, 1]
    batch = examples.batch(np.array([0, 1, 2]))
    assert batch.audio[0].abs().max() > 0 and not np.allclose(batch.audio[0], batch.audio[2])
    assert batch.ids[0, 0] == 101


def test_a_corpus_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="MOSEI is not at"):
        registry.load_examples("mosei-emotion", tmp_path, tmp_path, tmp_path)
    with pytest.raises(ValueError, match="no corpus 'mosi-audio'"):
        registry.load_examples("mosi-audio", tmp_path, tmp_path, tmp_path)


def test_mosi_s_words_keep_cm_bert_s_split(tmp_path):
    for name, count in (("train", 3), ("dev", 2), ("test", 1)):
        write(tmp_path / "mosi-text" / f"{name}.tsv", "text\tlabel\n" + "A FILM\t-1.2\n" * count)
    examples = mosi_words(tmp_path, lambda texts: [[101, 102]] * len(texts))
    assert examples.splits.tolist() == ["train"] * 3 + ["val"] * 2 + ["test"]
    assert examples.classes[examples.labels[0]] == "-1"
    assert examples.present[0].tolist() == [1, 0, 0]


def test_a_synthetic_pairing_joins_parts_of_one_label_within_one_split(tmp_path):
    emotions = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
    for split, file in (("train", "train"), ("val", "dev"), ("test", "test")):
        lines = [f"1,so {e},X,{e},neutral,0,{n},0,0,0,0" for n, e in enumerate(emotions)]
        write(tmp_path / "meld" / f"{file}_sent_emo.csv", "\n".join([MELD_HEADER, *lines]))
        labels = np.arange(14) % 7
        shift = {"train": 0, "val": 100, "test": 200}[split]
        features = np.tile((labels + shift).astype(np.float32)[:, None], (1, 896))
        # Held-out voices with noise would have other features, so they must not occur.
        features[7:] += 0 if split == "train" else 1000
        conditions = np.array(["clean"] * 7 + ["noise"] * 7)
        np.savez(feature_file(tmp_path, split), features=features, labels=labels, conditions=conditions)
        (tmp_path / "fer2013").mkdir(exist_ok=True)
        images = np.broadcast_to((labels * 30 + 20).astype(np.uint8)[:, None, None], (14, 48, 48))
        np.savez(tmp_path / "fer2013" / f"{split}.npz", images=images, labels=labels.astype(np.uint8))
    examples = synthetic(tmp_path, lambda texts: [[101, 102]] * len(texts), tmp_path)
    batch = examples.batch(np.arange(21))
    for row in range(21):
        emotion = emotions.index(examples.classes[examples.labels[row]])
        assert examples.audio[row, 0] == emotion + {"train": 0, "val": 100, "test": 200}[examples.splits[row]]
        light = batch.faces[row, 0].float().mean().item()
        assert light == pytest.approx(emotion * 30 + 20, rel=0.25, abs=8)
    assert batch.faces[:, 8:].max() == 0 and batch.faces[:, 7].max() > 0
    assert batch.present.min() == 1
