"""The page of slides: every answer with its pictures, terms and defects, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader

MOST = 12  # pictures and defects shown of one answer


def page(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """HTML beside the folder ``pictures/``; texts of the answers are escaped."""
    environment = Environment(loader=PackageLoader("verl_visual_sdpo.benchmarks.aeslides", "."), autoescape=True)
    worst_first = sorted(rows, key=lambda row: (row["average"], row["id"]))
    return environment.get_template("page.html.jinja").render(found=found, rows=worst_first, most=MOST)
