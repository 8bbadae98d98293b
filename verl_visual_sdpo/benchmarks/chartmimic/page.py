"""One self-contained page: every task's reference beside what was drawn for it, with scores, to be filtered by score.

No network, no script library; the pictures are embedded, small, and decoded when they come into view.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from PIL import Image

from verl_visual_sdpo.benchmarks.chartmimic.data import Split
from verl_visual_sdpo.benchmarks.chartmimic.table import LABELS
from verl_visual_sdpo.inspection.fidelity.chart import TERMS

TEMPLATE = "page.html.jinja"
WIDTH = 460  # px of a picture on the page
QUALITY = 72  # of WebP


@dataclass(frozen=True, slots=True)
class Thumbnail:
    width: int
    height: int
    webp: str


@dataclass(frozen=True, slots=True)
class Card:
    """One task; ``shown`` None where nothing was drawn or the picture is gone."""

    row: Mapping[str, Any]
    reference: Thumbnail | None
    shown: Thumbnail | None


def page(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], split: Split, out: Path) -> str:
    """The page as HTML text; ``found`` is the summary, ``out`` the folder with ``pictures/``."""
    pictures = {example.id: example.picture for example in split.examples}
    cards = []
    for row in sorted(rows, key=lambda row: (row["low"], row["id"])):
        reference = pictures.get(row["id"]) or out / "pictures" / f"{row['id']}.reference.png"
        shown = out / "pictures" / f"{row['id']}.png" if row["status"] == "ok" else None
        cards.append(Card(row, _thumbnail(reference), _thumbnail(shown)))
    return _template().render(found=found, labels=LABELS, terms=TERMS, cards=cards)


def _thumbnail(path: Path | None) -> Thumbnail | None:
    if path is None or not path.is_file():
        return None
    try:
        with Image.open(path) as picture:
            small = picture.convert("RGB")
    except OSError:  # not a picture; the page says that there is none
        return None
    small.thumbnail((WIDTH, 2 * WIDTH), Image.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY)
    return Thumbnail(*small.size, base64.b64encode(out.getvalue()).decode("ascii"))


def _template() -> Any:
    text = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        text
    )
