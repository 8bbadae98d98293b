"""Curves of training runs as matplotlib figures: SVG text for the page, axes for the picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from verl_visual_sdpo.report.curves import Curve

COLORS = {"grpo": "#64748b", "visual_sdpo": "#d9480f"}
NAMES = {"grpo": "GRPO", "visual_sdpo": "Visual-SDPO"}
OTHER = "#0f766e"


def name_of(arm: str) -> str:
    """How an arm is called on the page."""
    return NAMES.get(arm, arm)


def draw_curves(ax: Axes, curves: Sequence[Curve], title: str, x_label: str = "rollouts") -> None:
    """Mean lines with their seeds' spread as a band; points are marked where there are few."""
    for one in curves:
        color = COLORS.get(one.arm, OTHER)
        marker = "o" if len(one.x) <= 20 else ""
        ax.plot(one.x, one.mean, color=color, marker=marker, markersize=4, linewidth=1.8, label=name_of(one.arm))
        if max(one.seeds, default=1) > 1:
            ax.fill_between(one.x, one.low, one.high, color=color, alpha=0.15, linewidth=0)
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xlabel(x_label, fontsize=9)
    ax.tick_params(labelsize=8)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=8, frameon=False)


def curves_svg(curves: Sequence[Curve], title: str) -> str:
    """One chart as an ``<svg>`` element with its text as text."""
    figure = Figure(figsize=(5.2, 3.2), layout="constrained")
    draw_curves(figure.subplots(), curves, title)
    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
