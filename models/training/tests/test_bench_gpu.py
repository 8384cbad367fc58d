"""The timing of graphs, on the CPU, which every machine has."""

from __future__ import annotations

import json

import pytest

from datasets.pipeline_features import is_available
from exporting.graph_timing import as_table, measure, time_graph, time_on_node
from exporting.graphs import GRAPHS


def test_every_graph_precision_and_batch_has_a_time_in_both_runtimes(small_graphs, small_bundle):
    modules = {name: module for name, (module, _) in small_graphs.items()}
    rows = list(measure(small_bundle, modules, "cpu", (1, 2), passes=2))
    named = {(row["runtime"], row["graph"], row["precision"], row["batch"]) for row in rows}
    assert len(rows) == len(named) == 2 * len(GRAPHS) * 2 * 2
    assert all(row["medianMs"] > 0 and row["device"] == "cpu" for row in rows)
    table = as_table(rows).splitlines()
    assert table[0].endswith("| batch 1 | batch 2 |")
    assert len(table) == 2 + 2 * len(GRAPHS) * 2
    assert json.loads(json.dumps(rows)) == rows


def test_a_device_that_is_not_here_is_told(small_bundle):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("SKIPPED: there is a CUDA provider here")
    with pytest.raises(RuntimeError, match="no CUDAExecutionProvider"):
        time_graph(small_bundle / "fusion.onnx", "fusion", "cuda", (1,), passes=1)


@pytest.mark.skipif(not is_available(), reason="SKIPPED: run `npm install` first")
def test_the_product_s_runtime_times_the_same_graphs(small_bundle):
    files = {name: small_bundle / spec.file for name, spec in GRAPHS.items()}
    timed = time_on_node(files, "cpu", (1, 2), passes=1)
    assert list(timed) == list(GRAPHS)
    assert all(len(medians) == 2 and min(medians) > 0 for medians in timed.values())
    with pytest.raises(RuntimeError, match="missing.onnx"):
        time_on_node({"fusion": small_bundle / "missing.onnx"}, "cpu", (1,), passes=1)
