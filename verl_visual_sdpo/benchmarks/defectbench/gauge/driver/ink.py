"""What a figure shows, measured by drawing its artists one by one on an empty canvas and looking at the ink.

All lengths are px at the figure's own dpi, origin top-left. A mask is (left, top, boolean array): the ink of an artist,
cropped to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text
from outline import data_artists, is_field, is_mark, points_outside, walk_axes, walk_texts

INK = 40
"""Alpha (of 255) from which a pixel counts as ink."""
MOST_TEXTS, MOST_HIDDEN = 300, 12
EDGE = 40
"""How far (of 255) neighbouring px differ where a shape ends."""

Mask = tuple[int, int, np.ndarray]


def facts(figure: Figure, hidden: bool) -> dict[str, Any]:
    """Everything the benchmark asks about a figure, as JSON values."""
    figure.canvas.draw()
    width, height = (int(v) for v in figure.canvas.get_width_height())
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(float)
    paper = _Paper(width, height, figure.dpi)
    axes = list(walk_axes(figure))
    marks, areas = _data_masks(axes, paper)
    edges = _edges(axes, paper)
    texts, masks = [], []
    for text, role, panel in islice(walk_texts(figure, axes), MOST_TEXTS):
        mask = paper.mask([text])
        if mask is not None or (not _is_clipped(text) and _extent(text, paper) is not None):
            texts.append(_text_facts(text, role, panel, mask, paper, picture, marks, areas))
            masks.append(mask)
    return {
        "size": [width, height],
        "texts": texts,
        "overlaps": list(_overlaps(masks)),
        "axes": [{**_axes_facts(ax, paper), "covers": _covered_by(ax, axes, paper)} for ax in axes],
        "legends": [_legend_facts(legend, index, paper, edges) for legend, index in _legends(figure, axes)],
        "marks": int(marks.sum()),
        "hidden": list(_hidden(figure, axes, paper, picture)) if hidden else [],
    }


class _Paper:
    """An empty canvas of the figure's size on which single artists are drawn."""

    def __init__(self, width: int, height: int, dpi: float) -> None:
        self.width, self.height = width, height
        self.renderer = RendererAgg(width, height, dpi)

    def mask(self, artists: Iterable[Artist], *, clip: bool = True) -> Mask | None:
        """The ink of the artists, or None when they leave none on the canvas."""
        self.renderer.clear()
        for artist in artists:
            self._draw(artist, clip)
        alpha = np.asarray(self.renderer.buffer_rgba())[..., 3] > INK
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not len(rows):
            return None
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        return int(left), int(top), alpha[top:bottom, left:right].copy()

    def _draw(self, artist: Artist, clip: bool) -> None:
        clipped = artist.get_clip_on()
        try:
            if not clip:
                artist.set_clip_on(False)
            if isinstance(artist, Text):
                Text.draw(artist, self.renderer)  # without the arrow of an annotation
            else:
                artist.draw(self.renderer)
        except Exception:  # some artists only draw as part of their figure
            return
        finally:
            artist.set_clip_on(clipped)


# --------------------------------------------------------------------------- texts


def _extent(artist: Artist, paper: _Paper) -> list[float] | None:
    try:
        box = artist.get_window_extent(paper.renderer)
    except Exception:
        return None
    values = [box.x0, paper.height - box.y1, box.x1, paper.height - box.y0]
    return [round(float(v), 2) for v in values] if np.all(np.isfinite(values)) else None


def _text_facts(
    text: Text, role: str, panel: int, mask: Mask | None, paper: _Paper, picture: np.ndarray, marks, areas
) -> dict[str, Any]:
    box = _extent(text, paper) or [0.0, 0.0, 0.0, 0.0]
    ink = 0 if mask is None else int(mask[2].sum())
    whole = _ink(paper.mask([text], clip=False)) if _is_clipped(text) else ink
    return {
        "string": text.get_text(),
        "role": role,
        "axes": panel,
        "box": box,
        "ink": ink,
        "cut": 1 - ink / whole if whole else 0.0,
        "outside": _outside(box, paper),
        "size": float(text.get_fontsize()) * paper.renderer.dpi / 72,
        "color": to_hex(text.get_color()),
        "contrast": _contrast(text, mask, picture),
        "on_marks": _shared(mask, marks),
        "on_areas": _shared(mask, areas),
        "frame": text.get_bbox_patch() is not None,
    }


