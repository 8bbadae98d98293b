"""Planting one defect of a kind at a known statement of a clean chart, and changes that are no defect.

A planter edits or inserts one statement of a program, using what the chart says of itself and no threshold of any
detector. It returns the spoilt program and the line that is to blame, or None where the chart has no room for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from chart_programs import Chart


@dataclass(frozen=True)
class Planted:
    source: str
    line: int
    statement: str


# --------------------------------------------------------------------------- editing programs


def insert(source: str, statement: str, before: str = "fig.savefig") -> Planted:
    """Insert a statement in front of the last line that starts with ``before``."""
    lines = source.split("\n")
    at = max(i for i, line in enumerate(lines) if line.startswith(before))
    lines.insert(at, statement)
    return Planted("\n".join(lines), at + 1, statement)


def edit(source: str, pattern: str, replacement: str) -> Planted | None:
    """Rewrite the last statement that matches ``pattern`` (a regular expression)."""
    lines = source.split("\n")
    for i in reversed(range(len(lines))):
        if re.search(pattern, lines[i]):
            lines[i] = re.sub(pattern, replacement, lines[i], count=1)
            return Planted("\n".join(lines), i + 1, lines[i].strip())
    return None


def _call(name: str) -> str:
    """A call on an axes or on pyplot up to its closing bracket: ``title`` finds set_title and plt.title."""
    return rf"(\.(?:set_)?{name}\(.*)\)$"


def _layout(chart: Chart) -> str:
    """How the line of the automatic layout begins: what stands before it is given room."""
    return "plt.tight_layout" if "plt.tight_layout" in chart.source else "fig.tight_layout"


# --------------------------------------------------------------------------- defects


def text_overlap(chart: Chart, rng: random.Random) -> Planted | None:
    ax = chart.axes[-1]
    on_title = f'{ax}.text(0.5, 1.03, "Preliminary figures", transform={ax}.transAxes, ha="center", fontsize=12)'
    twice = f'{ax}.annotate("{{}}", (0.97, {{}}), xycoords="axes fraction", ha="right", bbox=dict(fc="white"))'
    below = insert(chart.source, twice.format("from the last survey", 0.05)).source
    choices = [insert(chart.source, on_title), insert(below, twice.format("unweighted", 0.07))]
    if len(chart.axes) == 1:
        choices += [insert(chart.source, 'fig.suptitle("A second, longer heading", y=0.97)')]
        wide = r'xlabel("\1, in the order in which they were reported to us", labelpad=-12)'
        choices += [edit(chart.source, r'xlabel\("([^"]*)"\)', wide)]
    return rng.choice([c for c in choices if c])


def canvas_overflow(chart: Chart, rng: random.Random) -> Planted | None:
    ax = chart.axes[-1]
    long_title = edit(
        chart.source,
        r'title\(f?"([^"]*)"\)',
        r'title("\1 in all regions, months and years for which there are figures", fontsize=18)',
    )
    beside = insert(
        chart.source, f'{ax}.text(1.0, 0.4, "   provisional figures from the survey", transform={ax}.transAxes)'
    )
    footer = insert(chart.source, 'fig.text(0.8, 0.5, "Source: yearly survey of all the members")')
    no_margin = insert(chart.source, "fig.subplots_adjust(left=0.015)")
    below = insert(chart.source, "fig.subplots_adjust(bottom=0.01)")
    choices = [beside, footer] + ([long_title] if len(chart.axes) == 1 else [])
    if "ylabel" in chart.source:
        choices += [no_margin, below]
    return rng.choice([c for c in choices if c])


def text_clipped(chart: Chart, rng: random.Random) -> Planted | None:
    if "pie" in chart.traits:
        return None
    ax = chart.axes[0]
    x, y, ha = rng.choice(((0.9, 0.55, "left"), (0.06, 0.5, "right"), (0.93, 0.94, "left")))
    where = f'ha="{ha}", transform={ax}.transAxes, clip_on=True, bbox=dict(fc="white")'
    return insert(chart.source, f'{ax}.text({x}, {y}, "best of all the years", {where})')


def axes_clipped(chart: Chart, rng: random.Random) -> Planted | None:
    return insert(chart.source, chart.limit) if chart.limit else None


def legend_covers_data(chart: Chart, rng: random.Random) -> Planted | None:
    if not chart.legend:
        return None
    if rng.random() < 0.3:
        anchor = f'loc="{chart.legend}", bbox_to_anchor=(0, 0, 1, 1), title="Which one"'
        return insert(chart.source, f"{chart.axes[0]}.legend({anchor})")
    if "legend" in chart.traits:
        return edit(chart.source, r"ax\.legend\(.*\)$", f'ax.legend(loc="{chart.legend}")')
    return insert(chart.source, f'{chart.axes[0]}.legend(loc="{chart.legend}", fontsize={rng.choice((11, 14))})')


def tick_labels_collide(chart: Chart, rng: random.Random) -> Planted | None:
    """Long words or large ones where the chart has names; otherwise too many numbers (matplotlib's own locator thins
    numbers out when their font grows)."""
    ax = chart.axes[0]
    if chart.words:
        wrong = (
            f"{ax}.set_xticks({ax}.get_xticks(), ['the department of ' + t.get_text() for t in {ax}.get_xticklabels()])"
        )
        large = f'{ax}.tick_params(axis="x", labelsize={rng.choice((56, 64))})'
        return insert(chart.source, rng.choice((wrong, large)), before="fig.tight_layout")
    if "pie" in chart.traits or chart.kind in {"barh", "panels in a row", "log line"}:
        return None
    dense = f"{ax}.set_xticks(np.linspace(*{ax}.get_xlim(), {rng.choice((50, 70))}))"
    return insert(chart.source, dense, before=_layout(chart))


def low_contrast(chart: Chart, rng: random.Random) -> Planted | None:
    faint = rng.choice(("lightgray", "#e8e8e8", "lightyellow", "#ffe0e0", "whitesmoke", "#cfe8ff"))
    choices = [edit(chart.source, _call(name), rf'\1, color="{faint}")') for name in ("title", "xlabel", "ylabel")]
    if "pie" not in chart.traits:
        choices += [insert(chart.source, f'{chart.axes[-1]}.tick_params(axis="y", labelcolor="{faint}")')]
        choices += [insert(chart.source, f'plt.rcParams["axes.labelcolor"] = "{faint}"', before="import numpy")]
    if chart.kind == "bar":
        white = 'ax.bar_label(ax.containers[0], label_type="center", color="white", backgroundcolor="#f0f0f0")'
        choices += [insert(chart.source, white)]
    return rng.choice([c for c in choices if c])


def tiny_text(chart: Chart, rng: random.Random) -> Planted | None:
    size = rng.choice((2, 3, 3.5, 4))
    choices = [edit(chart.source, _call(name), rf"\1, fontsize={size})") for name in ("title", "xlabel", "ylabel")]
    if "pie" not in chart.traits:
        choices += [insert(chart.source, f"{chart.axes[-1]}.tick_params(labelsize={size})")]
        choices += [insert(chart.source, f'plt.rcParams["axes.titlesize"] = {size}', before="import numpy")]
    if "legend" in chart.traits:
        choices += [edit(chart.source, r"(ax\.legend\(.*)\)$", rf"\1, fontsize={size})")]
    return rng.choice([c for c in choices if c])


def misaligned_panels(chart: Chart, rng: random.Random) -> Planted | None:
    if len(chart.axes) < 2:
        return None
    ax = rng.choice(chart.axes)
    dx, dy = rng.choice((0.006, -0.008, 0.01)), rng.choice((0.015, -0.018, 0.012))
    moved = f"np.add({ax}.get_position().bounds, ({dx}, {dy}, 0, 0))"
    return insert(chart.source, f"{ax}.set_position({moved})")


def panels_overlap(chart: Chart, rng: random.Random) -> Planted | None:
    if len(chart.axes) < 2:
        return None
    rows = chart.kind != "panels in a row"
    columns = chart.kind != "stacked panels"
    choices = [insert(chart.source, "fig.subplots_adjust(hspace=0.02)")] if rows else []
    choices += [insert(chart.source, "fig.subplots_adjust(wspace=0.0)")] if columns else []
    ax, other = chart.axes[-1], chart.axes[-2]
    onto = f"{ax}.set_position(np.add({other}.get_position().bounds, ({0.1 * columns}, {-0.1 * (not columns)}, 0, 0)))"
    return rng.choice([*choices, insert(chart.source, onto)])


def empty_axes(chart: Chart, rng: random.Random) -> Planted | None:
    if chart.spare is None:
        return None
    before, after = chart.spare
    return edit(chart.source, "^" + re.escape(before) + "$", after.replace("\\", r"\\"))


def text_over_data(chart: Chart, rng: random.Random) -> Planted | None:
    if not chart.on_data:
        return None
    words = rng.choice(("the middle of the period", "half of all that was seen", "where the trend turns"))
    centred = f'ha="center", va="center", fontsize={rng.choice((10, 13, 16))}'
    return insert(chart.source, f'{chart.axes[0]}.text({chart.on_data}, "{words}", {centred})')


PYPLOT = {
    "ax.set_title(": "plt.title(",
    "ax.set_xlabel(": "plt.xlabel(",
    "ax.set_ylabel(": "plt.ylabel(",
    "ax.set_ylim(": "plt.ylim(",
    "ax.set_xlim(": "plt.xlim(",
    "ax.set_xticks(": "plt.xticks(",
    **{
        f"ax.{name}(": f"plt.{name}("
        for name in ("plot", "bar", "scatter", "hist", "text", "legend", "tick_params", "annotate")
    },
    "fig.tight_layout(": "plt.tight_layout(",
}


def as_pyplot(source: str) -> str:
    """The same program in pyplot's words, line by line (for charts with one axes)."""
    for method, function in PYPLOT.items():
        source = re.sub(rf"(?<![\w.]){re.escape(method)}", function, source)
    return source


