"""CMU-MOSI's standard folds by video, as the CMU Multimodal SDK and CM-BERT use them: 1,284 / 229 / 686 segments."""

from __future__ import annotations

_VALIDATION = """
WKA5OygbEKI c5xsKMxpXnc atnd_PF-Lbs bvLlb-M3UXU bOL9jKpeJRs _dI--eQ6qVU ZAIRrfG22O0 X3j2zQgwYgE aiEXnCPZubE ZUXBRvtny7o
"""
_TEST = """
tmZoasNr4rU zhpQhgha_KU lXPQBPVc5Cw iiK8YX8oH1E tStelxIAHjw nzpVDcQ0ywM etzxEpPuc6I cW1FSBF59ik d6hH302o4v8 k5Y_838nuGo
pLTX3ipuDJI jUzDDGyPkXU f_pcplsH_V0 yvsjCA6Y5Fc nbWiPyCm4g0 rnaNMUZpvvg wMbj6ajWbic cM3Yna7AavY yDtzw_Y-7RU vyB00TXsimI
dq3Nf_lMPnE phBUpBr1hSo d3_k5Xpfmik v0zCBqDeKcE tIrG4oNLFzE fvVhgmXxadc ob23OKe5a9Q cXypl4FnoZo vvZ4IcEtiZc f9O3YtZ2VfI
c7UH_rxdZv4
"""
_OTHERS = {video: split for split, videos in (("val", _VALIDATION), ("test", _TEST)) for video in videos.split()}


def mosi_split(video: str) -> str:
    """train, val or test. The 52 videos that are not listed here are for training."""
    return _OTHERS.get(video, "train")
