"""How artists look, as JSON scalars in px and hex, and which rcParams reach which kind of element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

MAX_COLORS = 24
"""Colours of a collection that are listed."""
_AUTOMATIC_LAYOUTS = {"tight_layout", "set_layout_engine", "set_tight_layout", "set_constrained_layout"}
_ALIGNMENTS = {"align_labels", "align_xlabels", "align_ylabels", "autofmt_xdate"}
STYLING_FUNCTIONS = frozenset(
    {"tick_params", "set_tick_params", "ticklabel_format", "locator_params", "grid", *_AUTOMATIC_LAYOUTS, *_ALIGNMENTS}
)
"""Library functions that style elements from afar, automatic layouts included."""
LABEL_FUNCTIONS = frozenset(
    {
        "set_xlabel",
        "set_ylabel",
        "set_zlabel",
        "xlabel",
        "ylabel",
        "set_label_text",
        "set_label_coords",
        "set_label_position",
    }
)
"""Library functions that write to an axis but mean its label, not its ticks."""

_TEXT = ("font.", "text.")
RC_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "title": (*_TEXT, "axes.title", "figure.title"),
    "axis-label": (*_TEXT, "axes.label", "figure.label"),
    "tick-label": ("font.", "xtick.", "ytick.", "axes.formatter"),
    "text": _TEXT,
    "annotation": _TEXT,
    "legend": ("legend.", "font."),
    "legend-text": ("legend.", *_TEXT),
    "line": ("lines.", "axes.prop_cycle"),
    "bar": ("patch.", "hatch.", "axes.prop_cycle"),
    "patch": ("patch.", "hatch.", "axes.prop_cycle"),
    "scatter": ("scatter.", "lines.marker", "axes.prop_cycle"),
    "collection": ("lines.", "contour.", "image.cmap", "axes.prop_cycle"),
    "image": ("image.",),
    "axes": ("axes.", "figure.subplot."),
    "colorbar": ("axes.", "image.cmap"),
    "figure": ("figure.", "savefig."),
}
"""Settings that reach each kind of element, by the beginning of their names."""

_RC_PROPERTY = (  # the first word found in a setting's name says what it writes
    ("figsize", "size"),
    ("subplot", "layout"),
    ("layout", "layout"),
    ("size", "size"),
    ("width", "size"),
    ("color", "color"),
    ("cmap", "color"),
    ("cycle", "color"),
    ("alpha", "color"),
    ("rotation", "rotation"),
    ("pad", "position"),
    ("loc", "position"),
    ("xmargin", "x-limits"),
    ("ymargin", "y-limits"),
    ("margin", "limits"),
    ("font", "font"),
    ("weight", "font"),
    ("formatter", "text"),
    ("visible", "visible"),
    ("grid", "visible"),
    ("on", "visible"),
)


def rc_writes(log: Mapping[tuple[Any, str], int], kind: str) -> Iterator[tuple[Any, str, int]]:
    """(chain, prop, order) of the settings that reach a kind of element, one per chain and property."""
    latest: dict[tuple[Any, str], int] = {}
    for (chain, key), order in log.items():
        if key.startswith(RC_PREFIXES[kind]):
            prop = next((prop for word, prop in _RC_PROPERTY if word in key), "*")
            latest[chain, prop] = max(order, latest.get((chain, prop), 0))
    for (chain, prop), order in latest.items():
        yield chain, prop, order


def hex_color(color: Any) -> str | None:
    """#rrggbb, or None for what cannot be seen."""
    try:
        rgba = to_rgba(color)
    except ValueError:
        return None
    return to_hex(rgba) if rgba[3] > 0 else None


def of_text(text: Text, dpi: float) -> dict[str, Any] | None:
    """None when the text is transparent."""
    color, alpha = hex_color(text.get_color()), _alpha(text, to_rgba(text.get_color())[3])
    if color is None or alpha == 0:
        return None
    style = {
        "color": color,
        "alpha": alpha,
        "font_size": round(text.get_fontsize() * dpi / 72, 2),
        "font_weight": str(text.get_fontweight()),
        "rotation": round(float(text.get_rotation()), 2),
        "zorder": text.get_zorder(),
    }
    frame = text.get_bbox_patch()
    if frame is not None and frame.get_visible() and frame.get_fill():
        style["background"] = hex_color(frame.get_facecolor())
        style["background_alpha"] = round(float(to_rgba(frame.get_facecolor())[3]), 3)
    if text.get_path_effects():
        style["path_effects"] = True
    return style


def of_shape(artist: Artist, dpi: float) -> dict[str, Any] | None:
    """None when nothing of the artist can be seen."""
    if isinstance(artist, Line2D):
        return _line(artist, dpi)
    if isinstance(artist, Patch):
        return _patch(artist, dpi)
    if isinstance(artist, Collection):
        return _collection(artist, dpi)
    return _image(artist)


