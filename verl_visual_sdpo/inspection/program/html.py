"""HTML programs: start tags, text runs, CSS and script statements, with their spans in characters of the response.

A page has no syntax errors: the browser mends what is broken, so ``problem`` is None for every text. Statements may lie
in one another (a declaration of a ``style`` attribute in its start tag); whoever looks for the statement at a place
takes the smallest. Kinds:

    StartTag      ``<div class="x">``, the whole tag
    Text          one run of text between two tags, without the white space around it
    Rule          ``.card a:hover {``: the selectors of a CSS rule and its brace
    AtRule        ``@media (max-width: 600px) {`` or ``@import url(x);``
    Declaration   ``color: red;`` in a ``<style>`` or a ``style`` attribute
    Script        one line of an inline ``<script>`` that holds code
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from verl_visual_sdpo.inspection.program import css
from verl_visual_sdpo.inspection.program.markup import Attribute, Token, tokens
from verl_visual_sdpo.inspection.program.places import SourceMap
from verl_visual_sdpo.types import Program, Span, Statement

NAME = "HTML"
TAGS = frozenset({"html", "htm", "xhtml", "html5"})

_REFERENCE = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_LINE = re.compile(r"[^\r\n]+")
_SCRIPT_TYPES = re.compile(r"(|module|(text|application)/(java|ecma|x-java|jscript|live)script[\d.]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement before it has an id, with what the reader saw: its ``token`` (start tags, texts) or its ``css``;
    ``value`` is that of a declaration, its character references read."""

    kind: str
    start: int
    end: int
    token: Token | None = None
    css: css.Piece | None = None
    value: str = ""


def read(source: str, offset: int = 0) -> Program:
    """The Program of a text that is HTML throughout, ``offset`` characters into its response. Never a problem."""
    places = SourceMap(source)
    statements = [
        Statement(i, Span(offset + p.start, offset + p.end), places.line(p.start), places.line(p.end - 1), p.kind)
        for i, p in enumerate(pieces(source))
    ]
    return Program(source, offset, tuple(statements))


@lru_cache(maxsize=8)
def pieces(source: str) -> tuple[Piece, ...]:
    """What :func:`read` makes statements of, in the order of their ids: by where they start, the longer one first.
    Offsets are of the source."""
    return tuple(sorted(_pieces(source), key=lambda p: (p.start, -p.end)))


def _pieces(source: str) -> Iterator[Piece]:
    opened: Token | None = None  # the start tag right in front of a text
    for token in tokens(source):
        if token.kind == "start":
            yield Piece("StartTag", token.start, token.end, token)
            style = token.attribute("style")
            if style is not None:
                yield from _inline(source, style)
        elif token.kind == "text":
            if token.name == "style" or (token.foreign and opened is not None and opened.name == "style"):
                yield from _css(source, css.stylesheet(source[token.start : token.end], token.start))
            elif token.name == "script":
                yield from _script(source, token, opened)
            elif token.name in {"", "textarea", "title", "plaintext", "xmp"}:
                yield from _text(source, token)
        opened = token if token.kind == "start" else None


def _inline(source: str, style: Attribute) -> Iterator[Piece]:
    """The declarations of a ``style`` attribute. Character references are read as what they stand for, in place."""
    raw = source[style.value_start : style.value_end]
    value = _REFERENCE.sub(lambda m: html.unescape(m[0])[:1].ljust(len(m[0])), raw) if "&" in raw else raw
    for piece in _css(source, css.declarations(value, style.value_start)):
        yield replace(piece, value=html.unescape(piece.value)) if value is not raw else piece


def _css(source: str, found: Iterator[css.Piece]) -> Iterator[Piece]:
    names = {"rule": "Rule", "at-rule": "AtRule", "declaration": "Declaration"}
    for piece in found:
        value = source[piece.value_start : piece.value_end]
        yield Piece(names[piece.kind], piece.start, piece.end, css=piece, value=value)


def _script(source: str, token: Token, tag: Token | None) -> Iterator[Piece]:
    """One piece for each line of code; none where the script is data (JSON, a template)."""
    kind = tag.attribute("type") if tag is not None else None
    if kind is not None and not _SCRIPT_TYPES.fullmatch(source[kind.value_start : kind.value_end].strip()):
        return
    for line in _LINE.finditer(source, token.start, token.end):
        code = line[0].strip()
        if code and not code.startswith(("//", "<!--", "-->")):
            start = line.start() + line[0].index(code)
            yield Piece("Script", start, start + len(code))


def _text(source: str, token: Token) -> Iterator[Piece]:
    text = source[token.start : token.end]
    if words := text.strip():
        start = token.start + text.index(words)
        yield Piece("Text", start, start + len(words), token)
