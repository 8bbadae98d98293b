"""The picture with its defects boxed and numbered, as the table and the page number them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from verl_visual_sdpo.inspection.trace.marking import RED, mark
from verl_visual_sdpo.report.findings import Finding
from verl_visual_sdpo.types import Scene

MILD_COLOR, SEVERE_COLOR = (217, 119, 6), RED  # amber, red


def annotate(scene: Scene, found: Sequence[Finding]) -> Image.Image:
    """The scene's picture in RGB with a frame around every box of every finding, the first of each numbered.

    The worst are drawn last, on top. The scene must hold its picture (``image`` not empty).
    """
    picture = Image.open(io.BytesIO(scene.image)).convert("RGB")
    for finding in reversed(found):
        mark(picture, finding.defect.boxes, finding.number, SEVERE_COLOR if finding.severe else MILD_COLOR)
    return picture


def annotated_png(scene: Scene, found: Sequence[Finding]) -> bytes:
    """:func:`annotate` as PNG bytes."""
    out = io.BytesIO()
    annotate(scene, found).save(out, format="PNG", optimize=True)
    return out.getvalue()
