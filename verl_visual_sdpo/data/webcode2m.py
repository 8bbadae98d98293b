"""WebCode2M (``xcodemind/webcode2m``, arXiv 2404.06369): pages from the wild with inline CSS.

A row: ``image`` (screenshot), ``bbox`` (layout tree as JSON), ``text`` (the HTML), ``score`` (quality by a model),
``scale`` ([width, height] of the screenshot), ``lang``, ``tokens`` ([CSS, HTML] counts), ``hash``. The whole set is
about a terabyte: only the columns that are used are read, as a stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verl_visual_sdpo.data.shards import Reject
from verl_visual_sdpo.data.web_pages import PageRecord

DATA_SOURCE = "webcode2m"
COLUMNS = ("text", "score", "lang", "hash")


def reader(lang: str | None = "en", min_score: float = 0.0) -> Callable[[int, Mapping[str, Any]], PageRecord | Reject]:
    """Reads rows in ``lang`` (None: any) with at least ``min_score``."""

    def read(index: int, row: Mapping[str, Any]) -> PageRecord | Reject:
        name = str(row["hash"] or index)
        if not isinstance(row["text"], str) or not row["text"].strip():
            return Reject(index, name, "no_html", "the row holds no page")
        if lang is not None and row["lang"] != lang:
            return Reject(index, name, "language", f"{row['lang']!r}, {lang!r} asked for")
        if float(row["score"] or 0.0) < min_score:
            return Reject(index, name, "score", f"{row['score']}, {min_score} asked for")
        return PageRecord(index, name, row["text"])

    return read
