"""CSS source cut into rules, at-rules and declarations, with positions (CSS Syntax Module Level 3, with nesting).

https://www.w3.org/TR/css-syntax-3/. What a browser would drop as unknown or invalid is reported all the same: whether
it holds is for the browser to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_MARK = re.compile(
    r"""/\*.*?(?:\*/|\Z)                                   # a comment
    | "(?:\\.|[^"\\\n\r\f])*(?:"|(?=[\n\r\f])|\Z)          # a string, or one broken off by the end of its line
    | '(?:\\.|[^'\\\n\r\f])*(?:'|(?=[\n\r\f])|\Z)
    | url\(\s*(?!["'\s])(?:\\.|[^)\\])*(?:\)|\Z)           # an unquoted address
    | \\.                                                  # an escape
    | [()\[\]{};]""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BLANK = re.compile(r"(?:\s|/\*.*?(?:\*/|\Z)|<!--|-->)*", re.DOTALL)
_DECLARED = re.compile(r"(?P<name>(?:[\w\u0080-\U0010ffff-]|\\.)+)\s*(?:/\*(?:[^*]|\*(?!/))*\*/\s*)*:")
_IMPORTANT = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)
_AT_NAME = re.compile(r"@(-?[\w-]+)")
_CLOSER = {"(": ")", "[": "]", "{": "}"}
GROUPS = frozenset({"media", "supports", "layer", "container", "scope", "starting-style", "document", "when", "else"})
"""At-rules that hold ordinary rules; what stands in any other (@font-face, @keyframes) styles no element by itself."""
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """``kind``: rule (selectors and brace), at-rule (up to its brace or semicolon) or declaration (with its semicolon).

    A declaration has ``name`` (lower case), ``value_start`` .. ``value_end`` (without ``!important``), ``important``,
    ``closed`` (whether a semicolon ends it) and ``styles``: whether it can win over an element's style.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    value_start: int = 0
    value_end: int = 0
    important: bool = False
    closed: bool = False
    styles: bool = False


def stylesheet(text: str, base: int = 0) -> Iterator[Piece]:
    """The pieces of a style sheet in the text's order; ``base`` is added to their positions."""
    for piece in _Reader(text).rules(0, 0, nested=False, styles=True):
        yield _moved(piece, base)


def declarations(text: str, base: int = 0) -> Iterator[Piece]:
    """The declarations of a ``style`` attribute; ``base`` is added to their positions."""
    for piece in _Reader(text).block(0, 0, styles=True, top=True):
        if piece.kind == "declaration":
            yield _moved(piece, base)


def _moved(piece: Piece, by: int) -> Piece:
    moved = {name: getattr(piece, name) + by for name in ("start", "end", "value_start", "value_end")}
    return replace(piece, **moved)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.length = text, len(text)
        self.position = 0

    def rules(self, start: int, depth: int, *, nested: bool, styles: bool) -> Iterator[Piece]:
        """A list of rules, to the end of the text or (``nested``) of the block."""
        self.position = start
        while (at := self._skip_blank()) < self.length:
            if nested and self.text[at] == "}":
                self.position = at + 1
                return
            if self.text[at] == "@":
                yield from self._at_rule(at, depth, in_style=False, styles=styles)
                continue
            stop = self._until(at, "{}" if nested else "{")
            if stop == self.length or self.text[stop] == "}":
                self.position = stop
                continue
            yield from self._rule(at, stop, depth, styles)

    def block(self, start: int, depth: int, *, styles: bool, top: bool = False) -> Iterator[Piece]:
        """What stands between the braces of a rule: declarations, nested rules, at-rules."""
        self.position = start
        while (at := self._skip_blank()) < self.length:
            if self.text[at] == "}":
                self.position = at + 1
                if not top:
                    return
                continue
            if self.text[at] == ";":
                self.position = at + 1
            elif self.text[at] == "@":
                yield from self._at_rule(at, depth, in_style=True, styles=styles)
            else:
                yield from self._declaration_or_rule(at, depth, styles)

    def _declaration_or_rule(self, at: int, depth: int, styles: bool) -> Iterator[Piece]:
        named = _DECLARED.match(self.text, at)
        if named and named["name"].startswith("--"):
            yield self._declaration(named, self._until(named.end(), ";}"), styles)
            return
        stop = self._until(at, ";{}")
        if stop < self.length and self.text[stop] == "{":
            yield from self._rule(at, stop, depth, styles)
        elif named and named.end() <= stop:
            yield self._declaration(named, stop, styles)
        else:
            self.position = stop  # neither: dropped

    def _declaration(self, named: re.Match, stop: int, styles: bool) -> Piece:
        self.position = stop
        value_start = _BLANK.match(self.text, named.end()).end()
        value = self.text[value_start:stop].rstrip()
        mark = _IMPORTANT.search(value)
        value_end = value_start + len(value[: mark.start()].rstrip() if mark else value)
        closed = stop < self.length and self.text[stop] == ";"
        end = stop + 1 if closed else max(value_start + len(value), named.end())
        name = named["name"].lower()
        return Piece(
            "declaration", named.start(), end, name, min(value_start, end), value_end, bool(mark), closed, styles
        )

    def _rule(self, at: int, brace: int, depth: int, styles: bool) -> Iterator[Piece]:
        yield Piece("rule", at, brace + 1)
        if depth < MAX_DEPTH:
            yield from self.block(brace + 1, depth + 1, styles=styles)
        else:
            self._leave(brace)

    def _at_rule(self, at: int, depth: int, *, in_style: bool, styles: bool) -> Iterator[Piece]:
        named = _AT_NAME.match(self.text, at)
        name = named[1].lower() if named else ""
        stop = self._until(at, ";{}" if depth or in_style else ";{")
        closed = stop < self.length and self.text[stop] in ";{"
        yield Piece("at-rule", at, stop + 1 if closed else stop, name)
        self.position = stop + 1 if stop < self.length and self.text[stop] == ";" else stop
        if stop == self.length or self.text[stop] != "{":
            return
        if depth >= MAX_DEPTH:
            self._leave(stop)
        elif name in GROUPS and not in_style:
            yield from self.rules(stop + 1, depth + 1, nested=True, styles=styles)
        elif name in GROUPS:
            yield from self.block(stop + 1, depth + 1, styles=styles)
        elif name.endswith("keyframes"):
            yield from self.rules(stop + 1, depth + 1, nested=True, styles=False)
        else:
            yield from self.block(stop + 1, depth + 1, styles=False)

    def _leave(self, brace: int) -> None:
        self.position = min(self._until(brace + 1, "}") + 1, self.length)

    def _skip_blank(self) -> int:
        self.position = _BLANK.match(self.text, self.position).end()
        return self.position

    def _until(self, position: int, stops: str) -> int:
        """Where one of the characters ``stops`` stands outside of all brackets, strings and comments; else the end."""
        closers: list[str] = []
        while mark := _MARK.search(self.text, position):
            character, position = mark[0], mark.end()
            if not closers and character in stops:
                return mark.start()
            if character in _CLOSER:
                closers.append(_CLOSER[character])
            elif closers and character == closers[-1]:
                closers.pop()
        return self.length
