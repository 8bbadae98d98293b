"""One self-contained page for an analysis: picture, defects and source, each linked to the others; what the teacher
reads; what every token weighs; what the run did.

No network, no external file; pictures are embedded once. Readable without JavaScript (links and ``:target`` remain), by
keyboard, on a phone, on paper, in light and dark.
"""

from __future__ import annotations

import base64
import functools
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.feedback import describe
from verl_visual_sdpo.inspection.reward import TOLERANCE, burden
from verl_visual_sdpo.report.findings import FAILED_RUN, Finding, findings, suspects
from verl_visual_sdpo.report.frames import Frame, frames_of
from verl_visual_sdpo.report.teacher_view import Learning, Piece
from verl_visual_sdpo.types import Analysis, Scene

TEMPLATE = "inspect_page.html.jinja"
STOP = 0  # the number under which page and source speak of what stopped the program
SHOWN_WIDTH, BADGE = 420, 19  # px on the screen for which the places of the numbers are chosen
TIE_WORDS = {
    "created": "created it",
    "mutated": "changed it later",
    "styled": "styled it from afar",
    "data": "gave it its data",
    "mapped": "named by a model that read the source",
}


@dataclass(frozen=True, slots=True)
class Charge:
    """What a line answers for: a finding's number (``STOP``: it stopped the program), what it is, the tie, and how
    much in [0, 1]."""

    number: int
    what: str
    tie: str
    responsibility: float


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the program: its number in the file, its text, the largest responsibility of a statement on it, the
    numbers of the defects it is a prime suspect of, and all it answers for, heaviest first."""

    number: int
    text: str
    heat: float
    defects: tuple[int, ...]
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: its number from 1, size in px, the PNG as base64, its frames (largest first), and those of them that
    carry a number, in the order of the numbers."""

    number: int
    width: int
    height: int
    png: str
    frames: tuple[Frame, ...]
    numbered: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One detector's outcome: how many defects, and why it could not decide where it could not (reason -> about)."""

    detector: str
    found: int
    unsure: tuple[tuple[str, tuple[str, ...]], ...]


def inspect_page(
    analysis: Analysis, name: str, shift: int = 0, *, learning: Learning | None = None, index: str = ""
) -> str:
    """The page as HTML text.

    ``name`` heads it; ``shift`` is added to the program's line numbers (a program that begins on line 5 of its file
    has 4). ``learning`` adds the teacher's message and the weights. ``index`` is the address of a page over many
    programs to lead back to.
    """
    found = findings(analysis)
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            name=name,
            analysis=analysis,
            reward=analysis.reward,
            burden=burden(analysis.defects),
            tolerance=TOLERANCE,
            likeness={term: value for term, value in analysis.fidelity.items() if value is not None},
            pictures=pictures(analysis, found),
            findings=found,
            stopped=suspects(analysis, FAILED_RUN),
            lines=source_lines(analysis, found, shift),
            shift=shift,
            rubric=_indented(analysis.feedback.rubric),
            checks=checks(analysis) if analysis.execution.ok else [],
            kinds=[Counter(e.kind for e in scene.elements).most_common() for scene in analysis.scenes],
            learning=learning,
            pieces=_with_lines(learning.weights.pieces) if learning else [],
            tie_words=TIE_WORDS,
            index=index,
        )
    )


def source_lines(analysis: Analysis, found: list[Finding], shift: int = 0) -> list[SourceLine]:
    """Every line of the program with its blame."""
    charges: dict[int, list[Charge]] = defaultdict(list)
    accused: dict[int, set[int]] = defaultdict(set)
    for finding in found:
        for suspect in finding.suspects:
            for line in suspect.lines:
                charge = Charge(finding.number, finding.defect.detector, suspect.tie, suspect.responsibility)
                charges[line].append(charge)
        for line in (line for suspect in finding.prime for line in suspect.lines):
            accused[line].add(finding.number)
    for suspect in suspects(analysis, FAILED_RUN):
        for line in suspect.lines:
            charges[line].append(Charge(STOP, analysis.execution.status, suspect.tie, suspect.responsibility))
    return [
        SourceLine(
            number=n + shift,
            text=text,
            heat=round(max((c.responsibility for c in charges[n]), default=0.0), 3),
            defects=tuple(sorted(accused[n])),
            charges=tuple(sorted(charges[n], key=lambda c: (-c.responsibility, c.number))),
        )
        for n, text in enumerate(analysis.program.source.splitlines(), 1)
    ]


def pictures(analysis: Analysis, found: Sequence[Finding]) -> list[Picture]:
    """The figures that hold their picture, with the frames of their findings."""
    return [
        _picture(scene, page, [f for f in found if f.defect.page == page])
        for page, scene in enumerate(analysis.scenes)
        if scene.image
    ]


def checks(analysis: Analysis) -> list[Check]:
    """Every detector with its outcome, those that found something first; then what else could not be told."""
    found = Counter(defect.detector for defect in analysis.defects)
    unsure: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in analysis.undetermined:
        by_id = {e.id: e for e in analysis.scenes[one.page].elements} if one.page < len(analysis.scenes) else {}
        where = f" (picture {one.page + 1})" if len(analysis.scenes) > 1 else ""
        about = [by_id[i] for i in one.element_ids if i in by_id]
        told = [describe(e) + where for e in about if not (e.text and e.text in one.reason)]
        unsure[one.detector][one.reason] += told
    names = dict.fromkeys([*(detector.id for detector in detectors_of(analysis.domain)), *found, *unsure])
    rows = [Check(n, found[n], tuple((reason, tuple(about)) for reason, about in unsure[n].items())) for n in names]
    return sorted(rows, key=lambda row: (-row.found, not row.unsure))


@functools.cache
def environment() -> Environment:
    """Where the templates of this folder are found; everything they print is escaped."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["percent"] = lambda value, whole: f"{100 * value / whole:.3f}%"
    return found


def _picture(scene: Scene, page: int, found: Sequence[Finding]) -> Picture:
    width, height = scene.size
    side = BADGE * width / min(SHOWN_WIDTH, 1.5 * width)  # px of the picture
    frames = frames_of(found, scene.size, (side, side))
    numbered = sorted((f for f in frames if f.badge), key=lambda f: f.finding.number)
    png = base64.b64encode(scene.image).decode("ascii")
    return Picture(page + 1, width, height, png, tuple(frames), tuple(numbered))


def _with_lines(pieces: Sequence[Piece]) -> list[tuple[Piece, int]]:
    """Each piece with the line of the response it begins on."""
    told, line = [], 1
    for piece in pieces:
        leading = len(piece.text) - len(piece.text.lstrip("\n"))
        told.append((piece, line + (leading if piece.text.strip("\n") else 0)))
        line += piece.text.count("\n")
    return told


def _indented(rubric: str) -> str:
    return json.dumps(json.loads(rubric), indent=2, ensure_ascii=False) if rubric else ""
