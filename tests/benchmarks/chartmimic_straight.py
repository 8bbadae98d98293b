"""One program behind plain hooks, for one of ChartMimic's four scores: the definitions read straight, one run each.

    python tests/benchmarks/chartmimic_straight.py text|layout|type|color PROGRAM.py OUT.json

Written apart from the package and sharing nothing with it: text is what the PDF backend draws after the ticks were
cleared in the program, the other three are read when the program has ended. ``chartmimic_agreement.py`` compares.
"""

from __future__ import annotations

import itertools
import json
import random
import sys

CLEAR = "for _axes in plt.gcf().get_axes():\n    _axes.set_xticks([])\n    _axes.set_yticks([])\n"

NAMES = """
    bar barh plot axhline axvline axvspan axhspan hlines vlines errorbar boxplot violinplot violin hist fill_between
    fill_betweenx scatter quiver pie fill imshow pcolor contour contourf broken_barh tripcolor
"""
NAMES_3D = "scatter plot plot_surface bar3d bar add_collection3d"


def run(kind: str, source: str) -> object:
    """JSON values: the texts, the layout rows, the counts by type, or the [group, colour] pairs of a program."""
    if kind == "text":
        first = source.find("plt.savefig")
        source = source[:first] + CLEAR + source[first:]
    import matplotlib.pyplot  # noqa: F401 (before the hooks: it looks at what it wraps)

    found, read = {"text": texts, "layout": layout, "type": types, "color": colors}[kind]()
    seed()
    exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
    return read(found)


def seed() -> None:
    """Takes chance out, as the sandbox does."""
    import numpy as np

    random.seed(0)
    np.random.seed(0)
    make, numbers = np.random.default_rng, itertools.count()
    np.random.default_rng = lambda seed=None: make(next(numbers) if seed is None else seed)


def texts():
    from matplotlib.backends.backend_pdf import RendererPdf

    drawn, draw_text = [], RendererPdf.draw_text

    def noted(self, gc, x, y, s, *args, **kwargs):
        drawn.append(s)
        return draw_text(self, gc, x, y, s, *args, **kwargs)

    RendererPdf.draw_text = noted
    return drawn, list


def layout():
    def read(_):
        import matplotlib.pyplot as plt

        rows = []
        for axes in plt.gcf().axes:
            spec = axes.get_subplotspec()
            if spec is not None:
                shape = spec.get_gridspec().get_geometry()
                last = (spec.rowspan.stop - 1, spec.colspan.stop - 1)
                rows.append([*shape, spec.rowspan.start, last[0], spec.colspan.start, last[1]])
        return rows

    return None, read


inside = False


def outermost(owner, name, note):
    """Call ``note`` with (arguments, keywords, result) of calls that are not made by another hooked call."""
    original = getattr(owner, name)

    def hooked(*args, **kwargs):
        global inside
        if inside:
            return original(*args, **kwargs)
        inside = True
        try:
            result = original(*args, **kwargs)
        finally:
            inside = False
        note(args, kwargs, result)
        return result

    hooked.__name__ = original.__name__
    hooked.__doc__ = original.__doc__
    setattr(owner, name, hooked)


def libraries():
    """networkx, squarify, venn diagrams: imported for every program, as the public hooks are."""
    found = {}
    for name in ("networkx", "squarify", "matplotlib_venn"):
        try:
            found[name] = __import__(name)
        except ImportError:
            continue
    return found


def types():
    from matplotlib.axes import Axes
    from matplotlib.image import NonUniformImage
    from matplotlib.patches import Circle, Ellipse
    from matplotlib.projections.polar import PolarAxes
    from mpl_toolkits.mplot3d import Axes3D

    counts = {}

    def count(owner, name, label):
        def note(args, kwargs, result):
            key = f"polar {label}" if name == "plot" and args and type(args[0]) is PolarAxes else label
            counts[key] = counts.get(key, 0) + 1

        outermost(owner, name, note)

    for name in NAMES.split():
        count(Axes, name, f"Axes.{name}")
    for name in NAMES_3D.split():
        # types are named by file and method there, and matplotlib's data decorator puts these into one file
        count(Axes3D, name, f"Axes.{name}" if name in ("scatter", "bar") else f"Axes3D.{name}")
    count(NonUniformImage, "__init__", "image")
    count(Ellipse, "__init__", "round patch")
    count(Circle, "__init__", "round patch")
    found = libraries()
    if "networkx" in found:
        for name in ("draw_networkx_nodes", "draw_networkx_edges", "draw_networkx_labels"):
            count(found["networkx"].drawing.nx_pylab, name, name)
            count(found["networkx"], name, name)
    if "squarify" in found:
        count(found["squarify"], "plot", "squarify")
    if "matplotlib_venn" in found:
        count(sys.modules["matplotlib_venn._common"].VennDiagram, "__init__", "venn")
    return counts, dict


