"""The models of the paper's tables by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from architectures.cross_modal_bert import CrossModalBert
from architectures.multimodal_interaction import MultimodalInteraction
from architectures.text_encoder import TextEncoder
from architectures.unimodal import AudioOnly, TextOnly, VideoOnly

MODELS_WITH_WORDS: dict[str, Callable[..., nn.Module]] = {
    "cross-modal-bert": CrossModalBert,
    "interaction": MultimodalInteraction,
    "text-only": TextOnly,
}
MODELS_WITHOUT_WORDS: dict[str, Callable[..., nn.Module]] = {"audio-only": AudioOnly, "video-only": VideoOnly}
MODELS = (*MODELS_WITH_WORDS, *MODELS_WITHOUT_WORDS)


def build_model(name: str, classes: int, encoder: Callable[[], TextEncoder], **options: object) -> nn.Module:
    """A model with new weights around the text encoder. The encoder is created only for models that have one."""
    if name in MODELS_WITH_WORDS:
        return MODELS_WITH_WORDS[name](encoder(), classes, **options)
    if name in MODELS_WITHOUT_WORDS:
        return MODELS_WITHOUT_WORDS[name](classes, **options)
    raise ValueError(f"there is no model '{name}': one of {', '.join(MODELS)}")
