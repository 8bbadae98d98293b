"""broken-picture

What
    An ``<img>`` that shows nothing: its source is missing, misspelt or no picture.
Why
    The reader sees an empty frame or a torn icon.
Known limits
    Sources on other machines are answered with a neutral placeholder and are not broken here. Pictures set by CSS
    (``background-image``) are not looked at.
Example
    ``<img src="data:image/png;base64,xyz">``
Options
    smallest   px of a side below which a picture counts as a tracking pixel
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, is_finite
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    smallest: float = 4.0


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for e in scene.elements:
        if e.kind != "image" or not e.style.get("broken") or not is_finite(e):
            continue
        if min(e.box.width, e.box.height) < limits.smallest:
            continue
        alt = " ".join(str(e.style.get("alt") or "").split())[:40]
        yield Defect(
            detector="broken-picture",
            severity=0.8,
            boxes=(e.box,),
            element_ids=(e.id,),
            measured=0.0,
            required=1.0,
            message=f"a picture{f' of {alt!r}' if alt else ''} shows nothing; give it a source that loads",
            props=("picture",),
        )


DETECTOR = Detector("broken-picture", find, Limits())