def colors():
    import matplotlib.colors
    from matplotlib.axes import Axes
    from matplotlib.axes._base import _process_plot_var_args
    from matplotlib.image import NonUniformImage
    from matplotlib.patches import Circle, Ellipse, PathPatch
    from matplotlib.projections.polar import PolarAxes
    from mpl_toolkits.mplot3d import Axes3D

    kept = {}  # (group, first colour) -> (artist, how its colours are read now)

    def spell(color):
        return matplotlib.colors.to_hex(color)

    def keep(group, artist, read):
        now = read(artist)
        if now:
            kept[group, now[-1]] = (artist, read)

    def hook(owner, name, group, parts, read):
        outermost(owner, name, lambda a, k, result: [keep(group, part, read) for part in parts(result)])

    itself = lambda result: [result]  # noqa: E731
    each = list
    line = lambda artist: [spell(artist.get_color())]  # noqa: E731
    face = lambda artist: [spell(artist.get_facecolor())]  # noqa: E731
    faces = lambda artist: [spell(c) for c in artist.get_facecolor()]  # noqa: E731
    first = lambda artist: faces(artist)[:1]  # noqa: E731
    edges = lambda artist: [spell(c) for c in artist.get_edgecolor()]  # noqa: E731
    name_of_map = lambda artist: ["map " + artist.get_cmap().name]  # noqa: E731

    def bar_face(artist):
        color = artist._original_facecolor
        if isinstance(color, str):
            raise LookupError("unreadable there")
        return [spell(color)]

    def hist_bars(result):
        return [b for part in result[2] for b in (part if hasattr(part, "__iter__") else [part])]

    maker = "_makeline" if hasattr(_process_plot_var_args, "_makeline") else "_make_line"
    hook(_process_plot_var_args, maker, "lines", lambda result: [result[0]], line)
    for name in ("axhline", "axvline"):
        hook(Axes, name, name, itself, line)
    for name in ("axhspan", "axvspan"):
        hook(Axes, name, name, itself, face)
    for name in ("hlines", "vlines"):
        hook(Axes, name, name, itself, edges)
    for name in ("quiver", "broken_barh"):
        hook(Axes, name, name, itself, faces)
    for name in ("imshow", "pcolor", "contour", "contourf", "tripcolor"):
        hook(Axes, name, name, itself, name_of_map)
    hook(Axes, "bar", "bar", each, bar_face)
    hook(Axes, "_fill_between_x_or_y", "between", itself, first)
    hook(Axes, "pie", "pie", lambda result: result[0], face)
    hook(Axes, "boxplot", "boxplot", lambda r: [b for b in r["boxes"] if type(b) is PathPatch], face)
    hook(Axes, "violinplot", "violinplot", lambda r: r["bodies"], first)
    hook(Axes, "hist", "hist", hist_bars, face)
    hook(Axes, "fill", "fill", each, face)
    hook(PolarAxes, "plot", "polar plot", each, line)

    def mapped(group, read):
        def note(args, kwargs, result):
            where = "polar " + group if type(args[0]) is PolarAxes else group
            chosen = kwargs.get("cmap")
            if chosen is not None:
                fixed = ["map " + (chosen if isinstance(chosen, str) else chosen.name)]
                kept[where, fixed[0]] = (None, lambda _: fixed)
            else:
                keep(where, result, read)

        return note

    outermost(Axes, "scatter", mapped("scatter", first))
    outermost(Axes3D, "scatter", mapped("3-d scatter", faces))
    outermost(Axes3D, "plot_surface", mapped("3-d surface", first))
    hook(Axes3D, "plot", "3-d plot", each, line)
    hook(Axes3D, "bar3d", "3-d bar3d", itself, first)
    hook(Axes3D, "bar", "3-d bar", each, face)
    hook(Axes3D, "add_collection3d", "3-d collection", itself, faces)

    def round_patch(args, kwargs, result):
        if type(args[0]) in (Ellipse, Circle):
            keep("round", args[0], face)

    outermost(Ellipse, "__init__", round_patch)
    outermost(Circle, "__init__", round_patch)
    outermost(NonUniformImage, "__init__", lambda a, k, r: keep("image", a[0], name_of_map))
    library_colors(keep, line, face, faces, edges)

    def read(entries):
        pairs = {}
        try:
            for (group, _), (artist, now) in entries.items():
                pairs.update(dict.fromkeys((group, color) for color in now(artist)))
        except LookupError:
            return []
        return list(pairs)

    return kept, read


def library_colors(keep, line, face, faces, edges):
    found = libraries()

    def edge_colors(artist):
        return [c for arrow in artist for c in face(arrow)] if isinstance(artist, list) else edges(artist)

    if "networkx" in found:
        for owner in (found["networkx"].drawing.nx_pylab, found["networkx"]):
            outermost(owner, "draw_networkx_nodes", lambda a, k, r: keep("nodes", r, faces))
            outermost(owner, "draw_networkx_edges", lambda a, k, r: keep("edges", r, edge_colors))
            outermost(owner, "draw_networkx_labels", lambda a, k, r: [keep("labels", t, line) for t in r.values()])
    if "squarify" in found:
        bars = lambda a, k, r: [keep("squarify", b, face) for bars in r.containers for b in bars]  # noqa: E731
        outermost(found["squarify"], "plot", bars)
    if "matplotlib_venn" in found:
        diagram = sys.modules["matplotlib_venn._common"].VennDiagram
        venn = lambda d: [c for p in d.patches if p is not None for c in face(p)]  # noqa: E731
        outermost(diagram, "__init__", lambda a, k, r: keep("venn", a[0], venn))


if __name__ == "__main__":
    kind, program, out = sys.argv[1:]
    with open(program, encoding="utf-8") as file:
        source = file.read()
    found = run(kind, source)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(found, file)
