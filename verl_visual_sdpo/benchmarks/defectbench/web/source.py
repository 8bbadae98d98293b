"""Editing a page at one place: tags and rules found in the text, every other byte kept.

The bench reads pages by itself (``html.parser`` and a regular expression for rules), not with the program reader whose
spans it is going to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from verl_visual_sdpo.types import Span

_STYLE = re.compile(r"""\sstyle\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""")
_END_OF_CSS = re.compile(r"</style\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed page and the spans of what was planted in it (in characters of ``text``). ``new_tags``: the number of
    the first start tag that is new, and how many are."""

    text: str
    planted: tuple[Span, ...]
    new_tags: tuple[int, int] = (0, 0)

    def old_number(self, number: int) -> int:
        """What a tag of ``text`` was numbered before; negative for a new one."""
        first, count = self.new_tags
        if number < first:
            return number
        return number - count if number >= first + count else -1 - number


@dataclass(frozen=True, slots=True)
class Tag:
    """The ``number``-th start tag of the page, in the order of the document, and where it stands."""

    number: int
    name: str
    start: int
    end: int
    attributes: dict[str, str | None] = field(default_factory=dict)


class Source(HTMLParser):
    """A page's text with its start tags."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags = text, []
        self._lines = [0, *(m.end() for m in re.finditer(r"\n", text))]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        self.tags.append(Tag(len(self.tags), tag, start, start + len(self.get_starttag_text() or ""), dict(attrs)))

    handle_startendtag = handle_starttag

    # ------------------------------------------------------------------ edits

    def inline(self, tag: Tag, declarations: tuple[str, ...]) -> Edit:
        """Declarations at the end of the tag's style attribute; each of them is planted."""
        head = self.text[tag.start : tag.end]
        match = _STYLE.search(head)
        if match:
            group = "double" if match["double"] is not None else "single"
            old = match[group].strip()
            at = tag.start + match.end(group)
            lead = "" if not old or old.endswith(";") else ";"
        else:
            at, lead = tag.start + 1 + len(tag.name), ' style="'
        new, spans = self._written(at, lead, " ", declarations)
        return Edit(self.text[:at] + new + ("" if match else '"') + self.text[at:], spans)

    def by_rule(self, tag: Tag, declarations: tuple[str, ...], name: str) -> Edit | None:
        """A rule of its own at the end of the last style element, for an id that the tag is given; None where there is
        no style element or the tag has an id."""
        ends = list(_END_OF_CSS.finditer(self.text))
        if not ends or "id" in tag.attributes or ends[-1].start() > tag.start:
            return None
        at = ends[-1].start()
        rule, spans = self._written(at, f"#{name} {{", " ", declarations)
        tagged = tag.start + 1 + len(tag.name)
        text = self.text[:at] + rule + " }\n" + self.text[at:tagged] + f' id="{name}"' + self.text[tagged:]
        return Edit(text, spans)

    def inserted(self, tag: Tag, html: str) -> Edit:
        """New HTML right in front of a tag; all of it is planted."""
        text = self.text[: tag.start] + html + self.text[tag.start :]
        return Edit(text, (Span(tag.start, tag.start + len(html)),), (tag.number, len(Source(html).tags)))

    def rewritten(self, tag: Tag, old: str, new: str) -> Edit | None:
        """A part of a start tag replaced; the tag is planted."""
        head = self.text[tag.start : tag.end]
        if old not in head:
            return None
        changed = head.replace(old, new, 1)
        text = self.text[: tag.start] + changed + self.text[tag.end :]
        return Edit(text, (Span(tag.start, tag.start + len(changed)),))

    def _written(self, at: int, lead: str, gap: str, declarations: tuple[str, ...]) -> tuple[str, tuple[Span, ...]]:
        text, spans = lead, []
        for declaration in declarations:
            text += gap
            spans.append(Span(at + len(text), at + len(text) + len(declaration) + 1))
            text += declaration + ";"
        return text, tuple(spans)
