"""A browser that no longer draws a page at rest: looked at again, and never the page's fault."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import JobLostError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, page
from verl_visual_sdpo.inspection.sandbox import Upkeep

pytestmark = pytest.mark.browser


def test_a_page_that_is_not_drawn_is_looked_at_again(monkeypatch):
    draw, asked = page._picture, []

    async def now_and_then(*arguments):
        asked.append(arguments[-1])
        if len(asked) < 3 or len(asked) > 3:
            raise page.UndrawnError("no picture came")
        return await draw(*arguments)

    monkeypatch.setattr(page, "_picture", now_and_then)
    with WebRenderer(timeout=60.0, cache_size=0, upkeep=Upkeep(retries=0)) as renderer:
        rendering = renderer.render(bare_program("<p>at last", "web"))
        assert rendering.execution.ok and rendering.execution.attempts == 1
        assert asked == list(page.PICTURE_SECONDS)
        with pytest.raises(JobLostError, match="no picture came"):
            renderer.render(bare_program("<p>never", "web"))
        assert renderer.statistics.pool.died == 1
