"""How often harmless changes change a label."""

from __future__ import annotations

import numpy as np

from evaluation.changed_labels import VARIANTS, changed
from exporting.bundle import Bundle


class Echo(Bundle):
    """A bundle whose label is the first feature."""

    def __init__(self):
        pass

    def fuse(self, inputs):
        return (np.eye(7)[inputs.audio[:, 0].astype(int)],)


def test_a_variant_counts_the_clips_whose_label_is_another_than_the_clip_s_own():
    labels = np.array([[0, 0, 1, 2], [3, 3, 3, 4], [5, 6, 5, 5], [2, 2, 2, 2]])
    assert labels.shape[1] == len(VARIANTS)
    shares = changed(Echo(), labels.reshape(-1, 1).astype(np.float32))
    assert shares == {"20 ms cut": 0.25, "telephone": 0.25, "noise": 0.5}
