"""Real pages made to stand still: nothing runs, nothing moves, nothing is asked for, so that any two browsers show
the same.

What is dropped: scripts and event handlers, what is shown to those without scripts, links to style sheets and fonts,
``@import``, frames' and films' addresses, instructions to the browser (refresh, content policy, base). An ``<img>``
that is not part of the page gets a plain picture of a known size, a picture that a style sheet asks for is ``none``;
animations and transitions are at their end. Whatever is left is byte for byte the author's.
"""

from __future__ import annotations

import base64
import functools
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from PIL import Image, ImageDraw

SIZE = (160, 100)  # px of a picture whose tag tells none
LARGEST = 2000  # px of a side that a tag may ask for
NO_MOTION = (
    "<style>\n*, *::before, *::after { animation-duration: 0s !important; animation-delay: 0s !important; "
    "animation-iteration-count: 1 !important; animation-fill-mode: both !important; transition: none !important; "
    "scroll-behavior: auto !important }\n</style>\n"
)
GONE = frozenset({"script", "noscript"})  # with all that is in them
GONE_TAGS = frozenset({"link", "base", "source", "track"})
GONE_ATTRIBUTES = frozenset(
    {"srcset", "sizes", "loading", "autofocus", "autoplay", "poster", "srcdoc", "ping", "integrity", "background"}
)
SOURCES = frozenset({"src", "data", "href", "xlink:href"})  # dropped where the tag would load something from there
LOADING = frozenset({"iframe", "frame", "embed", "object", "video", "audio", "input", "image", "use", "feimage"})

_ATTRIBUTE = re.compile(r"""\s+([^\s=>"'/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_URL = re.compile(r"""url\(\s*(?:"(?!data:|#)[^"]*"|'(?!data:|#)[^']*'|(?!["']|data:|#)[^)]*?)\s*\)""", re.IGNORECASE)
_IMPORT = re.compile(r"""@import\s+(?:"[^"]*"|'[^']*'|url\([^)]*\))[^;]*;?""", re.IGNORECASE)
_FACE = re.compile(r"@font-face\s*\{[^}]*\}", re.IGNORECASE)


def still(source: str) -> str:
    """The page without anything that moves, runs or loads."""
    reader = _Reader(source)
    parts, last = [], 0
    for start, end, new in reader.edits():
        if start < last:  # inside of something that is gone already
            continue
        parts += [source[last:start], new]
        last = end
    return "".join([*parts, source[last:]])


class _Reader(HTMLParser):
    """Collects what is to be replaced: (start, end, new text), in characters of the source."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.gone_since, self.gone_tag, self.style_since, self.head_end = source, -1, "", -1, -1
        self.found: list[tuple[int, int, str]] = []
        self._lines = [0, *(m.end() for m in re.finditer(r"\n", source))]
        self.feed(source)
        self.close()
        if self.gone_since >= 0:
            self.found.append((self.gone_since, len(source), ""))

    def edits(self) -> Iterator[tuple[int, int, str]]:
        at = self.head_end if self.head_end >= 0 else len(self.source)
        yield from sorted([*self.found, (at, at, NO_MOTION)], key=lambda edit: (edit[0], -edit[1]))

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, text = self._here(), self.get_starttag_text() or ""
        if self.gone_since >= 0:
            return
        if tag in GONE and not text.endswith("/>"):
            self.gone_since, self.gone_tag = start, tag
        elif tag in GONE | GONE_TAGS or (tag == "meta" and any(name == "http-equiv" for name, _ in attrs)):
            self.found.append((start, start + len(text), ""))
        else:
            self.style_since = start + len(text) if tag == "style" else self.style_since
            if tag == "body" and self.head_end < 0:
                self.head_end = start
            if (new := _tag(tag, text, dict(attrs))) != text:
                self.found.append((start, start + len(text), new))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        start = self._here()
        if self.gone_since >= 0:
            if tag == self.gone_tag:
                self.found.append((self.gone_since, self.source.find(">", start) + 1 or len(self.source), ""))
                self.gone_since = -1
            return
        if tag == "style" and self.style_since >= 0:
            css = self.source[self.style_since : start]
            self.found.append((self.style_since, start, _css(css)))
            self.style_since = -1
        elif tag == "head" and self.head_end < 0:
            self.head_end = start


def _tag(tag: str, text: str, attributes: dict[str, str | None]) -> str:
    def kept(match: re.Match[str]) -> str:
        name, value = match[1].lower(), match[2]
        if name.startswith("on") or name in GONE_ATTRIBUTES:
            return ""
        bare = (value or "").strip("\"'")
        if name == "style" and value:
            return match[0].replace(value, _css(value))
        if tag == "img" and name == "src" and not bare.startswith("data:"):
            return f' src="{_picture(_size(attributes))}"'
        if tag in LOADING and name in SOURCES and not bare.startswith(("data:", "#")):
            return ""
        return match[0]

    head = 1 + len(tag)
    return text[:head] + _ATTRIBUTE.sub(kept, text[head:])


def _css(css: str) -> str:
    css = _FACE.sub(lambda match: "" if _URL.search(match[0]) else match[0], _IMPORT.sub("", css))
    return _URL.sub("none", css)


def _size(attributes: dict[str, str | None]) -> tuple[int, int]:
    """What the tag tells; a side that it does not tell is in proportion."""
    told = [int(text) if (text := (attributes.get(side) or "")).isdigit() else 0 for side in ("width", "height")]
    width, height = (min(side, LARGEST) for side in told)
    if width and height:
        return width, height
    if width or height:
        scale = width / SIZE[0] or height / SIZE[1]
        return max(round(SIZE[0] * scale), 1), max(round(SIZE[1] * scale), 1)
    return SIZE


@functools.lru_cache(maxsize=256)
def _picture(size: tuple[int, int]) -> str:
    """A plain picture of a size, as a data URL."""
    image = Image.new("P", size, 0)
    image.putpalette((150, 165, 180, 90, 110, 130))
    width, height = size
    ImageDraw.Draw(image).ellipse((width * 0.3, height * 0.25, width * 0.7, height * 0.75), fill=1)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
