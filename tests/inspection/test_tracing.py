"""The three ways of tracing on the main path: real programs, the real sandbox, a real server."""

from dataclasses import replace

import pytest
from chat_server import ChatServer, drops, finds_quoted_text, hangs, status

from reward_fns.chart import compute_score
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.pipeline import analyse, analyse_async, tracing_of
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.inspection.trace import Tracing
from verl_visual_sdpo.types import MAPPED, Analysis, Evidence, Task

SOURCE = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9])
plt.title('Growth')
plt.xlabel('n')
plt.text(2, 4, 'here it is')
plt.text(2, 4, 'and here too')
"""
RESPONSE = f"```python\n{SOURCE}```"
BROKEN = RESPONSE.replace("'n'", "n_")
TASK = Task("chart")


class Uninstrumented:
    """A renderer of a tool chain that is not instrumented: everything but the owners of the elements ``blind`` to."""

    def __init__(self, renderer, blind=lambda element: True):
        self._renderer, self._blind = renderer, blind

    def render(self, program, options=()):
        seen = self._renderer.render(program, dict(options))
        scenes = tuple(
            replace(s, elements=tuple(replace(e, owners=()) if self._blind(e) else e for e in s.elements))
            for s in seen.scenes
        )
        return replace(seen, scenes=scenes)


@pytest.fixture(scope="module")
def renderer():
    with ChartRenderer(workers=1, timeout=10.0) as renderer:
        yield renderer


@pytest.fixture
def server():
    with ChatServer(finds_quoted_text) as server:
        yield server


def tracing(mode, server, **changed):
    return tracing_of(mode, **{"endpoint": server.url, "model": "m", "backoff_seconds": 0.001} | changed)


def found(analysis):
    """An analysis without what its run cost, which is never twice the same."""
    run = replace(analysis.execution, seconds=0.0, waited=0.0, attempts=0, cached=False)
    return replace(analysis, execution=run)


def lines(analysis):
    """The blamed lines of the program for each defect, most responsible first, with their ties."""
    line_of = {s.id: s.line for s in analysis.program.statements}
    return {
        i: [(line_of[b.statement], b.tie) for b in analysis.blames if b.defect == i]
        for i, _ in enumerate(analysis.defects)
    }


def test_the_model_alone_names_the_statements(renderer, server):
    seen = analyse(RESPONSE, TASK, renderer)
    asked = analyse(RESPONSE, TASK, renderer, tracing=tracing("vlm", server))
    assert asked.defects == seen.defects and len(server.requests) == len(seen.defects) > 0
    overlap = next(i for i, d in enumerate(asked.defects) if d.detector == "text-overlap")
    assert {tie for blamed in lines(asked).values() for _, tie in blamed} == {MAPPED}
    assert sorted(line for line, _ in lines(asked)[overlap]) == [6, 7]
    assert Analysis.from_json(asked.to_json()) == asked


def test_the_route_of_tracing_changes_blame_and_nothing_else(renderer, server):
    seen = analyse(RESPONSE, TASK, renderer)
    asked = analyse(RESPONSE, TASK, renderer, tracing=tracing("vlm", server))
    assert found(replace(asked, blames=seen.blames)) == found(seen) and asked.blames != seen.blames


def test_fallback_asks_about_nothing_that_was_seen(renderer, server):
    seen = analyse(RESPONSE, TASK, renderer)
    asked = analyse(RESPONSE, TASK, renderer, tracing=tracing("fallback", server))
    assert found(asked) == found(seen) and not server.requests


def test_fallback_asks_about_what_nobody_owns(renderer, server):
    blind = Uninstrumented(renderer)
    assert analyse(RESPONSE, TASK, blind).blames == ()
    asked = analyse(RESPONSE, TASK, blind, tracing=tracing("fallback", server))
    assert found(asked) == found(analyse(RESPONSE, TASK, blind, tracing=tracing("vlm", server)))
    assert max(asked.responsibilities().values()) == max(d.severity for d in asked.defects)


def test_fallback_mixes_both_where_both_are_needed(renderer, server):
    response = RESPONSE.replace("plt.xlabel('n')", "plt.xlabel('n', color='#f8f8f8')")
    blind = Uninstrumented(renderer, lambda e: e.kind in ("text", "line", "title", "axes", "figure"))
    asked = analyse(response, TASK, blind, tracing=tracing("fallback", server))
    by_detector = {d.detector: lines(asked)[i] for i, d in enumerate(asked.defects)}
    assert by_detector["low-contrast"][0] == (5, "mutated")
    assert {tie for _, tie in by_detector["text-overlap"]} == {MAPPED}
    assert [b.defect for b in asked.blames] == sorted(b.defect for b in asked.blames)


@pytest.mark.parametrize("mode", ["vlm", "fallback"])
def test_a_failed_run_is_traced_by_its_traceback(renderer, server, mode):
    asked = analyse(BROKEN, TASK, renderer, tracing=tracing(mode, server))
    assert found(asked) == found(analyse(BROKEN, TASK, renderer)) and asked.blames and not server.requests


@pytest.mark.parametrize("fault", [hangs, drops, status(500, "down"), status(401, "no")])
def test_a_failing_endpoint_costs_blame_and_never_the_score(renderer, server, fault):
    seen = analyse(RESPONSE, TASK, renderer)
    server.script += [fault] * 20
    asked = analyse(RESPONSE, TASK, renderer, tracing=tracing("vlm", server, seconds=0.2))
    assert (asked.reward, asked.defects, asked.feedback) == (seen.reward, seen.defects, seen.feedback)
    assert asked.blames == () and not any(asked.responsibilities().values())
    assert [u.detector for u in asked.undetermined][-len(asked.defects) :] == ["blame"] * len(asked.defects)
    assert set(Evidence.of(asked).responsibilities) == {(a, b, 0.0) for a, b, _ in Evidence.of(asked).responsibilities}


async def test_it_works_beside_an_event_loop(renderer, server):
    asked = await analyse_async(RESPONSE, TASK, renderer, None, tracing("vlm", server))
    assert asked.blames


def test_one_mapper_a_process_and_settings(server):
    one = tracing("vlm", server)
    assert tracing("fallback", server).mapper is one.mapper
    assert tracing("vlm", server, seconds=7.0).mapper is not one.mapper


@pytest.mark.parametrize(
    ("mode", "settings", "named"),
    [
        ("guess", {}, "trace='guess'"),
        ("vlm", {}, "endpoint"),
        ("fallback", {"endpoint": "http://127.0.0.1:1/v1"}, "model"),
        ("introspection", {"endpoint": "http://127.0.0.1:1/v1"}, "endpoint is of use to"),
        ("vlm", {"endpoint": "nowhere", "model": "m"}, "http"),
    ],
)
def test_settings_that_do_not_belong_together_are_refused(mode, settings, named):
    with pytest.raises(InvalidInputError, match=named):
        tracing_of(mode, **settings)


def test_a_mode_without_its_mapper_is_refused():
    with pytest.raises(InvalidInputError, match="without an endpoint"):
        Tracing("vlm")


class TestReward:
    def settings(self, server, **changed):
        return {
            "trace": "vlm",
            "trace_endpoint": server.url,
            "trace_model": "m",
            "trace_backoff_seconds": 0.001,
        } | changed

    async def test_the_model_blames_and_the_score_is_the_same(self, server):
        seen = await compute_score("toy", RESPONSE, "")
        asked = await compute_score("toy", RESPONSE, "", **self.settings(server))
        assert server.requests and seen.pop("evidence") != asked.pop("evidence")
        assert seen.keys() == asked.keys()
        assert {name for name in seen if seen[name] != asked[name]} <= {n for n in seen if n.startswith("render_")}
        assert asked["blame_undetermined"] == 0.0

    async def test_a_failing_endpoint_is_counted_and_the_score_is_the_same(self, server):
        server.script += [status(500, "down")] * 20
        seen = await compute_score("toy", RESPONSE, "")
        asked = await compute_score("toy", RESPONSE, "", **self.settings(server))
        assert (asked["score"], asked["undetermined"]) == (seen["score"], 0.0)
        assert asked["blame_undetermined"] == asked["defects"] > 0
        evidence = Evidence.from_json(asked["evidence"])
        assert evidence.determined and not any(resp for _, _, resp in evidence.responsibilities)

    @pytest.mark.parametrize(
        ("changed", "named"),
        [
            ({"trace": "guess"}, "trace='guess'"),
            ({"trace": "introspection"}, "of use to trace='vlm'"),
            ({"trace_model": None}, "model"),
            ({"trace_sconds": 3}, "no sconds"),
            ({"trace_seconds": "3"}, "seconds is '3'"),
        ],
    )
    async def test_settings_that_do_not_fit_stop_the_run(self, server, changed, named):
        with pytest.raises(InvalidInputError, match=named):
            await compute_score("toy", RESPONSE, "", **self.settings(server, **changed))
