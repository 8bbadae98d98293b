"""Fenced code blocks of a response, with exact character offsets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

NEWLINE = re.compile(r"\r\n|\r|\n")
_FENCE = re.compile(r"(?:^|(?<=[\r\n]))[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>[^\r\n]*)(?=[\r\n]|\Z)")
_TAG = re.compile(r"[\w+#-]+")


def last_block(response: str, tags: Collection[str]) -> tuple[int, int] | None:
    """(start, end) of the last block with one of the tags; without such a tag anywhere, of the last untagged block."""
    blocks = list(fenced_blocks(response))
    wanted = [b for b in blocks if b[0] in tags] or [b for b in blocks if not b[0]]
    return wanted[-1][1:] if wanted else None


def fenced_blocks(response: str) -> Iterator[tuple[str, int, int]]:
    """(tag, start, end) of every fenced block; the newline before the closing fence belongs to the code, and an
    unclosed fence runs to the end."""
    opened: tuple[str, str, int] | None = None
    for match in _FENCE.finditer(response):
        marks, info = match["marks"], match["info"].strip()
        if opened is None:
            if marks[0] == "`" and "`" in info:
                continue  # inline code on a line of its own
            newline = NEWLINE.match(response, match.end())
            tag = _TAG.search(info)
            opened = (marks, tag[0].lower() if tag else "", newline.end() if newline else match.end())
        elif not info and marks[0] == opened[0][0] and len(marks) >= len(opened[0]):
            yield opened[1], opened[2], match.start()
            opened = None
    if opened is not None:
        yield opened[1], opened[2], len(response)
