"""The CSS properties that can be behind a defect: what each is about, and which shorthands write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """A longhand: ``prop`` is what an owner of it is said to have written, ``inherits`` as in CSS, ``order`` rises with
    how decisive it is among those of the same ``prop``."""

    name: str
    prop: str
    inherits: bool = False
    order: int = 1


_SIDES = ("top", "right", "bottom", "left")
_SIDEWAYS_FIRST = ("left", "right", "top", "bottom")  # a page grows downwards: there room is taken that nobody sees


def _table() -> dict[str, Property]:
    rows = [
        ("color", True, "color fill"),
        ("background", False, "background-image background-color"),
        ("size", True, "font-size"),
        ("width", False, "flex-grow flex-basis aspect-ratio min-width width"),
        ("height", False, "min-height height"),
        ("bound", False, "max-width max-height"),
        ("font", True, "text-transform font-style letter-spacing font-weight font-family"),
        ("position", False, "float position bottom right top left translate transform"),
        ("scale", False, "scale zoom"),
        ("leading", True, "line-height"),
        ("spacing", True, "text-indent"),
        ("spacing", False, "column-gap row-gap"),
        ("margin", False, " ".join(f"margin-{s}" for s in _SIDEWAYS_FIRST)),
        ("padding", False, " ".join(f"padding-{s}" for s in _SIDEWAYS_FIRST)),
        ("layout", True, "text-align"),
        (
            "layout",
            False,
            "vertical-align object-fit order align-content justify-items justify-self align-self align-items "
            "justify-content grid-row-start grid-row-end grid-column-start grid-column-end grid-template-rows "
            "grid-template-columns column-count flex-wrap flex-direction display",
        ),
        ("wrap", True, "overflow-wrap word-break white-space"),
        ("wrap", False, "text-overflow"),
        ("clip", False, "clip-path -webkit-line-clamp overflow-x overflow-y"),
        ("stacking", False, "z-index"),
        ("visible", True, "visibility"),
        ("visible", False, "mix-blend-mode filter opacity"),
        ("border", False, " ".join(["outline-width box-shadow", *(f"border-{s}-width" for s in _SIDES)])),
    ]
    return {
        name: Property(name, prop, inherits, order)
        for prop, inherits, names in rows
        for order, name in enumerate(names.split(), start=1)
    }


PROPERTIES = _table()
"""By the longhand's name."""


def _sides(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.format(side) for side in _SIDES)


_FLOW = {"inline": ("left", "right"), "block": ("top", "bottom")}  # of a horizontal, left-to-right text


def _shorthands() -> dict[str, tuple[str, ...]]:
    font = ("font-style", "font-weight", "font-size", "line-height", "font-family")
    lines = tuple(f"grid-{axis}-{end}" for axis in ("row", "column") for end in ("start", "end"))
    table = {
        "all": tuple(PROPERTIES),
        "background": ("background-color", "background-image"),
        "font": font,
        "margin": _sides("margin-{}"),
        "padding": _sides("padding-{}"),
        "inset": _SIDES,
        "border": _sides("border-{}-width"),
        "border-width": _sides("border-{}-width"),
        "outline": ("outline-width",),
        "flex": ("flex-grow", "flex-basis"),
        "flex-flow": ("flex-direction", "flex-wrap"),
        "gap": ("row-gap", "column-gap"),
        "grid-gap": ("row-gap", "column-gap"),
        "grid-row-gap": ("row-gap",),
        "grid-column-gap": ("column-gap",),
        "grid": ("grid-template-rows", "grid-template-columns"),
        "grid-template": ("grid-template-rows", "grid-template-columns"),
        "grid-template-areas": ("grid-template-rows", "grid-template-columns"),
        "grid-area": lines,
        "grid-row": lines[:2],
        "grid-column": lines[2:],
        "columns": ("column-count",),
        "overflow": ("overflow-x", "overflow-y"),
        "place-content": ("align-content", "justify-content"),
        "place-items": ("align-items", "justify-items"),
        "place-self": ("align-self", "justify-self"),
        "text-wrap": ("white-space",),
        "word-wrap": ("overflow-wrap",),
        "line-clamp": ("-webkit-line-clamp",),
        "-webkit-text-fill-color": ("color",),
        "inline-size": ("width",),
        "block-size": ("height",),
    }
    table |= {f"border-{side}": (f"border-{side}-width",) for side in _SIDES}
    for flow, (start, end) in _FLOW.items():
        length = "width" if flow == "inline" else "height"
        table |= {f"{bound}-{flow}-size": (f"{bound}-{length}",) for bound in ("min", "max")}
        for name in ("margin", "padding", "inset"):
            longhand = "{}" if name == "inset" else name + "-{}"
            table[f"{name}-{flow}"] = (longhand.format(start), longhand.format(end))
            table[f"{name}-{flow}-start"] = (longhand.format(start),)
            table[f"{name}-{flow}-end"] = (longhand.format(end),)
    return table


SHORTHANDS = _shorthands()


def longhands(name: str) -> tuple[str, ...]:
    """The longhands of :data:`PROPERTIES` that a declaration of ``name`` writes; () for one that can be passed over."""
    return (name,) if name in PROPERTIES else SHORTHANDS.get(name, ())


def _by_default() -> dict[str, tuple[str, ...]]:
    font = ("font-style", "font-weight", "font-size", "font-family", "letter-spacing", "text-transform", "line-height")
    field = ("color", *font, "text-indent", "text-align")
    table = {
        "a": ("color",),
        "mark": ("color",),
        "textarea": (*field, "white-space"),
        "th": ("font-weight", "text-align"),
    }
    table |= dict.fromkeys(("button", "input", "select"), field)
    table |= dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), ("font-size", "font-weight"))
    table |= dict.fromkeys(("b", "strong"), ("font-weight",))
    table |= dict.fromkeys(("i", "em", "cite", "var", "dfn", "address"), ("font-style",))
    table |= dict.fromkeys(("code", "kbd", "samp", "tt"), ("font-family", "font-size"))
    table["pre"] = ("font-family", "font-size", "white-space")
    table |= dict.fromkeys(("small", "big", "sub", "sup"), ("font-size",))
    return table | dict.fromkeys(("center", "caption"), ("text-align",))


BY_DEFAULT = _by_default()
"""Inherited properties that the browser's own style sheet sets on an element, by its name: what is declared further
out does not reach it (HTML Standard, 15.3)."""
