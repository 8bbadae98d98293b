"""Who is behind each element: the start tag, the text run, the declarations that won, the script.

Marks are the word of the page: a script that looks for them can carry them elsewhere and point at another statement. It
never changes what is seen or what that is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from verl_visual_sdpo.inspection.program.html import Piece
from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.authors import Scripts, Texts, number_of, statement_named
from verl_visual_sdpo.inspection.render.web.page import Capture
from verl_visual_sdpo.inspection.render.web.properties import BY_DEFAULT, PROPERTIES
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node
from verl_visual_sdpo.inspection.render.web.styles import SCALING, scaled_by
from verl_visual_sdpo.inspection.render.web.surroundings import SIDES as SIDES_OF_A_BOX
from verl_visual_sdpo.inspection.render.web.surroundings import UNMOVED
from verl_visual_sdpo.types import Owner, Program

CREATED, TEXT, STYLED, SCRIPTED = 0, 1, 1000, 2000  # where owners stand in time: parser, cascade, scripts
_OUTER, _INNER, _REPAINTED = 0, 100, 200  # declarations on an ancestor, on the element itself, behind it
_SHRUNK = 200
SHRUNK = 0.75
"""A text that is drawn at this part of its font's size, or less, is small by what scales it."""
READABLE = 3.0
"""WCAG's ratio for large text: a colour that has it against a background was no bad choice there."""
PULLS = PROPERTIES["translate"].order
"""How decisive a negative margin is among what says where a box is."""
SIDES = frozenset(SIDES_OF_A_BOX)
IDENTITY = "matrix(1, 0, 0, 1, 0, 0)"
LEAST = {"min-width": "width", "min-height": "height"}
BINDS, AS_LARGE = 1 + PROPERTIES["width"].order, 0.85
"""How decisive a least size is that gave a box its size: it does where it is this part of it at least (the rest is
padding)."""
_LIMITS = frozenset({"width", "height", "max-width", "max-height"})
_HANDED_DOWN = ("color", "font-size", "font-weight", "font-family", "font-style", "letter-spacing", "text-align")
"""Inherited as they are computed: where such a value differs from the parent's, something stands in between."""