def _line(line: Line2D, dpi: float) -> dict[str, Any] | None:
    stroked = line.get_linestyle() not in ("None", "none", " ", "") and line.get_linewidth() > 0
    marker = line.get_marker()
    marked = marker not in ("None", "none", " ", "", None)
    color = hex_color(line.get_color())
    if not (stroked and color) and not marked:
        return None
    style = {"color": color, "alpha": _alpha(line), "zorder": line.get_zorder()}
    style["line_width"] = round(line.get_linewidth() * dpi / 72, 2) if stroked else 0.0
    style["line_style"] = str(line.get_linestyle()) if stroked else "None"
    if marked:
        style |= {"marker": str(marker), "marker_size": round(line.get_markersize() * dpi / 72, 2)}
        style["face"] = hex_color(line.get_markerfacecolor())
    return style


def _patch(patch: Patch, dpi: float) -> dict[str, Any] | None:
    face = hex_color(patch.get_facecolor()) if patch.get_fill() else None
    edge = hex_color(patch.get_edgecolor()) if patch.get_linewidth() > 0 else None
    if face is None and edge is None and not patch.get_hatch():
        return None
    style = {"face": face, "edge": edge, "zorder": patch.get_zorder(), "shape": type(patch).__name__}
    style["alpha"] = _alpha(patch, to_rgba(patch.get_facecolor())[3] if face else 1.0)
    style["line_width"] = round(patch.get_linewidth() * dpi / 72, 2)
    return style


def _collection(collection: Collection, dpi: float) -> dict[str, Any] | None:
    faces, edges = np.asarray(collection.get_facecolor()), np.asarray(collection.get_edgecolor())
    face, edge = _first(faces), _first(edges)
    if face is None and edge is None and collection.get_array() is None:
        return None
    style = {"face": face, "edge": edge, "zorder": collection.get_zorder(), "shape": type(collection).__name__}
    style["alpha"] = _alpha(collection, float(faces[0][3]) if faces.ndim == 2 and len(faces) and face else 1.0)
    widths = np.atleast_1d(collection.get_linewidth())
    style["line_width"] = round(float(widths[0]) * dpi / 72, 2) if len(widths) else 0.0
    if isinstance(collection, PathCollection) and len(sizes := np.atleast_1d(collection.get_sizes())):
        style["marker_size"] = round(float(np.sqrt(np.abs(np.max(sizes)))) * dpi / 72, 2)
    style["parts"] = max(len(collection.get_paths()), len(collection.get_offsets()))
    if len(colors := _all(edges if edges.ndim == 2 and len(edges) > 1 else faces)) > 1:
        style["colors"] = " ".join(colors)
    if collection.get_array() is not None:
        style["cmap"] = collection.get_cmap().name
    return style


def _image(image: _ImageBase) -> dict[str, Any]:
    array = image.get_array() if hasattr(image, "get_array") else None
    style = {"alpha": min(_alpha(image), _least_opacity(image, array)), "zorder": image.get_zorder()}
    if array is not None and np.ndim(array) == 2:
        style["cmap"] = image.get_cmap().name
        style |= {"rows": int(np.shape(array)[0]), "columns": int(np.shape(array)[1])}
    return style


def _least_opacity(image: _ImageBase, array: np.ndarray | None) -> float:
    """Of the pixels of a picture, by its own alpha channel, the alpha given for each, or its colour map."""
    alpha = image.get_alpha()
    if np.ndim(alpha):
        return round(float(np.min(alpha)), 3)
    if array is not None and np.ndim(array) == 3 and np.shape(array)[2] == 4:
        largest = 255.0 if np.issubdtype(array.dtype, np.integer) else 1.0
        return round(float(np.min(array[..., 3])) / largest, 3)
    if array is not None and np.ndim(array) == 2:
        return round(float(image.get_cmap()(np.linspace(0, 1, 9))[:, 3].min()), 3)
    return 1.0


def _first(colors: np.ndarray) -> str | None:
    """The first colour that can be seen of an (N, 4) array."""
    if colors.ndim != 2 or not len(colors):
        return None
    seen = colors[colors[:, 3] > 0] if colors.shape[1] == 4 else colors
    return to_hex(seen[0]) if len(seen) else None


def _all(colors: np.ndarray) -> list[str]:
    """The different colours of an (N, 4) array in order, at most MAX_COLORS."""
    if colors.ndim != 2 or not len(colors):
        return []
    return list(dict.fromkeys(to_hex(color) for color in colors[:MAX_COLORS]))


def _alpha(artist: Artist, default: float = 1.0) -> float:
    alpha = artist.get_alpha()
    alpha = default if alpha is None else float(np.max(alpha))
    return round(float(alpha), 3)
