"""Properties of the networks that hold for any weights."""

from __future__ import annotations

import pytest
import torch

from architectures.audio_encoder import AudioEncoder
from architectures.face_encoder import FaceEncoder, VideoEncoder, pool_faces
from architectures.interaction_fusion import INTERACTIONS, PATTERNS, SETS, FusionGraph, InteractionFusion, PartHeads
from architectures.text_encoder import TextEncoderShape, TextGraph, load_pretrained
from datasets.tokens import load_tokenizer, pad, pad_turns, tokenize, tokenize_turns
from stages.pairing import PATTERN_PRESENCE


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def fusion_graph(interaction: str = "hadamard") -> FusionGraph:
    torch.manual_seed(0)
    fusion = InteractionFusion(width=32, interaction=interaction)
    torch.nn.init.normal_(fusion.set_bias)
    return FusionGraph(AudioEncoder(), PartHeads(), fusion, torch.linspace(0.5, 2, 16).reshape(2, 8)).eval()


def presence(pattern: str) -> torch.Tensor:
    return torch.tensor([PATTERN_PRESENCE[pattern]], dtype=torch.float32)


@pytest.fixture(scope="module")
def inputs() -> tuple[torch.Tensor, ...]:
    """Words, voice, its baseline over three utterances, faces."""
    generator = torch.Generator().manual_seed(1)
    text, audio, baseline, video = (torch.randn(1, size, generator=generator) for size in (384, 896, 896, 128))
    return text, audio, baseline, torch.tensor([3.0]), video


OF_VOICE = (1, 2, 3)
"""Indices of the inputs that an absent voice removes."""