class Owners:
    """The owners of a page's elements. Statements are known by the marks, and by place for what scripts made."""

    def __init__(self, program: Program, pieces: Sequence[Piece], capture: Capture) -> None:
        self.program, self.pieces, self.marked = program, pieces, capture.marked
        self.winners = _winners(capture)
        self.inherited: dict[int, Mapping[str, int]] = {}
        self.scripts = Scripts(program, pieces, capture)
        self.texts = Texts(program, pieces)
        self.tags: dict[int, int | None] = {}

    def of(self, seen: Seen) -> tuple[Owner, ...]:
        """Owners of an element, each (statement, tie, prop) once with its latest order."""
        found: dict[tuple[int, str, str], int] = {}
        for owner in self._all(seen):
            key = (owner.statement, owner.tie, owner.prop)
            found[key] = max(owner.order, found.get(key, -1))
        return tuple(Owner(statement, tie, prop, 0, order) for (statement, tie, prop), order in found.items())

    def _all(self, seen: Seen) -> Iterator[Owner]:
        node, element = seen.node, seen.element
        holder = node if node.kind == ELEMENT and not node.pseudo else node.parent
        maker = self.scripts.maker(holder)
        tag = self._tag(holder)
        if maker is not None:
            yield Owner(maker, "created", "*", order=CREATED)
        elif tag is not None:
            yield Owner(tag, "created", "*", order=CREATED)
        is_text = bool(element.outline) or element.kind in {"input-text", "button-text"}
        if is_text and node.kind != ELEMENT:
            run = self.texts.take(element.text)
            if run is not None:
                yield Owner(run, "mutated", "text", order=TEXT)
            elif maker is None and (writer := self.scripts.writer()) is not None:
                yield Owner(writer, "mutated", "text", order=TEXT)
        if holder is not None:
            for writer, prop in self.scripts.restyled(holder):
                yield Owner(writer, "mutated", prop, order=SCRIPTED)
        yield from self._styled(seen, node if node.pseudo else holder, is_text)

    def _won(self, node: Node) -> Mapping[str, int]:
        """longhand -> statement, of the declarations that won on an element or on what it generates."""
        key = node.parent.key + node.name if node.pseudo and node.parent is not None else node.key
        return self.winners.get(key, {})

    def _styled(self, seen: Seen, holder: Node | None, is_text: bool) -> Iterator[Owner]:
        around = seen.around
        own = self._won(holder) if holder is not None else {}
        yield from self._wins(holder, {**self._inherited(holder), **own} if is_text else own, _INNER, inherited=is_text)
        block = _block(holder)
        if is_text and block is not None and block is not holder:
            yield from self._wins(block, self._won(block), _OUTER, inherited=False)
        if is_text and around.scale <= SHRUNK and around.shrinker is not None:
            for name, statement in self._won(around.shrinker).items():
                if name in SCALING and _scales(around.shrinker, name):
                    for prop in ("scale", "size"):  # the last one to scale has decided how large the letters are
                        yield Owner(statement, "styled", prop, order=STYLED + _SHRUNK + PROPERTIES[name].order)
        if is_text and around.painter is not None:
            yield from self._some(around.painter, {"background"}, _OUTER)
            if self._repainted(seen, holder, around.painter):
                yield from self._some(around.painter, {"background"}, _REPAINTED, prop="color")
        elif not is_text and holder is not None and holder.parent is not None:
            yield from self._some(
                holder.parent, {"layout", "spacing", "padding"}, _OUTER, prop="layout", without="text-align"
            )
        if around.layer is not None and around.layer is not holder:
            yield from self._some(around.layer, {"position"}, _OUTER)
        clip = around.clip if seen.node.kind == ELEMENT else around.inner
        if clip is not None:
            yield from self._some(clip.by, {"clip"}, _INNER)
            yield from self._some(clip.by, {"width", "height", "bound"}, _INNER, prop="limits", only=_LIMITS)

    def _repainted(self, seen: Seen, holder: Node | None, painter: Node) -> bool:
        """Whether the background is what made the text hard to read: the colour was chosen further out, where it stood
        out well enough, or by nobody."""
        setter = holder
        while setter is not None and "color" not in self._won(setter):
            if "color" in BY_DEFAULT.get(setter.name, ()):
                return True
            setter = setter.parent
        above = painter.parent
        while above is not None and above is not setter:
            above = above.parent
        if setter is None or above is not setter:
            return setter is None
        color, ground = colors.parse(seen.element.style.get("color", "")), seen.grounds[setter.number].ground
        return color is None or ground is None or colors.contrast(color, ground) >= READABLE

    def _wins(self, node: Node | None, wins: Mapping[str, int], base: int, *, inherited: bool) -> Iterator[Owner]:
        for name, statement in wins.items():
            known = PROPERTIES[name]
            if known.inherits and not inherited and known.prop != "visible":
                continue
            prop, order = known.prop, known.order
            if name.startswith("margin") and _is_negative(node, name):
                prop, order = "position", PULLS - _is_outdone(node, name)
            elif name in SCALING and _scales(node, name):
                prop = "scale"
            elif prop == "scale" or _stays(node, name):
                continue
            elif name in LEAST and (binds := _binds(node, name)) is not None:
                if not binds:
                    continue
                order = BINDS
            yield Owner(statement, "styled", prop, order=STYLED + base + order)

    def _some(
        self, node: Node, props: set[str], base: int, *, prop: str = "", only: frozenset[str] | None = None,
        without: str = "",
    ) -> Iterator[Owner]:  # fmt: skip
        for name, statement in self._won(node).items():
            known = PROPERTIES[name]
            if known.prop in props and (only is None or name in only) and name != without and not _stays(node, name):
                yield Owner(statement, "styled", prop or known.prop, order=STYLED + base + known.order)

    def _inherited(self, node: Node | None) -> Mapping[str, int]:
        """The winners of a node's inherited properties: its own, else its parent's where the browser's own style sheet
        does not stand in between. What is neither came with the node: by an attribute (``<font color>``), or from the
        script that made it."""
        if node is None:
            return {}
        if node.number not in self.inherited:
            waiting = [node]
            while (above := waiting[-1].parent) is not None and above.number not in self.inherited:
                waiting.append(above)
            for each in reversed(waiting):
                self.inherited[each.number] = self._passed_on(each)
        return self.inherited[node.number]

    def _passed_on(self, node: Node) -> Mapping[str, int]:
        own = {n: s for n, s in self._won(node).items() if PROPERTIES[n].inherits}
        above = self.inherited[node.parent.number] if node.parent is not None and node.parent is not node.frame else {}
        stopped = BY_DEFAULT.get(node.name, ()) if node.name != "a" or "href" in node.attributes else ()
        passed = {name: s for name, s in above.items() if name not in stopped}
        given = [name for name in _HANDED_DOWN if name not in own and name not in stopped and _differs(node, name)]
        if given and (giver := self._giver(node)) is not None:
            passed |= dict.fromkeys(given, giver)
        return passed | own if passed or own else {}

    def _giver(self, node: Node) -> int | None:
        maker = self.scripts.maker(node)
        return self._tag(node) if maker is None else maker

    def _tag(self, node: Node | None) -> int | None:
        """The start tag of a node, of the nearest ancestor for one that the parser implied, else the first of all."""
        if node is None:
            return next((i for i, p in enumerate(self.pieces) if p.kind == "StartTag"), 0 if self.pieces else None)
        if node.number not in self.tags:
            number = statement_named(node.key, len(self.pieces))
            self.tags[node.number] = self._tag(node.parent) if number is None else number
        return self.tags[node.number]


