"""One self-contained page for an analysis: picture, defects and source, each linked to the others.

No network, no external file; the picture is embedded. Readable without JavaScript (links and ``:target`` remain) and on
a narrow screen, in light and dark.
"""

from __future__ import annotations

import base64
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from verl_visual_sdpo.report.findings import FAILED_RUN, Finding, findings, suspects
from verl_visual_sdpo.types import Analysis, Box, Scene

TEMPLATE = "inspect_page.html.jinja"
FRAME_PADDING = 3  # px between an element's box and the frame drawn around it


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the program: its number in the file, its text, the largest responsibility of a statement on it, and
    the numbers of the defects it is a prime suspect of."""

    number: int
    text: str
    heat: float
    defects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around something defective, in px of the picture; ``defect`` is the finding's number, written beside the
    first of its frames only."""

    defect: int
    severe: bool
    numbered: bool
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: its size in px, the PNG as base64, and the frames over it, worst last so that they lie on top."""

    width: int
    height: int
    png: str
    frames: tuple[Frame, ...]


def inspect_page(analysis: Analysis, name: str, shift: int = 0) -> str:
    """The page as HTML text. ``name`` heads it; ``shift`` is added to the program's line numbers (a program that
    begins on line 5 of its file has 4)."""
    found = findings(analysis)
    return _template().render(
        name=name,
        analysis=analysis,
        reward=analysis.reward,
        likeness={term: value for term, value in analysis.fidelity.items() if value is not None},
        pictures=[_picture(scene, page, found) for page, scene in enumerate(analysis.scenes) if scene.image],
        findings=found,
        lines=source_lines(analysis, found, shift),
        shift=shift,
        rubric=_indented(analysis.feedback.rubric),
    )


def source_lines(analysis: Analysis, found: list[Finding], shift: int = 0) -> list[SourceLine]:
    """Every line of the program with its blame."""
    heat: dict[int, float] = defaultdict(float)
    accused: dict[int, set[int]] = defaultdict(set)
    blamed = [s for f in found for s in f.suspects] + list(suspects(analysis, FAILED_RUN))
    for suspect in blamed:
        for line in suspect.lines:
            heat[line] = max(heat[line], suspect.responsibility)
    for finding in found:
        for line in (line for suspect in finding.prime for line in suspect.lines):
            accused[line].add(finding.number)
    return [
        SourceLine(n + shift, text, round(heat[n], 3), tuple(sorted(accused[n])))
        for n, text in enumerate(analysis.program.source.splitlines(), 1)
    ]


def _picture(scene: Scene, page: int, found: list[Finding]) -> Picture:
    frames = [
        Frame(f.number, f.severe, n == 0, *_padded(box, scene))
        for f in reversed(found)
        if f.defect.page == page
        for n, box in enumerate(f.defect.boxes)
        if all(math.isfinite(side) for side in (box.left, box.top, box.right, box.bottom))
    ]
    return Picture(*scene.size, base64.b64encode(scene.image).decode("ascii"), tuple(frames))


def _padded(box: Box, scene: Scene) -> tuple[float, float, float, float]:
    """Left, top, width, height of a frame, pulled inside the picture so that one beyond its edge can still be seen."""
    width, height = scene.size
    left, right = (min(max(x, 1), width - 1) for x in (box.left - FRAME_PADDING, box.right + FRAME_PADDING))
    top, bottom = (min(max(y, 1), height - 1) for y in (box.top - FRAME_PADDING, box.bottom + FRAME_PADDING))
    return round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1)


def _indented(rubric: str) -> str:
    return json.dumps(json.loads(rubric), indent=2, ensure_ascii=False) if rubric else ""


def _template() -> Any:
    text = resources.files("verl_visual_sdpo.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        text
    )
