"""What tables, charts and pictures of a deck hold: cells as frames of their own, facts in the style of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pptx.oxml.ns import qn
from slide_frames import Frame
from slide_theme import TextStyle, Theme

ANCHORS = {"t": "top", "ctr": "middle", "b": "bottom"}
CELL_INSETS = {"marL": 91440, "marT": 45720, "marR": 91440, "marB": 45720}
_SIDES = ("left", "top", "right", "bottom")


def cells(frame: Frame, table: Any, scale: float, theme: Theme, layers: list[Any]) -> Iterator[Frame]:
    """The cells of a table, row by row, without those that others have swallowed. Also notes the facts of the table.

    ``layers`` are the text styles that its cells go back to.
    """
    columns, rows = list(table.columns), list(table.rows)
    frame.style |= {"rows": len(rows), "columns": len(columns)}
    widths = [float(c.width or 0) * scale for c in columns]
    heights = [float(r.height or 0) * scale for r in rows]
    left, top, asked = frame.box[0], frame.box[1], frame.box[3] - frame.box[1]
    frame.box = (left, top, left + sum(widths), top + sum(heights))
    frame.style["declared_height"] = round(max(asked, sum(heights)), 2)
    grid = frame.element.find(".//" + qn("a:tblGrid"))
    for r, row in enumerate(frame.element.iter(qn("a:tr"))):
        for c, cell in enumerate(row.findall(qn("a:tc"))[: len(widths)]):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            spans = [int(cell.get(n, "1")) if cell.get(n, "1").isdigit() else 1 for n in ("rowSpan", "gridSpan")]
            x, y = left + sum(widths[:c]), top + sum(heights[:r])
            w, h = sum(widths[c : c + spans[1]]), sum(heights[r : r + spans[0]])
            style = {
                "row": r,
                "column": c,
                "row_span": spans[0],
                "col_span": spans[1],
                "declared_height": round(h, 2),
            }
            properties = cell.find(qn("a:tcPr"))
            fill, face, alpha = theme.fill(properties)
            style |= {"fill": fill, "face": face, "alpha": round(alpha, 3), "wrap": True}
            anchor = "t" if properties is None else properties.get("anchor", "t")
            style["anchor"] = ANCHORS.get(anchor, "top")
            for name, side in zip(CELL_INSETS, ("left", "top", "right", "bottom")):
                text = "" if properties is None else properties.get(name, "")
                emu = float(text) if text.isdigit() else float(CELL_INSETS[name])
                style[f"inset_{side}"] = round(emu * scale, 2)
            body = cell.find(qn("a:txBody"))
            own = None if body is None else body.find(qn("a:lstStyle"))
            more = (row, *([grid[c]] if grid is not None and c < len(grid) else []))
            yield Frame(
                "table-cell",
                (x, y, x + w, y + h),
                frame.part,
                cell,
                parent=frame,
                style=style,
                body=body,
                text_kind="cell-text",
                text_style=TextStyle([own, *layers]),
                more=more,
            )


def chart_facts(frame: Frame, shape: Any) -> None:
    """Note what kind of chart a frame holds, and how much."""
    try:
        chart = shape.chart
        frame.chart_part = str(chart.part.partname)
        plots = list(chart.plots)
        series = [s for plot in plots for s in plot.series]
        points = sum(len(list(s._element.iter(qn("c:val"), qn("c:yVal")))) and _points(s) for s in series)
        categories = len(plots[0].categories) if plots else 0
        name = chart.chart_type.name if plots else ""
        facts = {"chart_type": name, "series": len(series), "categories": categories, "points": points}
        frame.style |= facts | {"has_title": bool(chart.has_title), "has_legend": bool(chart.has_legend)}
    except (
        KeyError,
        ValueError,
        NotImplementedError,
        AttributeError,
        IndexError,
    ):  # a kind python-pptx cannot name
        frame.style |= {"chart_type": "", "series": 0, "categories": 0, "points": 0}


def picture_facts(frame: Frame, shape: Any) -> None:
    """Note how large a picture is by itself, what of it is shown, and how far that is stretched."""
    crops = [min(max(float(getattr(shape, f"crop_{s}", 0.0) or 0.0), -10.0), 0.999) for s in _SIDES]
    frame.style |= {f"crop_{side}": round(crop, 4) for side, crop in zip(_SIDES, crops)}
    try:
        width, height = shape.image.size
    except (KeyError, ValueError, AttributeError, OSError):  # linked, missing, or of a kind that is not read
        return
    w, h = frame.box[2] - frame.box[0], frame.box[3] - frame.box[1]
    across, down = 1 - crops[0] - crops[2], 1 - crops[1] - crops[3]
    frame.style |= {"natural_width": width, "natural_height": height}
    if min(width, height, w, h) > 0 and across > 0 and down > 0:
        shown, natural = w / h, (width * across) / (height * down)
        frame.style |= {"aspect_shown": round(shown, 4), "aspect_natural": round(natural, 4)}
        frame.style["distortion"] = round(shown / natural, 4)


def _points(series: Any) -> int:
    """Values of a series."""
    values = next(series._element.iter(qn("c:val"), qn("c:yVal")), None)
    return 0 if values is None else sum(1 for _ in values.iter(qn("c:pt")))
