"""The model's mapping scored on the same benchmark as introspection, through a real server.

No vision-language model is measured here: the server answers with the statements that contain the quoted text.
"""

import json

import pytest
from chat_server import ChatServer, finds_quoted_text, names, status

from verl_visual_sdpo.benchmarks.defectbench.editing import Edit
from verl_visual_sdpo.benchmarks.defectbench.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.judge import Judge
from verl_visual_sdpo.benchmarks.defectbench.kinds import Plant
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.sources import CleanProgram
from verl_visual_sdpo.benchmarks.defectbench.table import report
from verl_visual_sdpo.benchmarks.defectbench.twins import Clean, Twin
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.pipeline import tracing_of
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Span

CLEAN = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9])
plt.text(1.5, 6, 'here it is')
"""
PLANTED = "plt.text(1.6, 6, 'and here too')"
KIND = "overlapping-text"


@pytest.fixture
def server():
    with ChatServer(finds_quoted_text) as server:
        yield server


@pytest.fixture(scope="module")
def gauge():
    with Gauge() as gauge:
        yield gauge


@pytest.fixture(scope="module")
def twin(gauge):
    spoilt = f"{CLEAN}{PLANTED}\n"
    before, facts = gauge.measure(CLEAN), gauge.measure(spoilt)
    plant = Plant("text added", "creation", Edit(spoilt, (Span(len(CLEAN), len(CLEAN) + len(PLANTED)),)))
    offences = tuple(KINDS[KIND].offences(facts))
    return Twin("t", KIND, Clean(CleanProgram("by hand", "line", CLEAN), before), plant, facts, offences)


@pytest.fixture(scope="module")
def judge(gauge):
    """``judge(beside)``: on this module's renderer and gauge."""
    with ChartRenderer(workers=1, timeout=30.0) as renderer:
        yield lambda beside=None: Judge(renderer, gauge, beside)


@pytest.fixture
def judged(twin, judge, server):
    def run(mode="vlm"):
        beside = tracing_of(mode, endpoint=server.url, model="not a VLM", backoff_seconds=0.001)
        return judge(beside).twin(twin)

    return run


def test_a_model_that_names_the_planted_statement_earns_its_credit(twin, judge, judged, server):
    found = judged()
    assert found.hits and len(server.requests) == len(found.hits)
    assert found.mapped.top1 == 1.0, "the heuristic names the last statement that contains a quoted text"
    assert found.credit == judge().twin(twin).credit and not found.untold


def test_one_that_names_another_statement_earns_none(judged, server):
    server.model = names(0, 1)
    assert judged().mapped.top3 == 0.0


def test_one_that_names_it_second_is_in_the_first_three(judged, server):
    server.model = names(0, 4)
    mapped = judged().mapped
    assert (mapped.top1, mapped.top3) == (0.0, 1.0)


def test_what_a_model_cannot_tell_earns_nothing_is_counted_and_leaves_introspection_alone(twin, judge, judged, server):
    server.script += [status(500, "down")] * 9
    found = judged()
    assert (found.mapped.top1, found.mapped.top3, len(found.untold)) == (0.0, 0.0, len(found.hits))
    assert found.credit == judge().twin(twin).credit and found.credit.top3 == 1.0
    text = report([found], [d.id for d in detectors_of("chart")])
    assert "mapped1" in text and "mapped: 1 hits, of which 1 stayed without blame {'http': 1}" in text


def test_as_a_fallback_it_adds_nothing_where_everything_was_seen(judged, server):
    found = judged("fallback")
    assert found.mapped == found.credit and not server.requests


def test_without_it_the_table_is_what_it_was(twin, judge):
    assert "mapped" not in report([judge().twin(twin)], [d.id for d in detectors_of("chart")])


BENCH = ["bench", "defects", "--kinds", "cut-text", "--twins", "1", "--harmless", "0", "--seed", "3"]


def test_the_command_prints_both_side_by_side(server, tmp_path, capsys):
    trace = [
        "--trace",
        "vlm",
        "--endpoint",
        server.url,
        "--model",
        "not a VLM",
        "--trace-cache",
        str(tmp_path / "kept"),
    ]
    assert main([*BENCH, "--out", str(tmp_path / "bench"), *trace]) == 0
    row = json.loads((tmp_path / "bench" / "results.json").read_text())["kinds"][0]
    assert row["mapped1"]["n"] == row["top1"]["n"] == 1 and server.requests
    printed = capsys.readouterr().out
    assert "mapped1" in printed and "mapped: blame by the route vlm, not a VLM" in printed
    assert list((tmp_path / "kept").rglob("*.json"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--trace", "vlm"], "endpoint"),
        (["--trace", "fallback", "--endpoint", "http://127.0.0.1:9/v1"], "model"),
        (["--model", "m"], "model is of use to"),
        (["--trace", "vlm", "--endpoint", "nowhere", "--model", "m"], "http"),
    ],
)
def test_options_that_do_not_belong_together_are_bad_usage(options, named, tmp_path, capsys):
    assert main([*BENCH, "--out", str(tmp_path), *options]) == 2
    assert named in capsys.readouterr().err
