"""too-much-text

What
    A slide holds more words than anybody reads while listening.
Why
    A wall of text is set small, leaves no room, and is read out instead of looked at.
Known limits
    Words of tables, charts and footers are left out. Languages written without spaces count two characters as a word.
Example
    six paragraphs of three sentences in the content placeholder
Options
    words   most words of a slide
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import SLIDE_TEXTS, Detector, Finding, quote, severity, texts
from verl_visual_sdpo.inspection.detect.slides import frame_of
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    words: float = 130


WORST = 280  # words from which it gets no worse
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    running = texts(scene, SLIDE_TEXTS - {"chart-text", "cell-text", "footer"})
    count = round(sum(map(_words, running)))
    if count <= limits.words:
        return
    by_frame: dict[int, list[Element]] = {}
    for e in running:
        by_frame.setdefault(frame_of(e, scene).id, []).append(e)
    wordiest = max(by_frame.values(), key=lambda group: sum(map(_words, group)))
    members = sorted(wordiest, key=lambda e: (-_words(e), e.id))
    yield Defect(
        detector="too-much-text",
        severity=severity(count, limits.words, WORST, floor=0.3),
        boxes=tuple(e.box for e in members),
        element_ids=tuple(e.id for e in members),
        measured=float(count),
        required=float(limits.words),
        message=f"the slide holds {count} words, {limits.words:g} allowed, most of them at {quote(members[0])}; keep "
        "the points and say the rest",
        props=("text", "layout"),
    )


def _words(e: Element) -> float:
    wide = len(_WIDE.findall(e.text))
    return wide / 2 + len(_WIDE.sub(" ", e.text).split())


DETECTOR = Detector("too-much-text", find, Limits())
