"""The report in one picture: the reward curves and one task before and after, for a README."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from matplotlib.figure import Figure
from PIL import Image

from verl_visual_sdpo.report.curves import Curve
from verl_visual_sdpo.report.figures import draw_curves
from verl_visual_sdpo.report.training_page import Example


def hero_png(curves: dict[str, Sequence[Curve]], example: Example | None) -> bytes:
    """PNG: the first two of ``curves`` above, the pictures of ``example`` below."""
    pictures = [("reference", example.reference), *((s.caption, s.picture) for s in example.shots)] if example else []
    figure = Figure(figsize=(11, 6.4 if pictures else 3.4), dpi=110, layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1)) if pictures else (figure, None)
    for ax, (title, drawn) in zip(above.subplots(1, 2), curves.items()):
        draw_curves(ax, drawn, title)
    if pictures:
        for ax, (caption, png) in zip(below.subplots(1, len(pictures), squeeze=False)[0], pictures):
            ax.set_title(caption, fontsize=9)
            ax.axis("off")
            if png:
                ax.imshow(Image.open(io.BytesIO(base64.b64decode(png))))
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