def _is_clipped(text: Text) -> bool:
    """Tick labels say that they are, without anything to be clipped to."""
    return text.get_clip_on() and (text.get_clip_box() is not None or text.get_clip_path() is not None)


def _ink(mask: Mask | None) -> int:
    return 0 if mask is None else int(mask[2].sum())


def _outside(box: list[float], paper: _Paper) -> float:
    """The share of a box that lies beyond the canvas."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    inside = max(min(right, paper.width) - max(left, 0), 0) * max(min(bottom, paper.height) - max(top, 0), 0)
    return 1 - inside / area if area > 0 else 0.0


def _shared(mask: Mask | None, full: np.ndarray) -> int:
    if mask is None:
        return 0
    left, top, ink = mask
    return int((ink & full[top : top + ink.shape[0], left : left + ink.shape[1]]).sum())


def _contrast(text: Text, mask: Mask | None, picture: np.ndarray) -> float:
    """Ratio of luminances (WCAG's formula) of the text's colour and the median of the picture around its glyphs."""
    if mask is None:
        return 21.0
    left, top, ink = mask
    around = ~_grown(ink)
    patch = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    if not around.any() or text.get_bbox_patch() is not None:
        around = np.ones_like(ink)
    ground = np.median(patch[around], axis=0) / 255
    *rgb, alpha = to_rgba(text.get_color(), text.get_alpha())
    shown = np.asarray(rgb) * alpha + ground * (1 - alpha)
    high, low = sorted((_luminance(shown), _luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _grown(ink: np.ndarray) -> np.ndarray:
    padded = np.pad(ink, 1)
    height, width = ink.shape
    return np.logical_or.reduce([padded[i : i + height, j : j + width] for i in range(3) for j in range(3)])


def _overlaps(masks: list[Mask | None]) -> Iterator[list[int]]:
    """[i, j, px, px of the smaller] for texts whose ink touches, the first one's grown by a pixel."""
    for i, first in enumerate(masks):
        for j in range(i):
            second = masks[j]
            if first is None or second is None:
                continue
            touching = _touching(first, second)
            if touching:
                yield [j, i, touching, min(_ink(first), _ink(second))]


def _touching(first: Mask, second: Mask) -> int:
    (x, y, a), (u, v, b) = first, second
    left, top = max(x - 1, u), max(y - 1, v)
    right, bottom = min(x + a.shape[1] + 1, u + b.shape[1]), min(y + a.shape[0] + 1, v + b.shape[0])
    if left >= right or top >= bottom:
        return 0
    grown = _grown(np.pad(a, 1))
    mine = grown[top - y + 1 : bottom - y + 1, left - x + 1 : right - x + 1]
    return int((mine & b[top - v : bottom - v, left - u : right - u]).sum())


# --------------------------------------------------------------------------- axes, data, legends


def _data_masks(axes: list[Any], paper: _Paper) -> tuple[np.ndarray, np.ndarray]:
    """Full-size masks of all lines and marks, and of all filled areas."""
    full = []
    for wanted in (True, False):
        mask = paper.mask(a for ax in axes for a in data_artists(ax) if is_mark(a) is wanted)
        canvas = np.zeros((paper.height, paper.width), bool)
        if mask is not None:
            left, top, ink = mask
            canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        full.append(canvas)
    return full[0], full[1]


def _axes_facts(ax: Any, paper: _Paper) -> dict[str, Any]:
    box = ax.bbox
    outside, beside, points = points_outside(ax)
    content = bool(data_artists(ax) or ax.texts or ax.tables or ax.images or ax.get_legend() or ax.child_axes)
    return {
        "box": [float(v) for v in (box.x0, paper.height - box.y1, box.x1, paper.height - box.y0)],
        "visible": ax.get_visible(),
        "framed": bool(ax.axison),
        "plain": ax.name == "rectilinear",
        "colorbar": hasattr(ax, "_colorbar"),
        "content": content,
        "outside": outside,
        "beside": beside,
        "points": points,
        "ticks": {name: _tick_strings(ax, name) for name in ("x", "y")},
    }


def _covered_by(ax: Any, axes: list[Any], paper: _Paper) -> int:
    """The px under an axes at which the data of the larger axes that it stands in changes its colour."""
    box = ax.bbox
    hosts = [o for o in axes if o.bbox.width * o.bbox.height > 1.1 * box.width * box.height and _within(box, o.bbox)]
    if not hosts:
        return 0
    left, right, top, bottom = (max(int(v), 0) for v in (box.x0, box.x1, paper.height - box.y1, paper.height - box.y0))
    return int(_edges(hosts, paper)[top:bottom, left:right].sum())


def _within(inner: Any, outer: Any) -> bool:
    """Whether most of one box lies in another."""
    width = min(inner.x1, outer.x1) - max(inner.x0, outer.x0)
    height = min(inner.y1, outer.y1) - max(inner.y0, outer.y0)
    return max(width, 0) * max(height, 0) > 0.9 * inner.width * inner.height


def _tick_strings(ax: Any, name: str) -> list[str]:
    axis = getattr(ax, f"{name}axis", None)
    return [] if axis is None else [tick.label1.get_text() for tick in axis.get_major_ticks()]


def _legends(figure: Figure, axes: list[Any]) -> Iterator[tuple[Any, int]]:
    for index, ax in enumerate(axes):
        if ax.get_legend() is not None and ax.get_legend().get_visible():
            yield ax.get_legend(), index
    yield from ((legend, -1) for legend in figure.legends)


def _legend_facts(legend: Any, index: int, paper: _Paper, edges: np.ndarray) -> dict[str, Any]:
    box = _extent(legend.get_frame(), paper) or [0.0, 0.0, 0.0, 0.0]
    left, top, right, bottom = (max(int(v), 0) for v in box)
    inside = (slice(top, bottom), slice(left, right))
    return {
        "axes": index,
        "box": box,
        "outside": _outside(box, paper),
        "covers": int(edges[inside].sum()),
        "entries": len(legend.get_texts()),
    }


def _edges(axes: list[Any], paper: _Paper) -> np.ndarray:
    """Where the drawn data changes its colour: what is lost when something lies on it. Fields (pictures, meshes) are
    left out: they go on below whatever lies on them."""
    paper.mask(a for ax in axes for a in data_artists(ax) if not is_field(a))
    drawn = np.asarray(paper.renderer.buffer_rgba()).astype(np.int16)
    edges = np.zeros(drawn.shape[:2], bool)
    edges[1:] |= np.abs(np.diff(drawn, axis=0)).max(axis=-1) > EDGE
    edges[:, 1:] |= np.abs(np.diff(drawn, axis=1)).max(axis=-1) > EDGE
    return edges


def _hidden(figure: Figure, axes: list[Any], paper: _Paper, picture: np.ndarray) -> Iterator[dict[str, Any]]:
    """How much of each artist can be seen: what changes in the picture when it is left out, against its own ink."""
    texts = [(t, role, panel) for t, role, panel in walk_texts(figure, axes) if role not in ("xtick", "ytick")]
    data = [(a, "data", i) for i, ax in enumerate(axes) for a in data_artists(ax)]
    for artist, role, panel in [*texts[:MOST_HIDDEN], *data[:MOST_HIDDEN]]:
        mask = paper.mask([artist])
        if mask is None:
            continue
        artist.set_visible(False)
        figure.canvas.draw()
        without = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(float)
        artist.set_visible(True)
        left, top, ink = mask
        window = (slice(top, top + ink.shape[0]), slice(left, left + ink.shape[1]))
        seen = (np.abs(picture[window] - without[window]).max(axis=-1) > 8) & ink
        box = [left, top, left + ink.shape[1], top + ink.shape[0]]
        name = artist.get_text() if role != "data" else f"{type(artist).__name__} {panel}"
        yield {"role": role, "axes": panel, "string": name, "box": box, "seen": float(seen.sum() / ink.sum())}
    figure.canvas.draw()
