"""The results of the loaders for the corpora's files."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch
from scipy import signal

from datasets.faces import AS_IT_IS, DEGRADED, load_fer2013, resize, vary
from datasets.labels import EMOTIONS, emotion_sentiments, polarity_profiles, sentiment_class
from datasets.prepared_voices import feature_file, read_voices
from datasets.speech import SAMPLE_RATE_HZ, aac, conditions, list_ravdess, mp3, opus, telephone, trim
from datasets.text import (
    as_recognised,
    load_goemotions,
    load_meld,
    load_mosi,
    load_satisfaction,
    load_service_calls,
    misheard,
    preceding,
    repair,
)
from datasets.tokens import bucketed_batches, load_tokenizer, pad, pad_turns, tokenize, tokenize_turns
from datasets.voice_corpora import list_voices, read_voice

MELD_HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"


def test_meld_is_read_with_its_misdecoded_characters_mended(tmp_path):
    row = '1,"I don\u0092t know, honestly",Ross,sadness,negative,0,0,1,1,"0","1"\n'
    (tmp_path / "dev_sent_emo.csv").write_text(MELD_HEADER + row, encoding="utf-8")
    corpus = load_meld(tmp_path, "val")
    assert corpus.texts == ["I don\u2019t know, honestly"]
    assert EMOTIONS[corpus.emotion_index()[0]] == "sadness"
    assert corpus.polarity.tolist() == [0]
    assert corpus.sentiment.tolist() == [-1]


def test_goemotions_shares_the_target_among_several_labels_in_the_order_of_its_label_file(tmp_path):
    (tmp_path / "labels.txt").write_text("joy\nanger\ndisgust\nfear\nneutral\nsadness\nsurprise")
    (tmp_path / "train.tsv").write_text('text\tlabel\tid\nan "open quote\t0,1\tx\nfine\t4\ty\n', encoding="utf-8")
    corpus = load_goemotions(tmp_path, "train")
    assert corpus.texts == ['an "open quote', "fine"]
    assert corpus.emotion[0].tolist() == [0.5, 0, 0, 0.5, 0, 0, 0]
    assert corpus.single_label().tolist() == [False, True]


def test_mosi_sentiment_is_rounded_half_away_from_zero_and_held_to_the_scale(tmp_path):
    (tmp_path / "test.tsv").write_text("text\tlabel\nA\t-2.5\nB\t0.4\nC\t1.5\nD\t3.4\n", encoding="utf-8")
    assert (load_mosi(tmp_path, "test").sentiment - 3).tolist() == [-3, 0, 2, 3]
    assert sentiment_class(-9) == 0


def test_a_character_without_a_meaning_in_windows_1252_is_dropped():
    assert repair("a\u0081b \u0093c\u0094 ") == "ab \u201cc\u201d"


def test_recognised_text_keeps_words_and_apostrophes_only():
    assert as_recognised("Oh, I can\u2019t\u2014really!") == "Oh I can't really"
    assert as_recognised("...!") == "...!"


def test_an_emotion_suggests_the_sentiments_of_the_polarities_met_with_it():
    profiles = polarity_profiles(np.array([0, 1, 1, 3, 5, 5, 6]))
    assert np.allclose(profiles.sum(1), 1)
    assert profiles[1].tolist() == [0, 0, 0, 1, 0, 0, 0]
    joy, anger = EMOTIONS.index("joy"), EMOTIONS.index("anger")
    suggested = emotion_sentiments(np.array([joy, joy, anger]), np.array([2, 1, 0]), profiles)
    assert suggested[joy, 3] == pytest.approx(0.5)
    assert suggested[joy, 4:].sum() == pytest.approx(0.5)
    assert np.allclose(suggested[anger], profiles[0])


def test_ravdess_is_split_by_actor_and_calm_counts_as_neutral(tmp_path):
    for emotion, actor in (("02", "01"), ("05", "19"), ("08", "20"), ("06", "24")):
        (tmp_path / f"03-01-{emotion}-01-01-01-{actor}.flac").touch()
    named = {split: [EMOTIONS[clip.label] for clip in list_ravdess(tmp_path, split)] for split in ("train", "val", "test")}
    assert named == {"train": ["neutral"], "val": ["anger", "surprise"], "test": ["fear"]}


def test_trimming_keeps_the_spoken_part_and_its_margins():
    samples = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    samples[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ] = np.sin(np.arange(SAMPLE_RATE_HZ) / 5) * 0.3
    assert len(trim(samples, (100, 100))) == pytest.approx(1.2 * SAMPLE_RATE_HZ, abs=0.05 * SAMPLE_RATE_HZ)


def test_every_condition_gives_finite_audio_within_full_scale():
    speech = (np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ) * 0.1).astype(np.float32)
    for name, vary_audio in conditions([speech, speech[::-1]]).items():
        varied = vary_audio(speech, np.random.default_rng(1))
        assert len(varied) == len(speech) or name == "other-voice", name
        assert varied.dtype == np.float32, name
        assert np.isfinite(varied).all(), name
        assert np.abs(varied).max() <= 1.0, name


def test_telephone_speech_has_nothing_above_its_band():
    noise = (np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ) * 0.1).astype(np.float32)
    power = np.abs(np.fft.rfft(telephone(noise, np.random.default_rng(1)))) ** 2
    hertz = np.fft.rfftfreq(SAMPLE_RATE_HZ, 1 / SAMPLE_RATE_HZ)
    assert power[hertz > 4500].mean() < 1e-3 * power[(hertz > 500) & (hertz < 3000)].mean()


def test_faces_are_enlarged_and_varied_within_the_gray_scale(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    np.savez(tmp_path / "val.npz", images=images, labels=np.arange(6, dtype=np.uint8))
    faces = load_fer2013(tmp_path, "val")
    assert [EMOTIONS[label] for label in faces.labels] == ["anger", "disgust", "fear", "joy", "neutral", "sadness"]
    stills = torch.from_numpy(faces.images)
    assert resize(stills).shape == (6, 64, 64)
    varied = vary(stills, torch.Generator().manual_seed(0))
    assert varied.shape == (6, 64, 64)
    assert varied.min() >= 0 and varied.max() <= 255
    assert torch.equal(varied, vary(stills, torch.Generator().manual_seed(0)))


def test_each_degradation_of_a_face_changes_it_in_its_own_way():
    stills = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (16, 48, 48), dtype=np.uint8))
    plain = vary(stills, torch.Generator().manual_seed(0), AS_IT_IS, mirror=False)
    assert torch.allclose(plain, resize(stills), atol=1.0)
    seen = {name: vary(stills, torch.Generator().manual_seed(0), way, mirror=False) for name, way in DEGRADED.items()}
    assert seen["dark"].mean() < 0.7 * plain.mean()
    assert seen["blurred"].std() < 0.6 * plain.std()
    assert abs(seen["off-centre"].mean() - plain.mean()) < 10
    assert (seen["off-centre"] - plain).abs().mean() > 20


def test_tokens_are_cut_at_fifty_between_the_marks():
    tokens = tokenize(load_tokenizer(), ["word " * 80, "hi"])
    assert [len(sequence) for sequence in tokens] == [50, 3]
    assert all(sequence[0] == 101 and sequence[-1] == 102 for sequence in tokens)
    ids, mask = pad(tokens)
    assert ids.shape == (2, 50)
    assert mask.sum(1).tolist() == [50, 3]


def test_a_text_that_is_too_long_keeps_its_end():
    tokenizer = load_tokenizer()
    (ids,) = tokenize(tokenizer, ["word " * 200 + "furious"])
    assert tokenizer.decode(ids).split()[-1] == "furious"


def test_a_turn_has_its_context_behind_it_as_far_as_there_is_room():
    tokenizer = load_tokenizer()
    long, short = "word " * 300, "yes"
    both, none = tokenize_turns(tokenizer, [short, long], [("first one", "second " * 60), ("first", "second")])
    assert (both.own, len(both)) == (3, 3 + 3 + 24)
    assert tokenizer.decode(both.ids, skip_special_tokens=False).split()[3:6] == ["first", "one", "[SEP]"]
    assert none.own == len(none) == 128
    nearly = "word " * 122
    (newest,) = tokenize_turns(tokenizer, [nearly], [("older", "newer one")])
    assert tokenizer.decode(newest.ids[newest.own :]) == "newer one"
    ids, mask, types = pad_turns([both, newest])
    assert types.sum(1).tolist() == [27, 3] and mask.sum(1).tolist() == [30, 127] and ids.shape == types.shape


def test_batches_hold_every_example_once():
    lengths = np.random.default_rng(0).integers(3, 50, 1000)
    batches = list(bucketed_batches(lengths, 64, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    assert np.mean([np.ptp(lengths[batch]) for batch in batches]) < 15


def test_the_public_corpora_load_in_full(data):
    assert [len(load_meld(data / "meld", split)) for split in ("train", "val", "test")] == [9989, 1109, 2610]
    assert [len(load_mosi(data / "mosi-text", split)) for split in ("train", "val", "test")] == [1284, 229, 686]
    assert len(load_goemotions(data / "goemotions-ekman", "val")) == 5426
    assert [len(list_ravdess(data / "ravdess", split)) for split in ("train", "val", "test")] == [1080, 120, 240]


def test_voices_measured_by_an_earlier_version_are_refused_with_what_to_do(tmp_path):
    np.savez(feature_file(tmp_path, "val"), features=np.zeros((2, 128)), labels=np.zeros(2))
    with pytest.raises(ValueError, match="delete it and run prepare.py"):
        read_voices(tmp_path, "val")


def test_service_calls_keep_each_family_in_one_split_and_agents_who_apologise_neutral():
    train, val = load_service_calls("train"), load_service_calls("val")
    assert not set(train.families) & set(val.families)
    assert not set(train.sentences.texts) & set(val.sentences.texts)
    assert len(train.families) + len(val.families) >= 300
    for calls in (train, val):
        sentences = calls.sentences
        apologies = np.array([t.startswith(("I'm sorry", "I'm so sorry", "I do apologise")) for t in sentences.texts])
        said_by_agents = sentences.emotion_index()[apologies & calls.is_agent]
        assert len(said_by_agents) > 0
        assert {EMOTIONS[label] for label in said_by_agents} == {"neutral"}


def test_a_turn_knows_the_last_two_before_it_in_its_own_dialogue():
    before = preceding(["a", "b", "c", "d", "e"], [1, 1, 1, 1, 2])
    assert before == [(), ("a",), ("a", "b"), ("b", "c"), ()]


def test_what_is_misheard_keeps_most_words_and_is_never_empty():
    random = np.random.default_rng(1)
    said = "I have told you people three times now, and nobody ever calls me back!"
    heard = [misheard(said, ["pear"], random) for _ in range(200)]
    kept = np.mean([len(set(as_recognised(said).split()) & set(text.split())) for text in heard])
    assert 11 < kept < 14
    assert len(set(heard)) > 100 and all("!" not in text for text in heard)
    assert all(misheard("no", ["pear"], random) for _ in range(200))


def test_dialogues_of_service_have_dissatisfied_turns_and_leave_out_what_is_between(tmp_path):
    header = "corpus\tdialogue\tturn\trole\tsatisfaction\ttext"
    turns = [
        "1\t1\tuser\t3.0\tA table.",
        "1\t2\tsystem\t\tWhich?",
        "1\t3\tuser\t2.0\tI said that.",
        "1\t4\tuser\t2.6\tOh well.",
    ]
    (tmp_path / "turns.tsv").write_text("\n".join([header, *(f"SGD\t{turn}" for turn in turns)]))
    train = load_satisfaction(tmp_path, "train")
    assert train.texts == ["A table.", "I said that."]
    assert train.dissatisfied.tolist() == [0, 1]
    assert train.contexts == [(), ("A table.", "Which?")]
    assert len(load_satisfaction(tmp_path, "val")) == 0


@pytest.mark.parametrize(
    ("corpus", "name", "speaker", "label"),
    [
        ("ravdess", "03-01-05-01-02-01-07.flac", "ravdess/07", "anger"),
        ("nemo", "WR0_happiness_64.opus", "nemo/WR0", "joy"),
        ("emovo", "dis-f1-b1.opus", "emovo/f1", "disgust"),
        ("urdu", "SM1_F02_A002_Angry.flac", "urdu/SM1", "anger"),
    ],
)
def test_a_voice_corpus_tells_speaker_and_label_by_its_file_names(tmp_path, corpus, name, speaker, label):
    (tmp_path / corpus).mkdir()
    (tmp_path / corpus / name).touch()
    (clip,) = list_voices(tmp_path, corpus)
    assert (clip.corpus, clip.speaker, EMOTIONS[clip.label]) == (corpus, speaker, label)


def test_a_voice_is_read_at_16_khz_whatever_its_rate(tmp_path):
    soundfile.write(tmp_path / "clip.wav", np.sin(np.arange(48_000) / 10).astype(np.float32), 48_000)
    assert len(read_voice(tmp_path / "clip.wav")) == SAMPLE_RATE_HZ


@pytest.mark.parametrize("codec", [mp3, aac, opus])
def test_a_codec_keeps_the_length_and_does_not_move_the_voice(codec):
    random = np.random.default_rng(0)
    noise = signal.sosfilt(signal.butter(4, 2000, fs=SAMPLE_RATE_HZ, output="sos"), random.standard_normal(32_000))
    voice = (noise * 0.1).astype(np.float32)
    decoded = codec(voice, np.random.default_rng(1))
    assert len(decoded) == len(voice)
    lags = range(-800, 801, 4)
    alike = [np.dot(voice[8000:24_000], decoded[8000 + lag : 24_000 + lag]) for lag in lags]
    assert abs(list(lags)[int(np.argmax(alike))]) <= 8
