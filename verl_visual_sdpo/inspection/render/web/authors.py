"""What cannot be known by marks: which run a text was written as, which line of script made or changed an element."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from verl_visual_sdpo.inspection.program import SourceMap, css, statement_of
from verl_visual_sdpo.inspection.program.html import Piece
from verl_visual_sdpo.inspection.program.markup import Attribute
from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.page import Capture
from verl_visual_sdpo.inspection.render.web.properties import PROPERTIES, longhands
from verl_visual_sdpo.inspection.render.web.snapshot import Node
from verl_visual_sdpo.types import Program

_SCRIPT_WRITES = (".style", "classList", "className", "setAttribute", "cssText", "innerHTML", "insertAdjacent")


MAX_SEARCHES = 500
"""Texts of a page that are looked for as parts of runs: each goes through them all."""


class Texts:
    """The text runs by what they say, each given away in the text's order."""

    def __init__(self, program: Program, pieces: Sequence[Piece]) -> None:
        self.runs: dict[str, deque[int]] = defaultdict(deque)
        self.all: list[tuple[str, int]] = []
        self.searches = 0
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
        self.searches += 1
        return self._part(_plain(words)) if len(words) >= 4 and self.searches <= MAX_SEARCHES else None

    def _part(self, words: str) -> int | None:
        """Texts that the parser joined or cut: the one run that holds it or begins it."""
        near = {n for w, n in self.all if words and (words in w or (len(w) >= 4 and words.startswith(w)))}
        return near.pop() if len(near) == 1 else None


def _plain(text: str) -> str:
    """White space collapsed and case folded, as text-transform may have changed it."""
    return " ".join(text.split()).casefold()


class Scripts:
    """What scripts made and wrote. Creation is known by the engine's own stack; writing by the words of the script."""

    def __init__(self, program: Program, pieces: Sequence[Piece], capture: Capture) -> None:
        self.program, self.pieces, self.stacks = program, pieces, capture.stacks
        self.lines = [i for i, p in enumerate(pieces) if p.kind == "Script"]
        self.starts = [pieces[i].start for i in self.lines]
        self.writing: dict[str, list[int]] = {}
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
                place = bisect_right(self.starts, offset) - 1
                if place >= 0 and offset <= self.pieces[self.lines[place]].end:
                    return self.lines[place]
                statement = statement_of(self.program, self.source, self.source.line(offset), 0)
                return statement.id if statement is not None else None
            node = node.parent
        return None

    def writer(self) -> int | None:
        """The one line that can have written a text that no run of the source has; None when it cannot be told."""
        found = [i for i in self.lines if any(w in self._code(i) for w in ("textContent", "innerText", "innerHTML"))]
        return found[0] if len(found) == 1 else None

    def restyled(self, node: Node) -> Iterator[tuple[int, str]]:
        """(line, prop) of what a script changed in a node's own style and classes since it was parsed, or made."""
        number = statement_named(node.key, len(self.pieces))
        if not self.lines:
            return
        if number is None:
            yield from self._restyled_made(node)
            return
        if self.pieces[number].token is None:
            return
        names = self._changed_style(node, self.pieces[number].token.attribute("style"))
        changed = {PROPERTIES[longhand].prop for name in names for longhand in longhands(name)}
        if self._words(node, number, "class") != node.attributes.get("class", "").split():
            changed.add("layout")
        writer = self._line_that_writes(node) if changed else None
        if writer is not None:
            yield from ((writer, prop) for prop in sorted(changed))

    def _restyled_made(self, node: Node) -> Iterator[tuple[int, str]]:
        """The same for what a script made: the line of its style is the first one that writes the property, from the
        one that made it on."""
        maker = self.maker(node)
        if maker is None or "style" not in node.attributes:
            return
        for name in self._changed_style(node, None):
            written = {PROPERTIES[longhand].prop for longhand in longhands(name)}
            lines = self._lines_that_write(name) if written else []
            if (later := bisect_left(lines, maker)) < len(lines):
                yield from ((lines[later], prop) for prop in sorted(written))

    def _lines_that_write(self, name: str) -> list[int]:
        """Each line that says a CSS property: ``style.fontSize``, ``style.font``, ``font-size: ...``. Once for all the
        elements that scripts made, which may be many, as may be the lines."""
        if name not in self.writing:
            first, *rest = name.split("-")
            names = {name, first + "".join(part.title() for part in rest), first}
            spelled = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names)))})(?![\w-])")
            self.writing[name] = [i for i in self.lines if spelled.search(self._code(i))]
        return self.writing[name]

    def _changed_style(self, node: Node, given: Attribute | None) -> Iterator[str]:
        raw = self.program.source[given.value_start : given.value_end] if given is not None else ""
        was, now = _declared(html.unescape(raw)), _declared(node.attributes.get("style", ""))
        yield from (name for name, value in now.items() if not _same(value, was.get(name, "")))

    def _words(self, node: Node, number: int, name: str) -> list[str]:
        given = self.pieces[number].token.attribute(name)
        return html.unescape(self.program.source[given.value_start : given.value_end]).split() if given else []

    def _line_that_writes(self, node: Node) -> int | None:
        found = [i for i in self.lines if any(word in self._code(i) for word in _SCRIPT_WRITES)]
        names = [node.attributes.get("id", ""), *node.attributes.get("class", "").split(), node.name]
        named = [i for i in found if any(name and name in self._code(i) for name in names)]
        return (named or found or [None])[0]

    def _code(self, number: int) -> str:
        return self.program.source[self.pieces[number].start : self.pieces[number].end]


def _declared(style: str) -> dict[str, str]:
    return {p.name: style[p.value_start : p.value_end] for p in css.declarations(style)}


def _same(one: str, other: str) -> bool:
    """Whether two values say the same: a script that writes one property makes the browser write all of them anew."""
    if "".join(one.lower().split()) == "".join(other.lower().split()):
        return True
    colored = colors.parse(one), colors.parse(other)
    return None not in colored and colors.hexadecimal(colored[0]) == colors.hexadecimal(colored[1])


def number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def statement_named(key: str, count: int) -> int | None:
    """The statement that a mark names: of a clone that of its original."""
    number = number_of(key.partition("x")[0])
    return number if number is not None and number < count else None
