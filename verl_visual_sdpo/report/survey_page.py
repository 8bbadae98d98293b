"""``index.html`` of many programs: totals, and a table to sort and filter that leads to each program's page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from verl_visual_sdpo.report.contact_sheet import verdict
from verl_visual_sdpo.report.inspect_page import environment
from verl_visual_sdpo.report.survey import RESULTS, totals

TEMPLATE = "survey_page.html.jinja"


def survey_page(rows: Sequence[dict[str, Any]], title: str, sheets: Sequence[str]) -> str:
    """The page as HTML text; thumbnails and pages are linked by the paths in the rows, ``sheets`` are file names."""
    common = os.path.commonpath([os.path.dirname(row["id"]) for row in rows]) if _are_paths(rows) else ""
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            title=title,
            rows=rows,
            totals=totals(rows),
            sheets=sheets,
            results=RESULTS,
            verdict=verdict,
            short=lambda name: os.path.relpath(name, common) if common else name,
        )
    )


def _are_paths(rows: Sequence[dict[str, Any]]) -> bool:
    ids = [row["id"] for row in rows]
    return len(ids) > 1 and all(row["id"] == row["file"] for row in rows) and len({os.path.isabs(i) for i in ids}) == 1
