"""Which programs have their figures drawn apart from them, and what is made of it.

A program shares its process with the recorder of its drawing and could make it say anything. So its figures leave that
process as data (``drivers/chart_parcel.py``) and are drawn in a second one in which no program ever ran
(``drivers/chart_derive.py``); picture, scene and record of that drawing are what counts, and a made-up report buys
nothing. ``Execution.audit`` says how it went:

    derived        the figures were drawn apart
    contradicted   they were, and the program's own process says something else (known only where it drew them, too)
    unverified     they cannot be drawn apart, ``audit_note`` says why; picture and scene are the program's word
    ""             not asked for
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import ProgramError, Rendering, Scene

UNVERIFIED = ("accept", "refuse")
MOST_MOVED = 3.0
"""px that the edges of an element may differ by: layouts settle a little differently when they start anew."""
MOST_CHANGED = 2.0
"""Mean difference of a channel, of 255, that two pictures of the same figure may have."""


@dataclass(frozen=True, slots=True)
class Audit:
    """``share`` in [0, 1] of the programs, drawn by a lot over ``salt``, program and options; see ``ChartRenderer``."""

    share: float = 1.0
    salt: str = ""
    unverified: str = "accept"

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InvalidInputError(f"audit={self.share} must be a share in [0, 1] (1: every program, 0: none)")
        if self.unverified not in UNVERIFIED:
            raise InvalidInputError(f"unverified={self.unverified!r} is not one of {', '.join(UNVERIFIED)}")

    def chosen(self, source: str, options: Mapping[str, Any]) -> bool:
        """Whether the lot falls on this program, always the same for the same salt."""
        text = json.dumps([self.salt, source, dict(options)], sort_keys=True)
        lot = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
        return lot < self.share * 2**64

    def mode(self, source: str, options: Mapping[str, Any]) -> str:
        """What the program's own process does with its figures: "draw", "parcel" or "both".

        Where only a share is audited, every process does the same, so that no program can tell whether it will be.
        """
        return {0.0: "draw", 1.0: "parcel"}.get(self.share, "both")

    def unverified_rendering(self, rendering: Rendering, why: str) -> Rendering:
        execution = replace(rendering.execution, audit="unverified", audit_note=why)
        if self.unverified == "accept" or not execution.ok:
            return replace(rendering, execution=execution)
        message = f"the figure cannot be drawn apart from its program: {why}; use what the libraries offer instead"
        return Rendering(replace(execution, status="forbidden", error=ProgramError("Unverified", message)))


def contradiction(claimed: Rendering, derived: Rendering) -> str:
    """What the program's own process says otherwise, as far as a score depends on it; "" when nothing.

    Not everything that differs is a lie: a figure may draw random numbers or the time of day.
    """
    if len(claimed.scenes) != len(derived.scenes):
        return f"{len(claimed.scenes)} figures, not {len(derived.scenes)}"
    for name in ("texts", "layout", "types", "colors"):
        if claimed.record.get(name) != derived.record.get(name):
            return f"other {name}"
    for one, other in zip(claimed.scenes, derived.scenes):
        if found := _scenes_differ(one, other):
            return found
    return ""


def _scenes_differ(claimed: Scene, derived: Scene) -> str:
    if claimed.size != derived.size:
        return f"a picture of {claimed.size}, not {derived.size}"
    one, other = (Counter((e.kind, e.text) for e in scene.elements) for scene in (claimed, derived))
    if one != other:
        kind, text = next(iter((one - other) | (other - one)))
        return f"another number of {kind} {text!r}"
    for a, b in zip(claimed.elements, derived.elements):
        edges = zip(
            (a.box.left, a.box.top, a.box.right, a.box.bottom), (b.box.left, b.box.top, b.box.right, b.box.bottom)
        )
        if (a.kind, a.text) != (b.kind, b.text) or any(abs(x - y) > MOST_MOVED for x, y in edges):
            return f"another place of {a.kind} {a.text!r}"
    pixels = [np.asarray(Image.open(io.BytesIO(scene.image)).convert("RGB"), float) for scene in (claimed, derived)]
    changed = float(np.abs(pixels[0] - pixels[1]).mean())
    return f"another picture (mean difference {changed:.1f} of 255)" if changed > MOST_CHANGED else ""
