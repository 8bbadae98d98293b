"""HTML source cut into tags and text, with positions, as the tokenizer of the HTML standard cuts it.

https://html.spec.whatwg.org/multipage/parsing.html#tokenization, and as much of the tree builder as decides how text
is read: what stands in <style>, <script>, <textarea> and their like, and what svg and math change about it. Nothing is
normalised: every offset is one of the text given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

RCDATA = frozenset({"title", "textarea"})
RAWTEXT = frozenset({"style", "xmp", "iframe", "noembed", "noframes", "noscript"})  # noscript: scripts are run
_FOREIGN = frozenset({"svg", "math"})
_INTEGRATION = {
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"mi", "mo", "mn", "ms", "mtext", "annotation-xml"}),
}
_BREAKOUT = re.compile(
    r"b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|embed|h[1-6]|head|hr|i|img|li|listing|menu|meta|nobr|ol|p|"
    r"pre|ruby|s|small|span|strong|strike|sub|sup|table|tt|u|ul|var"
)
"""Tags that end svg and math where they stand in them."""
_SPACE = "\t\n\f\r "
_NAME_END = re.compile(r"[\t\n\f\r />]")
_ATTRIBUTE_END = re.compile(r"[\t\n\f\r />=]")
_UNQUOTED_END = re.compile(r"[\t\n\f\r >]")
_COMMENT_END = re.compile(r"--!?>")
_SCRIPT_MARKS = re.compile(r"<!--|-->|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attribute:
    """``value_start`` .. ``value_end`` is the raw value, without quotes and with its character references."""

    name: str
    value_start: int
    value_end: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: start, end or text. A text has the name of the raw element it stands in ("style", "script",
    "textarea"), or "". ``foreign``: a tag inside svg or math, where names keep their case and mean other things."""

    kind: str
    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...] = ()
    foreign: bool = False
    self_closing: bool = False

    @property
    def name_end(self) -> int:
        """Where the name of a start tag ends."""
        return self.start + 1 + len(self.name)

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name, which is the one that counts."""
        return next((a for a in self.attributes if a.name == name), None)


def tokens(source: str) -> Iterator[Token]:
    """Start tags, end tags and texts in the text's order; comments, doctypes and unfinished tags are left out."""
    return _Tokenizer(source).run()


