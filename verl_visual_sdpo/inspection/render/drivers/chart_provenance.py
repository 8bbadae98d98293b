"""Who made and who changed each artist: hooks on matplotlib that write down the program's frames on the stack.

Hooks: ``Artist.__init__`` (creation), the ``Artist.stale`` setter (public mutations pass it), ``axis.labelpad`` (which
is set like a variable), layout engines and ``RcParams.__setitem__``. Each walks the stack from the library outwards and
keeps the whole chain of the program's frames, as (code, instruction) pairs; positions are worked out once, at the end.

Known limits: in-place edits of data, writes to private attributes and effects of order (colour cycle) leave no trace.
"""

from __future__ import annotations

import itertools
import sys
from types import CodeType, FrameType
from typing import Any, NamedTuple

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from program_run import PROGRAM, Chain


class Write(NamedTuple):
    """One write to an artist: by whom, of what, in which order, through which function of the library."""

    chain: Chain
    prop: str
    order: int
    function: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a library function writes, by name; the innermost known name on the stack decides.
_PROPERTY_WRITERS = {
    "text": _words("""
        set_text set_label set_label_text set_major_formatter set_minor_formatter _set_formatter set_ticklabels
    """),
    "position": _words("""
        set_x set_y set_xy set_position set_loc set_bbox_to_anchor set_offset set_offsets set_ha set_va
        set_horizontalalignment set_verticalalignment set_transform set_bounds set_center set_xytext set_pad
        set_ticks set_major_locator set_minor_locator _set_locator set_label_coords set_label_position
        set_ticks_position tick_top tick_bottom tick_left tick_right set_draggable set_theta_offset
        set_theta_direction
    """),
    "size": _words("""
        set_fontsize set_size set_width set_height set_linewidth set_lw set_linewidths set_markersize set_ms
        set_sizes set_size_inches set_dpi set_radius set_figwidth set_figheight set_figsize
    """),
    "color": _words("""
        set_color set_facecolor set_edgecolor set_alpha set_backgroundcolor set_cmap set_clim set_norm set_array
        set_c set_fc set_ec set_bbox set_markerfacecolor set_markeredgecolor set_hatch set_path_effects
    """),
    "rotation": _words("""
        set_rotation set_rotation_mode
    """),
    "font": _words("""
        set_fontfamily set_family set_fontname set_fontproperties set_font set_fontweight set_weight set_fontstyle
        set_style set_fontvariant set_fontstretch set_math_fontfamily set_usetex set_wrap
    """),
    "limits": _words("""
        _set_lim set_xlim set_ylim set_zlim set_xbound set_ybound set_zbound margins
        autoscale set_autoscale_on set_autoscalex_on set_autoscaley_on autoscale_view invert_xaxis invert_yaxis
        _set_scale set_aspect set_box_aspect view_init set_view_interval relim
        set_inverted set_rmax set_rmin set_rlim set_rticks set_thetalim set_thetamin set_thetamax
    """),
    "x-limits": _words("""
        set_xmargin set_xscale
    """),
    "y-limits": _words("""
        set_ymargin set_yscale
    """),
    "visible": _words("""
        set_visible set_axis_off set_axis_on set_frame_on set_in_layout grid remove
    """),
    "layout": _words("""
        _set_position set_subplotspec subplots_adjust tight_layout set_layout_engine update_subplotpars
        set_tight_layout set_constrained_layout autofmt_xdate align_labels align_xlabels align_ylabels set_anchor
        set_axes_locator apply_aspect
    """),
    "order": _words("""
        set_zorder
    """),
    "data": _words("""
        set_data set_xdata set_ydata set_segments set_paths set_verts set_UVC set_3d_properties set_data_3d
    """),
}
_PROPERTY = {name: prop for prop, names in _PROPERTY_WRITERS.items() for name in names}

_TICK_KEYWORDS = {
    **dict.fromkeys(("labelsize", "size", "length", "width"), "size"),
    **dict.fromkeys(("labelcolor", "color", "colors"), "color"),
    **dict.fromkeys(("labelrotation", "rotation", "labelrotation_mode", "rotation_mode"), "rotation"),
    **dict.fromkeys(("labelfontfamily",), "font"),
    **dict.fromkeys(("pad", "labelpad", "direction"), "position"),
    **dict.fromkeys(("label1On", "label2On", "tick1On", "tick2On", "gridOn"), "visible"),
    **dict.fromkeys(("labelleft", "labelright", "labeltop", "labelbottom", "which"), "visible"),
}

# Artists made or changed under these belong to the owner that the library works for, not to the line that made it draw.
_LAZY = _words("""
    draw draw_without_rendering print_figure get_tightbbox get_window_extent get_bbox get_extent _get_layout _get_tick
    get_major_ticks get_minor_ticks _update_ticks _get_tick_bboxes _copy_tick_props _update_title_position
    _update_positions _update_label_position _update_offset_text_position _unstale_viewLim
""")
_HEADINGS = _words("set_title set_xlabel set_ylabel set_zlabel")
_LIBRARIES = ("matplotlib", "mpl_toolkits")
# Setters of parents that only hear that a child has changed.
_PROPAGATION = _words("_stale_axes_callback _stale_figure_callback _stale_axis_callback pyplot_stale")


