"""Who is behind each element: the start tag, the text run, the declarations that won, the script.

Marks are the word of the page: a script that looks for them can carry them elsewhere and point at another statement. It
never changes what is seen or what that is worth.
"""

from __future__ import annotations

import html
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from verl_visual_sdpo.inspection.program import SourceMap, statement_of
from verl_visual_sdpo.inspection.program.html import Piece
from verl_visual_sdpo.inspection.render.web.instrument import Instrumented
from verl_visual_sdpo.inspection.render.web.page import Capture
from verl_visual_sdpo.inspection.render.web.properties import BY_DEFAULT, PROPERTIES
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node
from verl_visual_sdpo.types import Owner, Program

CREATED, TEXT, STYLED = 0, 1, 1000  # where each kind of owner stands in time: the cascade comes after the parser
_OUTER, _INNER = 0, 100  # declarations on an ancestor, and on the element itself
_LIMITS = frozenset({"width", "height", "max-width", "max-height"})
_SCRIPT_WRITES = (".style", "classList", "className", "setAttribute", "cssText", "innerHTML", "insertAdjacent")


class Owners:
    """The owners of a page's elements. Statements are known by the marks, and by place for what scripts made."""

    def __init__(self, program: Program, pieces: Sequence[Piece], capture: Capture) -> None:
        self.program, self.pieces, self.marked = program, pieces, capture.marked
        self.winners = _winners(capture)
        self.inherited: dict[int, Mapping[str, int]] = {}
        self.scripts = _Scripts(program, pieces, capture)
        self.texts = _Texts(program, pieces)
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
        if holder is not None and (writer := self.scripts.restyled(holder, self.marked)) is not None:
            yield Owner(writer, "mutated", "layout", order=STYLED)
        yield from self._styled(seen, holder, is_text)

    def _styled(self, seen: Seen, holder: Node | None, is_text: bool) -> Iterator[Owner]:
        around = seen.around
        own = self.winners.get(holder.key, {}) if holder is not None else {}
        yield from self._wins(holder, {**self._inherited(holder), **own} if is_text else own, _INNER, inherited=is_text)
        block = _block(holder)
        if is_text and block is not None and block is not holder:
            yield from self._wins(block, self.winners.get(block.key, {}), _OUTER, inherited=False)
        if is_text and around.painter is not None and around.painter is not holder:
            yield from self._some(around.painter, {"background"}, _OUTER)
        elif not is_text and holder is not None and holder.parent is not None:
            yield from self._some(
                holder.parent, {"layout", "spacing", "padding"}, _OUTER, prop="layout", without="text-align"
            )
        if around.layer is not None and around.layer is not holder:
            yield from self._some(around.layer, {"position"}, _OUTER)
        clip = around.clip if seen.node.kind == ELEMENT else around.inner
        if clip is not None:
            yield from self._some(clip.by, {"clip"}, _INNER)
            yield from self._some(clip.by, {"width", "height"}, _INNER, prop="limits", only=_LIMITS)

    def _wins(self, node: Node | None, wins: Mapping[str, int], base: int, *, inherited: bool) -> Iterator[Owner]:
        for name, statement in wins.items():
            known = PROPERTIES[name]
            if known.inherits and not inherited and known.prop != "visible":
                continue
            prop = "position" if name.startswith("margin") and _is_negative(node, name) else known.prop
            yield Owner(statement, "styled", prop, order=STYLED + base + known.order)

    def _some(
        self, node: Node, props: set[str], base: int, *, prop: str = "", only: frozenset[str] | None = None,
        without: str = "",
    ) -> Iterator[Owner]:  # fmt: skip
        for name, statement in self.winners.get(node.key, {}).items():
            known = PROPERTIES[name]
            if known.prop in props and (only is None or name in only) and name != without:
                yield Owner(statement, "styled", prop or known.prop, order=STYLED + base + known.order)

    def _inherited(self, node: Node | None) -> Mapping[str, int]:
        """The winners of a node's inherited properties: its own, else its parent's where the browser's own style sheet
        does not stand in between."""
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
        own = {n: s for n, s in self.winners.get(node.key, {}).items() if PROPERTIES[n].inherits}
        above = self.inherited[node.parent.number] if node.parent is not None and node.parent is not node.frame else {}
        stopped = BY_DEFAULT.get(node.name, ()) if node.name != "a" or "href" in node.attributes else ()
        return {name: s for name, s in above.items() if name not in stopped} | own if above or own else {}

    def _tag(self, node: Node | None) -> int | None:
        """The start tag of a node, of the nearest ancestor for one that the parser implied, else the first of all."""
        if node is None:
            return next((i for i, p in enumerate(self.pieces) if p.kind == "StartTag"), 0 if self.pieces else None)
        if node.number not in self.tags:
            number = _statement(node.key, len(self.pieces))
            self.tags[node.number] = self._tag(node.parent) if number is None else number
        return self.tags[node.number]


