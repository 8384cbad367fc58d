"""Graphs that share one file of weights next to them, as ONNX's external data."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

LEAST_BYTES = 1024
"""Smaller constants stay in their graphs."""


def save_sharing(models: dict[str, onnx.ModelProto], weights: Path) -> None:
    """Writes models by file name into the folder of `weights`. Each large constant that all of them hold is written
    once, into `weights`.

    Reading a graph with `onnx.load` brings its constants back. The models themselves are not changed.
    """
    held = [{item.name: item.raw_data for item in model.graph.initializer} for model in models.values()]
    shared = sorted(
        name
        for name, data in held[0].items()
        if len(data) >= LEAST_BYTES and all(other.get(name) == data for other in held[1:])
    )
    places: dict[str, tuple[int, int]] = {}
    with weights.open("wb") as file:
        for name in shared:
            places[name] = (file.tell(), file.write(held[0][name]))
    for name, model in models.items():
        thin = onnx.ModelProto()
        thin.CopyFrom(model)
        for item in thin.graph.initializer:
            if item.name in places:
                offset, length = places[item.name]
                set_external_data(item, weights.name, offset, length)
                item.ClearField("raw_data")
        onnx.save(thin, weights.parent / name)