PLANTERS: dict[str, Callable[[Chart, random.Random], Planted | None]] = {
    "text-overlap": text_overlap,
    "canvas-overflow": canvas_overflow,
    "text-clipped": text_clipped,
    "axes-clipped": axes_clipped,
    "legend-covers-data": legend_covers_data,
    "tick-labels-collide": tick_labels_collide,
    "low-contrast": low_contrast,
    "tiny-text": tiny_text,
    "misaligned-panels": misaligned_panels,
    "panels-overlap": panels_overlap,
    "empty-axes": empty_axes,
    "text-over-data": text_over_data,
}

# --------------------------------------------------------------------------- controls


def controls(chart: Chart) -> list[tuple[str, str]]:
    """(name, program) of changes that a detector must not report."""
    ax, source = chart.axes[0], chart.source

    def before_layout(statement: str) -> str:
        return insert(source, statement, before=_layout(chart)).source

    result = [
        ("resized", before_layout("fig.set_size_inches(10, 7)")),
        ("heading", before_layout('fig.suptitle("An overview", fontweight="bold")')),
        (
            "title to the left",
            before_layout(f'{ax}.set_title("Title", loc="left", fontweight="bold")') if len(chart.axes) > 1 else source,
        ),
        ("no frame", before_layout(f'{ax}.spines[["top", "right"]].set_visible(False)')),
        ("dark text", before_layout('plt.setp(fig.axes[0].get_xticklabels(), color="#444444")')),
        ("tick labels turned", before_layout(f'{ax}.tick_params(axis="x", rotation=45)')),
    ]
    if "pie" not in chart.traits:
        result += [
            ("grid", before_layout(f'{ax}.grid(True, ls=":", alpha=0.5)')),
            ("wider view", before_layout(f"{ax}.margins(0.2)")),
            (
                "legend beside",
                before_layout(
                    f'{ax}.legend([{ax}.get_children()[0]], ["data"], loc="upper left", bbox_to_anchor=(1.25, 1))'
                ),
            ),
            ("reference line", before_layout(f'{ax}.axhline(np.mean({ax}.get_ylim()), color="black", lw=0.8)')),
        ]
    return result
