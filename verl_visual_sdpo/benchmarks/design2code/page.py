"""One self-contained page: every task's page beside the answer's, worst first."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from PIL import Image

from verl_visual_sdpo.benchmarks.design2code.table import LABELS

TEMPLATE = "page.html.jinja"
WIDTH, TALLEST = 460, 700  # px of a picture on the page
SHOWN = ("block", "text", "position", "color", "clip", "pixels")


def page(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], out: Path) -> str:
    """The page as HTML text; ``found`` is the summary, ``out`` the folder with ``pictures/``."""
    cards = [
        {
            "row": row,
            "reference": _thumbnail(out / "pictures" / f"{row['id']}.reference.png"),
            "shown": _thumbnail(out / "pictures" / f"{row['id']}.png") if row["status"] == "ok" else None,
        }
        for row in sorted(rows, key=lambda row: (row["four"], row["id"]))
    ]
    text = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(found=found, labels=LABELS, terms=SHOWN, cards=cards)


def _thumbnail(path: Path) -> str | None:
    """A WebP as base64; None where there is no picture."""
    try:
        with Image.open(path) as picture:
            small = picture.convert("RGB")
    except OSError:
        return None
    height = round(small.height * WIDTH / small.width)
    small = small.resize((WIDTH, max(height, 1)), Image.LANCZOS).crop((0, 0, WIDTH, min(max(height, 1), TALLEST)))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=72)
    return base64.b64encode(out.getvalue()).decode("ascii")