def _winners(capture: Capture) -> dict[str, dict[str, int]]:
    """key of an element -> longhand -> statement."""
    names = list(capture.marked.marks)
    found = {}
    for key, values in capture.reading["winners"]:
        pairs = ((name, _number(value)) for name, value in zip(names, values.split(" ")))
        found[key] = {name: number for name, number in pairs if number is not None}
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _statement(key: str, count: int) -> int | None:
    """The statement that a mark names: of a clone that of its original."""
    number = _number(key.partition("x")[0])
    return number if number is not None and number < count else None


def _block(node: Node | None) -> Node | None:
    while node is not None and (node.layout is None or node.layout.styles["display"] in {"inline", "contents"}):
        node = node.parent
    return node


def _is_negative(node: Node | None, name: str) -> bool:
    return node is not None and node.layout is not None and node.layout.styles.get(name, "").startswith("-")


class _Texts:
    """The text runs by what they say, each given away in the text's order."""

    def __init__(self, program: Program, pieces: Sequence[Piece]) -> None:
        self.runs: dict[str, deque[int]] = defaultdict(deque)
        self.all: list[tuple[str, int]] = []
        for number, piece in enumerate(pieces):
            if piece.kind == "Text" and piece.token is not None and piece.token.name in {"", "textarea", "xmp"}:
                words = _plain(html.unescape(program.source[piece.start : piece.end]))
                self.runs[words].append(number)
                self.all.append((words, number))

    def take(self, words: str) -> int | None:
        waiting = self.runs.get(_plain(words))
        if waiting:
            number = waiting[0]
            if len(waiting) > 1:
                waiting.popleft()
            return number
        return self._part(_plain(words)) if len(words) >= 4 else None

    def _part(self, words: str) -> int | None:
        """Texts that the parser joined or cut: the one run that holds it or begins it."""
        near = {n for w, n in self.all if words and (words in w or (len(w) >= 4 and words.startswith(w)))}
        return near.pop() if len(near) == 1 else None


def _plain(text: str) -> str:
    """White space collapsed and case folded, as text-transform may have changed it."""
    return " ".join(text.split()).casefold()


class _Scripts:
    """What scripts made and wrote. Creation is known by the engine's own stack; writing by the words of the script."""

    def __init__(self, program: Program, pieces: Sequence[Piece], capture: Capture) -> None:
        self.program, self.pieces, self.stacks = program, pieces, capture.stacks
        self.lines = [i for i, p in enumerate(pieces) if p.kind == "Script"]
        self.source, self.marked = SourceMap(program.source), capture.marked
        self.text = SourceMap(capture.marked.text) if capture.stacks else None

    def maker(self, node: Node | None) -> int | None:
        """The script statement that made a node or the nearest of its ancestors that a script made; None for what the
        parser made."""
        while node is not None and (not node.key or "x" in node.key):
            if node.backend in self.stacks and self.text is not None:
                line, column = self.stacks[node.backend]
                start = self.text.starts[min(line, len(self.text.starts) - 1)]
                offset = self.marked.original(start + column)
                line = self.source.line(offset)
                statement = statement_of(self.program, self.source, line, 0)
                inside = [i for i in self.lines if self.pieces[i].start <= offset <= self.pieces[i].end]
                return inside[0] if inside else statement.id if statement is not None else None
            node = node.parent
        return None

    def writer(self) -> int | None:
        """The one line that can have written a text that no run of the source has; None when it cannot be told."""
        found = [i for i in self.lines if any(w in self._code(i) for w in ("textContent", "innerText", "innerHTML"))]
        return found[0] if len(found) == 1 else None

    def restyled(self, node: Node, marked: Instrumented) -> int | None:
        """The one line that can have changed a node's own style since it was parsed; None where nothing changed."""
        number = _statement(node.key, len(self.pieces))
        if number is None or not self.lines or self.pieces[number].token is None:
            return None
        token = self.pieces[number].token
        for name in ("style", "class"):
            given = token.attribute(name)
            was = self.program.source[given.value_start : given.value_end] if given is not None else ""
            now = node.attributes.get(name, "")
            if name == "style":
                was, now = _without_marks(html.unescape(was), ""), _without_marks(now, marked.attribute)
            if " ".join(html.unescape(was).split()) != " ".join(now.split()):
                return self._line_that_writes(node)
        return None

    def _line_that_writes(self, node: Node) -> int | None:
        found = [i for i in self.lines if any(word in self._code(i) for word in _SCRIPT_WRITES)]
        names = [node.attributes.get("id", ""), *node.attributes.get("class", "").split(), node.name]
        named = [i for i in found if any(name and name in self._code(i) for name in names)]
        return (named or found or [None])[0]

    def _code(self, number: int) -> str:
        return self.program.source[self.pieces[number].start : self.pieces[number].end]


def _without_marks(style: str, token: str) -> str:
    """A style attribute as a set of declarations, ours left out."""
    kept = [" ".join(part.split()) for part in style.split(";")]
    return ";".join(part for part in kept if part and not (token and part.startswith(f"--{token}")))