class Recorder:
    """The log of one program. ``install`` patches matplotlib for the rest of the process's (short) life."""

    def __init__(self) -> None:
        self.created: dict[int, Write] = {}
        self.written: dict[int, dict[tuple[Chain, str], Write]] = {}
        self.rc: dict[tuple[Chain, str], int] = {}
        self.kept: list[Any] = []  # ids stay unique as long as their objects live
        self.paused = False
        self._order = itertools.count(1)

    def install(self) -> None:
        recorder, make = self, Artist.__init__
        stale = Artist.stale
        set_rc, set_engine = matplotlib.RcParams.__setitem__, Figure.set_layout_engine

        def __init__(artist: Artist) -> None:  # noqa: N807
            make(artist)
            recorder.creation(artist)

        def set_stale(artist: Artist, value: bool) -> None:
            stale.fset(artist, value)
            if value and not recorder.paused:
                recorder.mutation(artist, sys._getframe(1))

        def set_item(params: Any, key: str, value: Any) -> None:
            set_rc(params, key, value)
            if params is matplotlib.rcParams:
                recorder.rc_write(key)

        def set_layout_engine(
            figure: Figure, *args: Any, **kwargs: Any
        ) -> None:  # the one mutation that is not "stale"
            set_engine(figure, *args, **kwargs)
            recorder.layout(figure)

        def set_labelpad(axis: Axis, value: float) -> None:
            axis.__dict__["labelpad"] = value
            recorder.labelpad(axis)

        Axis.labelpad = property(lambda axis: axis.__dict__["labelpad"], set_labelpad)
        Figure.set_layout_engine = set_layout_engine
        Artist.__init__ = __init__
        Artist.stale = property(stale.fget, set_stale)
        matplotlib.RcParams.__setitem__ = set_item

    def creation(self, artist: Artist) -> None:
        chain, _, outer = self._walk(sys._getframe(2))
        if chain:
            self.kept.append(artist)
            self.created[id(artist)] = Write(chain, "*", next(self._order), outer)

    def mutation(self, artist: Artist, frame: FrameType) -> None:
        if frame.f_code.co_name in _PROPAGATION:
            return
        chain, prop, outer = self._walk(frame)
        if chain:
            self.note(artist, chain, prop, outer)

    def note(self, artist: Any, chain: Chain, prop: str, function: str) -> None:
        """Log a write of ``prop`` (several for a ``tick_params`` call, joined by commas)."""
        writes = self.written.get(id(artist))
        if writes is None:
            self.kept.append(artist)
            writes = self.written[id(artist)] = {}
        order = next(self._order)
        for one in prop.split(","):
            writes.pop((chain, one), None)
            writes[chain, one] = Write(chain, one, order, function)

    def rc_write(self, key: str) -> None:
        chain, _, _ = self._walk(sys._getframe(2))
        if chain:
            self.rc.pop((chain, key), None)
            self.rc[chain, key] = next(self._order)

    def labelpad(self, axis: Axis) -> None:
        frame = sys._getframe(2)
        if frame.f_code.co_filename == PROGRAM:  # set by the library for a call, it is that call's keyword
            self.note(axis.label, self._walk(frame)[0], "position", "labelpad")

    def layout(self, figure: Figure) -> None:
        chain, _, outer = self._walk(sys._getframe(2))
        if chain:
            self.note(figure, chain, "layout", outer or "set_layout_engine")

    @staticmethod
    def _walk(frame: FrameType | None) -> tuple[Chain, str, str]:
        """(the program's frames, the property written, the library function the program called).

        The chain is empty when no frame is the program's, or when the library works lazily in between.
        """
        chain: list[tuple[CodeType, int]] = []
        prop, outer = "*", ""
        while frame is not None:
            code = frame.f_code
            if code.co_filename == PROGRAM:
                chain.append((code, frame.f_lasti))
            else:
                name = code.co_name
                if name in _LAZY and any(library in code.co_filename for library in _LIBRARIES):
                    break
                if name in _HEADINGS and prop not in _heading_properties(frame):
                    break  # a default that matplotlib writes again with every title or label
                if not chain:
                    outer = name
                    if prop == "*":
                        prop = _tick_properties(frame) if name == "set_tick_params" else _PROPERTY.get(name, "*")
            frame = frame.f_back
        return tuple(chain), prop, outer


def _heading_properties(frame: FrameType) -> set[str]:
    """What a call of ``set_title`` or ``set_xlabel`` asks for: the text and what its keywords name."""
    given = frame.f_locals
    keywords = {**(given.get("fontdict") or {}), **(given.get("kwargs") or {})}
    if frame.f_code.co_name != "set_title" and 0.5 in (keywords.get("x"), keywords.get("y")):
        for default in ("x", "y", "horizontalalignment"):  # written with every label: in the middle of its axis
            keywords.pop(default, None)
        given = {"labelpad": given.get("labelpad")}
    # set_title has put the settings into its locals where the call names nothing
    settings = {"y": (1.0, matplotlib.rcParams["axes.titley"]), "pad": (matplotlib.rcParams["axes.titlepad"],)}
    if keywords.get("y") in settings["y"]:
        keywords.pop("y", None)
    placed = any(given.get(name) not in (None, *settings.get(name, ())) for name in ("y", "pad", "labelpad"))
    return {"text", "*"} | ({"position"} if placed else set()) | {_PROPERTY.get(f"set_{k}", "*") for k in keywords}


def _tick_properties(frame: FrameType) -> str:
    keywords = frame.f_locals.get("kwargs") or {}
    return ",".join(dict.fromkeys(_TICK_KEYWORDS.get(k, "*") for k in keywords if k != "which")) or "*"
