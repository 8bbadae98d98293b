"""Pages of many kinds: what is seen of them, where it lies, and who owns it, as their own comments tell."""

from __future__ import annotations

import pytest
import web_expectations as pages

from verl_visual_sdpo.inspection.render.web import WebRenderer

pytestmark = pytest.mark.browser

OWNED_AT_LEAST = 0.99


@pytest.fixture(scope="module")
def renderer():
    with WebRenderer(workers=1, timeout=30.0) as made:
        yield made


@pytest.mark.parametrize("path", pages.PAGES, ids=lambda p: p.stem)
def test_a_page_is_seen_as_it_says(path, renderer):
    program, expected = pages.page(path)
    rendering = renderer.render(program)
    assert rendering.execution.status == "ok", rendering.execution.error
    assert not pages.mistakes(program, rendering, expected)
    elements = rendering.scenes[0].elements
    owned = sum(any(o.tie == "created" for o in e.owners) for e in elements)
    assert owned >= OWNED_AT_LEAST * len(elements)
    count = len(program.statements)
    assert all(0 <= o.statement < count for e in elements for o in e.owners)
    assert [e.id for e in elements] == list(range(len(elements)))
    assert all(e.parent is None or e.parent < e.id for e in elements)
