"""Renderings in memory: by all that decides a picture, once also at the same time, failures not kept."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from waiting import wait_until

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.render import cache
from verl_visual_sdpo.inspection.render.cache import RenderingCache, rendering_key, versions
from verl_visual_sdpo.types import Execution, Rendering

DRAWN = Rendering(Execution("ok", seconds=0.5, attempts=1))


def test_a_key_holds_program_domain_options_and_versions(monkeypatch):
    keys = {
        rendering_key("x = 1", "chart", {}),
        rendering_key("x = 2", "chart", {}),
        rendering_key("x = 1", "web", {}),
        rendering_key("x = 1", "chart", {"max_pixels": 10}),
        rendering_key("x = '\ud800'", "chart", {}),
    }
    assert len(keys) == 5 and rendering_key("x = 1", "chart", {}) in keys
    monkeypatch.setattr(cache, "versions", lambda: ("matplotlib 1.0",))
    assert rendering_key("x = 1", "chart", {}) not in keys


def test_versions_name_what_draws_and_are_looked_up_once(monkeypatch):
    assert {text.split()[0] for text in versions()} >= {"python", "matplotlib", "numpy", "pillow", "renderer"}
    monkeypatch.setattr(cache, "_version", lambda _: pytest.fail("looked up again"))
    rendering_key("x = 1", "chart", {})


def test_callers_at_the_same_time_share_one_rendering():
    kept, made, begun, go = RenderingCache(4), [], threading.Event(), threading.Event()

    def make():
        made.append(None)
        begun.set()
        go.wait()
        return DRAWN

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(kept.get, "key", make)
        begun.wait()
        others = [threads.submit(kept.get, "key", make) for _ in range(7)]
        wait_until(lambda: kept.statistics.joined == 7, "all others wait")
        assert not first.done()
        go.set()
    assert first.result() is DRAWN and len(made) == 1
    assert all(one.result().execution.cached and one.result().execution.attempts == 0 for one in others)
    assert kept.statistics.statuses == {"ok": 8}


def test_a_failure_reaches_everyone_who_waits_and_is_not_kept():
    kept, begun, go = RenderingCache(4), threading.Event(), threading.Event()

    def fail():
        begun.set()
        go.wait()
        raise SandboxError("worker died")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.get, "key", fail)
        begun.wait()
        second = threads.submit(kept.get, "key", lambda: DRAWN)
        wait_until(lambda: kept.statistics.joined, "the other waits")
        assert not first.done()
        go.set()
    for one in (first, second):
        with pytest.raises(SandboxError, match="worker died"):
            one.result()
    assert kept.get("key", lambda: DRAWN) is DRAWN


def test_without_a_size_everything_is_made_anew():
    kept = RenderingCache(0)
    assert not any(kept.get("key", lambda: DRAWN).execution.cached for _ in range(3))
    assert kept.statistics.misses == 3
