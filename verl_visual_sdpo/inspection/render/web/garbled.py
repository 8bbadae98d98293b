"""What keeps words from being read though their ink is all there: mirrored, upside down, backwards, blurred."""

from __future__ import annotations

import unicodedata

from verl_visual_sdpo.inspection.render.web.scene import Seen

BLUR = 0.2  # font sizes of blur, all filters around a text together, from which its letters run into each other
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = frozenset({"L"}), frozenset({"R", "AL"})


def is_garbled(s: Seen) -> bool:
    """Whether nobody reads a text as it is shown. A single sign may be mirrored on purpose."""
    if sum(map(str.isalnum, s.element.text)) > 1 and (
        s.around.upset or _runs_backwards(s.element.text, s.around.forced)
    ):
        return True
    return s.around.blur >= BLUR * float(s.element.style["font_size"])


def _runs_backwards(text: str, forced: str) -> bool:
    """Whether letters are put in a row against their own direction."""
    if not forced:
        return False
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    against = _LEFT_TO_RIGHT if forced == "rtl" else _RIGHT_TO_LEFT
    return sum(k in against for k in kinds) > sum(k in _LEFT_TO_RIGHT | _RIGHT_TO_LEFT for k in kinds) / 2
