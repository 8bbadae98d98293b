"""What keeps words from being read though their ink is all there: mirrored, upside down, backwards, blurred."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node
from verl_visual_sdpo.inspection.render.web.styles import px

BLUR = 0.2  # font sizes of blur, all filters around a text together, from which its letters run into each other
_BLUR = re.compile(r"blur\(([\d.]+px)\)")
_OVERRIDES = frozenset({"bidi-override", "isolate-override"})
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = frozenset({"L"}), frozenset({"R", "AL"})


def is_garbled(s: Seen) -> bool:
    """Whether nobody reads a text as it is shown. A single sign may be mirrored on purpose."""
    if sum(map(str.isalnum, s.element.text)) > 1 and (s.around.upset or _runs_backwards(s.node, s.element.text)):
        return True
    return _blur(s.node) >= BLUR * float(s.element.style["font_size"])


def _runs_backwards(node: Node, text: str) -> bool:
    """Whether letters are put in a row against their own direction (``unicode-bidi`` of the text's line)."""
    for one in _on_and_around(node):
        styles = one.layout.styles
        if styles["unicode-bidi"] in _OVERRIDES:
            kinds = [unicodedata.bidirectional(letter) for letter in text]
            against = _LEFT_TO_RIGHT if styles["direction"] == "rtl" else _RIGHT_TO_LEFT
            return sum(k in against for k in kinds) > sum(k in _LEFT_TO_RIGHT | _RIGHT_TO_LEFT for k in kinds) / 2
        if styles["display"] != "inline":
            return False
    return False


def _blur(node: Node) -> float:
    """Px of all blurs on and around a node."""
    return sum(px(size) for one in _on_and_around(node) for size in _BLUR.findall(one.layout.styles["filter"]))


def _on_and_around(node: Node | None) -> Iterator[Node]:
    while node is not None:
        if node.kind == ELEMENT and node.layout is not None:
            yield node
        node = node.parent
