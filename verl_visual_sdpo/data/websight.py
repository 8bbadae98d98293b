"""WebSight (``HuggingFaceM4/WebSight``, v0.2, arXiv 2403.09029): pages that a model wrote, styled with Tailwind.

A row: ``image`` (screenshot), ``text`` (the HTML), ``llm_generated_idea`` (what the page is about). v0.2 links the
style sheet of Tailwind 2 from a public host: the renderer answers with a local copy where one is given, without it
such a page has no style and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from verl_visual_sdpo.data.shards import Reject
from verl_visual_sdpo.data.web_pages import PageRecord

DATA_SOURCE = "websight"
COLUMNS = ("text", "llm_generated_idea")
_TAILWIND = re.compile(r"""<(?:script|link)\b[^>]*(?:src|href)\s*=\s*["']?[^"'>]*tailwind""", re.IGNORECASE)


def reader(tailwind: bool) -> Callable[[int, Mapping[str, Any]], PageRecord | Reject]:
    """Reads rows; ``tailwind``: whether the renderer has a local copy for the pages that ask for it."""

    def read(index: int, row: Mapping[str, Any]) -> PageRecord | Reject:
        html = row["text"]
        if not isinstance(html, str) or not html.strip():
            return Reject(index, str(index), "no_html", "the row holds no page")
        if not tailwind and _TAILWIND.search(html):
            return Reject(index, str(index), "tailwind", "the page asks for Tailwind; give a local copy (--tailwind)")
        return PageRecord(index, str(index), html, str(row["llm_generated_idea"] or ""))

    return read