def _winners(capture: Capture) -> dict[str, dict[str, int]]:
    """key of an element -> longhand -> statement."""
    names = list(capture.marked.marks)
    found = {}
    for key, values in capture.reading["winners"]:
        pairs = ((name, number_of(value)) for name, value in zip(names, values.split(" ")))
        found[key] = {name: number for name, number in pairs if number is not None}
    return found


def _differs(node: Node, name: str) -> bool:
    """Whether an element's computed value is another than its parent's."""
    pair = [one.layout.styles.get(name) for one in (node, node.parent) if one is not None and one.layout is not None]
    return node.kind == ELEMENT and len(pair) == 2 and None not in pair and pair[0] != pair[1]


def _block(node: Node | None) -> Node | None:
    while node is not None and (node.layout is None or node.layout.styles["display"] in {"inline", "contents"}):
        node = node.parent
    return node


def _stays(node: Node | None, name: str) -> bool:
    """Whether an offset, a position or a transform moves nothing: there is no offset, or the position does not heed it,
    or what is drawn stays where it was laid out."""
    if node is None or node.layout is None or name not in SIDES | {"position", "transform"}:
        return False
    styles = node.layout.styles
    if name == "transform":
        return styles.get(name) in {"none", IDENTITY}
    position, sides = styles.get("position"), SIDES if name == "position" else (name,)
    return position == "static" or (position == "relative" and all(styles.get(s, "auto") in UNMOVED for s in sides))


def _binds(node: Node | None, least: str) -> bool | None:
    """Whether a box is as large as it must be at least; None where that is not known in px."""
    value = "" if node is None or node.layout is None else node.layout.styles.get(least, "")
    if not re.fullmatch(r"[\d.]+px", value):
        return None
    size = getattr(node.layout.box, LEAST[least])
    return AS_LARGE * size <= float(value[:-2]) <= size + 1.0


def _scales(node: Node | None, name: str) -> bool:
    """Whether an element is drawn larger or smaller than it was laid out, by one property of ``SCALING``."""
    return node is not None and any(abs(factor - 1.0) > 0.02 for factor in scaled_by(node, name))


def _is_outdone(node: Node, margin: str) -> bool:
    """Whether another negative margin of the element moves it more: one above or below, or the larger of two beside."""
    sizes = {f"margin-{side}": node.layout.styles.get(f"margin-{side}", "") for side in SIDES_OF_A_BOX}
    pulls = {name: float(px[:-2]) for name, px in sizes.items() if re.fullmatch(r"-[\d.]+px", px)}
    if margin in {"margin-top", "margin-bottom"} or margin not in pulls:
        return False
    return bool(pulls.keys() & {"margin-top", "margin-bottom"}) or pulls[margin] > min(pulls.values())


def _is_negative(node: Node | None, name: str) -> bool:
    return node is not None and node.layout is not None and node.layout.styles.get(name, "").startswith("-")