class _Tokenizer:
    def __init__(self, source: str) -> None:
        self.source, self.length = source, len(source)
        self.nesting: list[str] = []  # open svg and math elements, and the points in them where HTML begins again

    @property
    def foreign(self) -> bool:
        return bool(self.nesting) and self.nesting[-1] in _FOREIGN

    def run(self) -> Iterator[Token]:
        position = text_start = 0
        while position < self.length:
            opening = self.source.find("<", position)
            if opening < 0:
                break
            token, after = self._markup(opening)
            if after == opening:  # a mere "<"
                position = opening + 1
                continue
            if opening > text_start:
                yield Token("text", "", text_start, opening, foreign=self.foreign)
            position = text_start = after
            if token is None:
                continue
            yield token
            if token.kind == "start":
                raw_end = self._raw_end(token)
                if raw_end is not None:
                    if raw_end > after:
                        yield Token("text", token.name, after, raw_end)
                    position = text_start = raw_end
        if self.length > text_start:
            yield Token("text", "", text_start, self.length, foreign=self.foreign)

    # ------------------------------------------------------------------ tags

    def _markup(self, at: int) -> tuple[Token | None, int]:
        """(a tag or None, where it ends); the end is ``at`` itself where no markup begins."""
        following = self.source[at + 1 : at + 2]
        if _is_letter(following):
            return self._tag(at, at + 1, "start")
        if following == "/":
            letter = self.source[at + 2 : at + 3]
            if _is_letter(letter):
                return self._tag(at, at + 2, "end")
            return (None, self._bogus(at + 2)) if letter else (None, at)
        if following == "!":
            return None, self._declaration(at)
        if following == "?":
            return None, self._bogus(at + 1)
        return None, at

    def _declaration(self, at: int) -> int:
        if self.source.startswith("<!--", at):
            for empty in (">", "->"):
                if self.source.startswith(empty, at + 4):
                    return at + 4 + len(empty)
            end = _COMMENT_END.search(self.source, at + 4)
            return end.end() if end else self.length
        if self.foreign and self.source.startswith("<![CDATA[", at):
            end = self.source.find("]]>", at + 9)
            return self.length if end < 0 else end + 3
        return self._bogus(at + 2)

    def _bogus(self, at: int) -> int:
        end = self.source.find(">", at)
        return self.length if end < 0 else end + 1

    def _tag(self, at: int, name_start: int, kind: str) -> tuple[Token | None, int]:
        end = _NAME_END.search(self.source, name_start)
        if end is None:
            return None, self.length
        name = self.source[name_start : end.start()].lower()
        attributes, closing, after = self._attributes(end.start())
        if after is None:  # the text ends inside the tag: the browser drops it
            return None, self.length
        foreign = self._enter(name, kind, closing)
        return Token(kind, name, at, after, tuple(attributes), foreign, closing), after

    def _attributes(self, position: int) -> tuple[list[Attribute], bool, int | None]:
        """(attributes, whether the tag closes itself, the position behind ">" or None)."""
        source, found = self.source, []
        while position < self.length:
            here = source[position]
            if here in _SPACE:
                position += 1
            elif here == ">":
                return found, False, position + 1
            elif here == "/":
                if source.startswith("/>", position):
                    return found, True, position + 2
                position += 1
            else:
                attribute, position = self._attribute(position)
                if attribute is not None:
                    found.append(attribute)
        return found, False, None

    def _attribute(self, start: int) -> tuple[Attribute | None, int]:
        source = self.source
        end = _ATTRIBUTE_END.search(source, start + 1)  # a name may begin with "="
        if end is None:
            return None, self.length
        name, position = source[start : end.start()].lower(), self._skip(end.start())
        if not source.startswith("=", position):
            return Attribute(name, end.start(), end.start()), position
        position = self._skip(position + 1)
        quote = source[position : position + 1]
        if quote in {'"', "'"}:
            closing = source.find(quote, position + 1)
            if closing < 0:
                return None, self.length
            return Attribute(name, position + 1, closing, quote), closing + 1
        value_end = _UNQUOTED_END.search(source, position)
        if value_end is None:
            return None, self.length
        return Attribute(name, position, value_end.start()), value_end.start()

    def _skip(self, position: int) -> int:
        while position < self.length and self.source[position] in _SPACE:
            position += 1
        return position

    # ------------------------------------------------------------------ what the tree builder knows

    def _enter(self, name: str, kind: str, closing: bool) -> bool:
        """Follow svg and math; returns whether the tag itself is a foreign one."""
        if kind == "end":
            if name in self.nesting:
                while self.nesting.pop() != name:
                    pass
            return self.foreign
        if self.foreign and _BREAKOUT.fullmatch(name):
            while self.nesting and self.foreign:
                self.nesting.pop()
        inside = self.foreign
        if (name in _FOREIGN or (inside and name in _INTEGRATION[self.nesting[-1]])) and not closing:
            self.nesting.append(name)
        return inside or name in _FOREIGN

    def _raw_end(self, tag: Token) -> int | None:
        """Where the raw text behind a start tag ends; None where ordinary markup follows."""
        if tag.foreign:
            return None
        if tag.name == "plaintext":
            return self.length
        if tag.name == "script":
            return self._script_end(tag.end)
        if tag.name in RCDATA or tag.name in RAWTEXT:
            end = re.compile(rf"</{tag.name}(?=[\t\n\f\r />])", re.IGNORECASE).search(self.source, tag.end)
            return end.start() if end else self.length
        return None

    def _script_end(self, position: int) -> int:
        """A script may hold "<!-- <script> </script> -->", whose inner end tag does not end it."""
        escaped = doubly = False
        while mark := _SCRIPT_MARKS.search(self.source, position):
            word, position = mark[0].lower(), mark.end()
            if word == "<!--":
                escaped, position = True, position - 2  # "<!-->" is over at once
            elif word == "-->":
                escaped = doubly = False
            elif word == "<script":
                doubly = escaped
            elif doubly:
                doubly = False
            else:
                return mark.start()
        return self.length


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