def parts(graph: FusionGraph, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    text, *voice, video = inputs
    return graph.heads((text, graph.audio(*voice), video))


def absent(index: int, pattern: str) -> bool:
    modality = 1 if index in OF_VOICE else 2 if index == 4 else 0
    return not PATTERN_PRESENCE[pattern][modality]


def test_patterns_are_numbered_by_their_presence_bits():
    for index, name in enumerate(PATTERNS, start=1):
        text, audio, video = PATTERN_PRESENCE[name]
        assert text + 2 * audio + 4 * video == index


@pytest.mark.parametrize("interaction", INTERACTIONS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_absent_modality_gives_exact_zeros_in_every_set_that_it_is_in(interaction, pattern, inputs):
    graph = fusion_graph(interaction)
    emotion, sentiment = graph.fusion(parts(graph, inputs), presence(pattern))
    for index, members in enumerate(SETS):
        missing = any(PATTERN_PRESENCE[pattern][member] == 0 for member in members)
        assert (emotion[0, index] == 0).all() == missing
        assert (sentiment[0, index] == 0).all() == missing


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_an_absent_input_holds_changes_nothing(pattern, inputs):
    graph, present = fusion_graph(), presence(pattern)
    other = [torch.full_like(x, float("nan")) if absent(m, pattern) else x for m, x in enumerate(inputs)]
    for expected, actual in zip(graph(*inputs, present), graph(*other, present)):
        assert torch.equal(expected, actual)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_contributions_sum_to_one_and_are_zero_for_the_absent(pattern, inputs):
    emotion, sentiment, contributions, sets, _ = fusion_graph()(*inputs, presence(pattern))
    assert emotion.sum() == pytest.approx(1, abs=1e-6)
    assert sentiment.sum() == pytest.approx(1, abs=1e-6)
    assert contributions.sum() == pytest.approx(1, abs=1e-6)
    assert ((contributions[0] == 0) == (presence(pattern)[0] == 0)).all()
    assert sets.abs().sum() == pytest.approx(1, abs=1e-6)
    missing = [any(PATTERN_PRESENCE[pattern][member] == 0 for member in members) for members in SETS]
    assert (sets[0] == 0).tolist() == missing


def test_nothing_present_gives_an_even_guess_and_no_contributions(inputs):
    emotion, _, contributions, sets, dissatisfaction = fusion_graph()(*inputs, torch.zeros(1, 3))
    assert emotion.tolist() == [pytest.approx([1 / 7] * 7)]
    assert contributions.tolist() == [[0, 0, 0]]
    assert sets.tolist() == [[0] * len(SETS)]
    assert dissatisfaction.tolist() == [0]


@pytest.mark.parametrize("pattern", "TAV")
def test_a_modality_alone_says_what_its_own_head_says(pattern, inputs):
    graph = fusion_graph()
    graph.heads.temperature.copy_(torch.tensor([2.0, 4.0, 3.0, 1.5]))
    said = parts(graph, inputs)["TAV".index(pattern)][:, :7]
    emotion, _ = graph.fusion.logits(parts(graph, inputs), presence(pattern))
    assert torch.allclose(torch.softmax(emotion, 1), said.exp(), atol=1e-6)
    assert said.exp().sum() == pytest.approx(1, abs=1e-6)


def test_the_set_terms_add_up_to_the_logits(inputs):
    graph, present = fusion_graph(), torch.ones(1, 3)
    terms, _ = graph.fusion(parts(graph, inputs), present)
    logits, _ = graph.fusion.logits(parts(graph, inputs), present)
    assert torch.allclose(terms.sum(1), logits)


def test_a_voice_is_heard_otherwise_the_more_of_the_speaker_is_known():
    encoder, voice, before = AudioEncoder().eval(), torch.randn(1, 896), torch.randn(1, 896)
    heard = [encoder(voice, before, torch.tensor([float(count)])) for count in (0, 1, 20, 2000)]
    assert torch.equal(heard[0], encoder(voice)) and torch.equal(heard[0], encoder(voice, torch.zeros(1, 896), torch.zeros(1)))
    moved = [(one - heard[0]).norm().item() for one in heard[1:]]
    assert 0 < moved[0] < moved[1] and moved[2] == pytest.approx(moved[1], rel=0.2)


def test_each_presence_pattern_has_its_own_temperature(inputs):
    graph = fusion_graph()
    for index, pattern in enumerate(PATTERNS, start=1):
        present = presence(pattern)
        logits, _ = graph.fusion.logits(parts(graph, inputs), present)
        expected = torch.softmax(logits / graph.temperature[0, index], dim=1)
        assert torch.allclose(graph(*inputs, present)[0], expected, atol=1e-6)


def test_standardisation_survives_a_constant_feature():
    encoder = AudioEncoder().eval()
    features = torch.randn(50, 896)
    features[:, 3] = 7
    encoder.fit_standardisation(features)
    assert encoder(features).isfinite().all()
    assert encoder.deviation[3] == 1


def test_pooling_is_the_mean_over_groups_of_the_mean_over_their_real_faces():
    features, real = torch.randn(1, 25, 4), torch.zeros(1, 25)
    real[0, :12] = 1
    groups = [features[0, 0:10].mean(0), features[0, 5:12].mean(0), features[0, 10:12].mean(0)]
    pooled = pool_faces(features.unflatten(1, (5, 5)), real.unflatten(1, (5, 5)))[0]
    assert torch.allclose(pooled, torch.stack(groups).mean(0), atol=1e-6)


def test_no_face_at_all_pools_to_zeros():
    assert pool_faces(torch.randn(2, 3, 5, 4), torch.zeros(2, 3, 5)).abs().max() == 0


def test_empty_places_and_repeated_faces_change_no_video_embedding():
    torch.manual_seed(0)
    video = VideoEncoder(FaceEncoder(widths=(8, 8, 16, 128))).eval()
    face = torch.randint(1, 256, (64, 64), dtype=torch.uint8)
    one = torch.zeros(1, 5, 10, 64, 64, dtype=torch.uint8)
    one[0, 0, 0] = face
    many = torch.zeros_like(one)
    # As many faces unchanged as mirrored.
    many[0, 0, :4] = face
    assert torch.allclose(video(one)[0], video(many)[0], atol=1e-5)
    assert torch.allclose(video(one)[0], video(one[:, :1])[0], atol=1e-6)
    assert torch.allclose(video(many)[0], video(many[:, :1])[0], atol=1e-6)
    assert all(answer.abs().max() == 0 for answer in video(torch.zeros_like(one)))


def test_a_face_and_its_mirror_image_have_one_embedding_when_they_are_alone_or_taken_in_turns():
    torch.manual_seed(0)
    video = VideoEncoder(FaceEncoder(widths=(8, 8, 16, 128))).eval()
    faces = torch.zeros(1, 1, 10, 64, 64, dtype=torch.uint8)
    faces[0, 0, 0] = torch.randint(1, 256, (64, 64), dtype=torch.uint8)
    assert torch.allclose(video(faces)[0], video(faces.flip(-1))[0], atol=1e-5)
    faces[0, 0, 1] = faces[0, 0, 0]
    assert torch.allclose(video(faces)[0], video(faces.flip(-1))[0], atol=1e-5)


def test_a_face_is_read_alike_in_dim_and_bright_light():
    encoder = FaceEncoder().eval()
    face = torch.rand(1, 64, 64) * 100 + 20
    assert torch.allclose(encoder(face), encoder(face + 60), atol=1e-4)


def test_the_pretrained_encoder_finds_alike_sentences_alike_and_ignores_padding():
    encoder = load_pretrained().eval()
    tokens = tokenize(load_tokenizer(), ["I am so happy today", "What a joyful day this is", "The invoice is overdue"])
    together = encoder(*pad(tokens))
    alone = torch.cat([encoder(*pad([sequence])) for sequence in tokens])
    assert torch.allclose(together, alone, atol=1e-5)
    happy, joyful, invoice = torch.nn.functional.normalize(together)
    assert happy @ joyful > happy @ invoice + 0.2


def test_a_text_is_read_in_its_context_but_is_the_mean_of_its_own_tokens():
    encoder, tokenizer = load_pretrained().eval(), load_tokenizer()
    said, before = "Thanks a lot.", ("The line is dead again.", "Somebody will call you in three weeks.")
    alone, in_context = (tokenize_turns(tokenizer, [said], contexts) for contexts in (None, [before]))
    assert in_context[0].ids[: in_context[0].own] == alone[0].ids
    with_context, without = encoder(*pad_turns(in_context)), encoder(*pad_turns(alone))
    assert 0.01 < (with_context - without).norm() < without.norm()
    assert torch.allclose(without, encoder(*pad([alone[0].ids])), atol=1e-6)
    _, _, types = pad_turns(in_context)
    states = encoder.hidden_states(*pad_turns(in_context))
    assert torch.allclose(with_context, states[:, types[0] == 0].mean(1), atol=1e-5)


def test_no_token_of_the_context_has_a_weight_in_the_explanation():
    graph = TextGraph(TextEncoderShape(layers=1, hidden=64)).eval()
    turns = tokenize_turns(load_tokenizer(), ["I am furious", "fine"], [("hello there",), ()])
    _, weights = graph(*pad_turns(turns))
    for row, turn in enumerate(turns):
        assert weights[row, turn.own - 1 :].abs().max() == 0 and weights[row, 0] == 0
        assert weights[row].sum() == pytest.approx(1, abs=1e-6)
