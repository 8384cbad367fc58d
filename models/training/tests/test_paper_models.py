"""Properties of the paper's models that hold for any weights, and that each model can learn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional
from utterances import make_batch, small_encoder

from architectures.interaction_fusion import INTERACTIONS, SETS
from architectures.paper_models import MODELS, build_model
from architectures.text_encoder import load_pretrained, pretrained_folder, read_shape
from architectures.utterance_batch import UtteranceBatch, group_faces, where_present
from architectures.video_sequence import VideoSequence
from stages.pairing import PATTERN_PRESENCE

CLASSES = 6
VARIANTS: list[tuple[str, dict]] = [(name, {}) for name in MODELS] + [
    ("cross-modal-bert", {"audio_rows": 50}),
    ("interaction", {"interaction": "attention"}),
]
READS = {"text-only": "T", "audio-only": "A", "video-only": "V"}


def make_model(name: str, options: dict | None = None, width: int = 32) -> torch.nn.Module:
    """A model without a parameter at zero, so that no term vanishes because of its initial value."""
    torch.manual_seed(0)
    model = build_model(name, CLASSES, lambda: small_encoder(width), **(options or {}))
    for parameter in model.parameters():
        if (parameter == 0).all():
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def presence(pattern: str) -> torch.Tensor:
    return torch.tensor(PATTERN_PRESENCE[pattern], dtype=torch.float32)


@pytest.mark.parametrize("width", [32, 48])
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_every_model_gives_one_logit_a_class_for_any_width_of_encoder(name, options, width):
    with torch.no_grad():
        logits = make_model(name, options, width)(make_batch(3))
    assert logits.shape == (3, CLASSES)
    assert logits.isfinite().all()
    assert len({tuple(row) for row in logits.tolist()}) == 3


def test_the_stages_have_the_shapes_that_the_paper_gives():
    batch = make_batch(2, tokens=50)
    with torch.no_grad():
        assert group_faces(batch.faces, batch.face_counts).shape == (2, 5, 10, 64, 64)
        video = VideoSequence().eval()
        assert video.convolution(group_faces(batch.faces, batch.face_counts)).shape == (2, 32, 5, 32, 65)
        assert video(batch.faces, batch.face_counts).shape == (2, 50, 30)
        text, audio, face = make_model("cross-modal-bert").attentions(batch)
        assert (text.shape, audio.shape, face.shape) == ((2, 50, 50), (2, 1, 1), (2, 50, 50))
        assert make_model("interaction").terms(batch).shape == (2, 10, CLASSES)


def test_groups_of_ten_overlap_by_five_and_end_with_the_last_real_face():
    faces = torch.arange(1, 26, dtype=torch.uint8)[None, :, None, None].expand(1, 25, 64, 64)
    groups = (group_faces(faces, torch.tensor([23]))[0, :, :, 0, 0] * 255).round().int()
    assert groups[0].tolist() == list(range(1, 11))
    assert groups[1].tolist() == list(range(6, 16))
    assert groups[4].tolist() == [21, 22, 23, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("extra", [1, 7, 42])
@pytest.mark.parametrize(("name", "options"), [v for v in VARIANTS if v[0] not in ("audio-only", "video-only")])
def test_padding_never_changes_the_output(name, options, extra):
    model, batch = make_model(name, options), make_batch(3)
    padded = replace(
        batch,
        ids=functional.pad(batch.ids, (0, extra), value=7),
        mask=functional.pad(batch.mask, (0, extra)),
    )
    longer = replace(padded, mask=torch.ones_like(padded.mask))
    with torch.no_grad():
        assert torch.allclose(model(batch), model(padded), atol=1e-5)
        assert not torch.allclose(model(batch), model(longer), atol=1e-3)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_an_utterance_scores_alike_alone_and_in_company(name, options):
    model, batch = make_model(name, options), make_batch(3)
    alone = UtteranceBatch(**{key: value[1:2] for key, value in vars(batch).items()})
    with torch.no_grad():
        assert torch.allclose(model(batch)[1:2], model(alone), atol=1e-5)


def without(batch: UtteranceBatch) -> UtteranceBatch:
    """The batch with other contents in every absent modality: other words, NaN, other faces."""
    other = make_batch(len(batch), seed=9, tokens=batch.ids.shape[1])
    text, audio, video = (batch.present[:, m] > 0 for m in range(3))
    return replace(
        batch,
        ids=torch.where(text[:, None], batch.ids, other.ids),
        audio=torch.where(audio[:, None], batch.audio, float("nan")),
        faces=torch.where(video[:, None, None, None], batch.faces, other.faces),
        face_counts=torch.where(video, batch.face_counts, other.face_counts),
    )


@pytest.mark.parametrize("pattern", PATTERN_PRESENCE)
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_what_an_absent_modality_holds_changes_nothing(name, options, pattern):
    model, batch = make_model(name, options), make_batch(2, present=presence(pattern))
    with torch.no_grad():
        assert torch.equal(model(batch), model(without(batch)))
        voice_cannot_tell = name == "cross-modal-bert" and not options and pattern == "TV"
        if READS.get(name, "TAV") not in pattern and not voice_cannot_tell:
            everything = model(replace(batch, present=torch.ones_like(batch.present)))
            assert not torch.equal(model(batch), everything)


@pytest.mark.parametrize("interaction", INTERACTIONS)
@pytest.mark.parametrize("pattern", PATTERN_PRESENCE)
def test_interaction_every_set_with_an_absent_modality_is_exactly_zero_and_no_other(interaction, pattern):
    model = make_model("interaction", {"interaction": interaction})
    with torch.no_grad():
        terms = model.terms(make_batch(2, present=presence(pattern)))
    for index, members in enumerate(SETS):
        lacks = any(PATTERN_PRESENCE[pattern][member] == 0 for member in members)
        assert (terms[:, index] == 0).all() == lacks


def test_interaction_nothing_is_rescaled_for_what_is_absent():
    """The term of a set does not depend on which other modalities are present."""
    model = make_model("interaction")
    with torch.no_grad():
        whole = model.terms(make_batch(2))
        for pattern in PATTERN_PRESENCE:
            terms = model.terms(make_batch(2, present=presence(pattern)))
            kept = (terms != 0).any(2)[0]
            assert kept.any()
            assert torch.allclose(terms[:, kept], whole[:, kept], atol=1e-6)


@pytest.mark.parametrize("audio_rows", [1, 50])
@pytest.mark.parametrize("pattern", PATTERN_PRESENCE)
def test_masked_fusion_an_absent_modality_attends_to_nothing_and_no_other_is_rescaled(pattern, audio_rows):
    model = make_model("cross-modal-bert", {"audio_rows": audio_rows})
    with torch.no_grad():
        whole = model.attentions(make_batch(2))
        parts = model.attentions(make_batch(2, present=presence(pattern)))
    for here, part, full in zip(PATTERN_PRESENCE[pattern], parts, whole):
        assert (part == 0).all() == (not here)
        if here:
            assert torch.equal(part, full)


def test_masked_fusion_one_row_of_audio_cannot_move_the_answer_but_fifty_can():
    batch = make_batch(2)
    louder = replace(batch, audio=batch.audio * 2)
    with torch.no_grad():
        for rows, moved in ((1, False), (50, True)):
            model = make_model("cross-modal-bert", {"audio_rows": rows})
            assert not torch.equal(model.attentions(batch)[1], model.attentions(louder)[1])
            assert torch.allclose(model(batch), model(louder), atol=1e-6) is not moved


def test_masked_fusion_every_utterance_without_words_gets_the_same_answer():
    with torch.no_grad():
        logits = make_model("cross-modal-bert")(make_batch(3, present=presence("AV")))
    assert torch.equal(logits[0], logits[1]) and torch.equal(logits[1], logits[2])


def test_absent_rows_are_not_computed():
    seen = []

    def compute(rows):
        seen.append(rows.tolist())
        return torch.ones(1, 2)

    result = where_present(torch.tensor([0.0, 1.0, 0.0]), (2,), compute)
    assert seen == [[1]]
    assert result.tolist() == [[0, 0], [1, 1], [0, 0]]
    assert where_present(torch.zeros(2), (2,), lambda rows: pytest.fail("nothing is present")).tolist() == [[0, 0]] * 2


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_every_model_learns_ten_utterances_by_heart(name, options):
    torch.manual_seed(0)
    without_dropout = {"dropout": 0.0} | ({"attention_dropout": 0.0} if name == "cross-modal-bert" else {})
    model = build_model(name, CLASSES, small_encoder, **options, **without_dropout)
    batch, labels = make_batch(10), torch.arange(10) % CLASSES
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3 if name != "video-only" else 1e-2)
    for _ in range(60):
        loss = functional.cross_entropy(model(batch), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.2:
            break
    assert (model(batch).argmax(1) == labels).float().mean() == 1


def test_an_encoder_is_read_from_a_published_folder_with_a_head_s_prefix_and_old_names(tmp_path):
    from safetensors.torch import load_file, save_file

    source = pretrained_folder()
    assert read_shape(source).width == 384
    old = {"weight": "gamma", "bias": "beta"}
    renamed = {}
    for name, tensor in load_file(source / "model.safetensors").items():
        *path, kind = name.split(".")
        renamed[".".join(["bert", *path, old.get(kind, kind) if path[-1] == "LayerNorm" else kind])] = tensor
    save_file(renamed, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((source / "config.json").read_text())
    published, packaged = load_pretrained(source=tmp_path).eval(), load_pretrained().eval()
    ids = torch.tensor([[101, 2023, 2003, 102]])
    with torch.no_grad():
        assert torch.equal(published(ids, torch.ones_like(ids)), packaged(ids, torch.ones_like(ids)))
    with pytest.raises(FileNotFoundError, match="model.safetensors"):
        load_pretrained(source=tmp_path / "nowhere")
