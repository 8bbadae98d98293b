"""The vocabulary every wing speaks: what a response is, what was seen when it ran, and what that is worth.

Standard library (and ``serial``) only. Every type is a frozen dataclass; an :class:`Analysis` goes to JSON and back
without loss.

Coordinates
    ``Box`` is in pixels of the rendered picture, origin top-left, y down.
    ``Span`` is a half-open range of *character* offsets in the **response** (not in the extracted program).
    ``line`` is 1-based in the **program** (for a bare program file both coincide).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verl_visual_sdpo.serial import from_plain, to_plain

# --------------------------------------------------------------------------- source


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range ``[start, end)`` of character offsets in the response."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the program. A compound statement (``for``, ``def``, ``if``) owns its header only; the
    statements of its body stand on their own. ``kind`` is the ``ast`` class name (``Expr``, ``Assign``, ``For``)."""

    id: int
    span: Span
    line: int
    end_line: int
    kind: str


@dataclass(frozen=True, slots=True)
class Program:
    """The code found in a response.

    ``source`` is the code, ``offset`` the position of its first character in the response (``response[offset:offset +
    len(source)] == source``). ``problem`` names what kept us from parsing it, with the line where there is one.
    """

    source: str
    offset: int
    statements: tuple[Statement, ...]
    problem: ProgramError | None = None

    def statement_at(self, line: int, column: int = 0) -> Statement | None:
        """The innermost statement at a 1-based line and 0-based *character* column of the program, or None.

        A column in front of the statement (indentation) still finds it; a line between statements finds none.
        """
        inside = [s for s in self.statements if s.line <= line <= s.end_line]
        if len(inside) > 1:
            at = self.offset + self._line_start(line) + column
            inside = [s for s in inside if s.span.start <= at < s.span.end] or inside
        return min(inside, key=lambda s: s.span.end - s.span.start, default=None)

    def _line_start(self, line: int) -> int:
        position = 0
        for _ in range(line - 1):
            position = self.source.index("\n", position) + 1
        return position


# --------------------------------------------------------------------------- execution

STATUSES = ("ok", "syntax_error", "runtime_error", "timeout", "memory", "forbidden", "no_program", "no_output")


@dataclass(frozen=True, slots=True)
class ProgramError:
    """Why the model's program failed: data for the teacher, not an exception of ours.

    ``line`` is the deepest line *of the program* that the traceback (or the parser) names, None where there is none.
    """

    type: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """How the run ended. ``layers`` are the isolation layers that were active; ``output`` is the end of its stdout.

    What it cost: ``seconds`` of the run, ``waited`` (s) for a worker, ``attempts`` begun until one was not lost to a
    fault of the machine (0: nothing was run for this answer), ``cached`` when another rollout's run was used.

    ``audit`` says whose drawing it is: "derived" (of a process that never ran the program), "contradicted" (the same,
    and the program's own process said otherwise), "unverified" (of the program's own process, ``audit_note`` says why)
    or "" (that too, and nobody asked).
    """

    status: str
    error: ProgramError | None = None
    seconds: float = 0.0
    output: str = ""
    layers: tuple[str, ...] = ()
    waited: float = 0.0
    attempts: int = 0
    cached: bool = False
    audit: str = ""
    audit_note: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"execution status {self.status!r} is not one of {', '.join(STATUSES)}")

    @property
    def ok(self) -> bool:
        return self.status == "ok"


# --------------------------------------------------------------------------- what was drawn


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned rectangle in px of the picture, origin top-left; ``left <= right`` and ``top <= bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


TIES = ("created", "mutated", "styled", "data")
MAPPED = "mapped"  # the tie of a Blame that a model named, without having seen the program run; never of an Owner


@dataclass(frozen=True, slots=True)
class Owner:
    """A statement's tie to an element.

    ``tie``: ``created`` it, ``mutated`` it later, ``styled`` it from afar (rcParams, tick_params, a CSS rule), or
    supplied its ``data``. ``prop`` is what was written (``text``, ``position``, ``size``, ``color``, ``rotation``,
    ``font``, ``limits`` or those of one direction as ``x-limits``, ``visible``, ``layout``, ``*`` when unknown or at
    creation). ``depth`` counts call frames of the program above the deepest one: 0 is the statement that made the call,
    1 the one that called its helper. ``order`` rises with time, so that the last writer of a property can be told.
    """

    statement: int
    tie: str
    prop: str = "*"
    depth: int = 0
    order: int = 0

    def __post_init__(self) -> None:
        if self.tie not in TIES:
            raise ValueError(f"owner tie {self.tie!r} is not one of {', '.join(TIES)}")


@dataclass(frozen=True, slots=True)
class Element:
    """Something visible in the picture.

    ``kind`` (charts): title, axis-label, tick-label, text, annotation, legend, legend-text, line, bar, patch, scatter,
    collection, image, colorbar, axes, figure.
    ``box`` is the whole extent in px, *before* clipping; ``clip`` what it is clipped to (None: only the picture).
    ``outline`` is the true shape where the box lies: the four corners of each line of a text, the vertices of a line,
    the centres of scatter marks, in px (at most a few hundred points). ``breaks`` are the positions in it where a
    further part begins (the second polygon of a collection); () when it is of one piece.
    ``panel`` is the id of the axes element it belongs to, ``parent`` the id of its container (legend, axes).
    ``style`` holds JSON scalars in px and hex: color, background, font_size, font_weight, rotation, alpha, zorder,
    line_width, face, edge, marker_size, axis ("x"/"y") where they apply.
    """

    id: int
    kind: str
    box: Box
    text: str = ""
    style: Mapping[str, Any] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    parent: int | None = None
    panel: int | None = None
    clip: Box | None = None
    outline: tuple[tuple[float, float], ...] = ()
    breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture and everything visible in it: what every detector reads, alike for chart, page and slide.

    ``size`` is (width, height) in px; ``image`` the PNG as bytes (empty when it was left out of a dump).
    """

    size: tuple[int, int]
    elements: tuple[Element, ...]
    image: bytes = b""

    @property
    def canvas(self) -> Box:
        return Box(0.0, 0.0, float(self.size[0]), float(self.size[1]))

    def element(self, element_id: int) -> Element:
        for element in self.elements:
            if element.id == element_id:
                return element
        raise KeyError(f"scene has no element {element_id}; it has {len(self.elements)} elements")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a renderer returns: how the run ended, one scene a picture, and facts about the drawing that a picture
    does not show (``record``; for charts: texts, layout, types, colors), JSON values only."""

    execution: Execution
    scenes: tuple[Scene, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


# --------------------------------------------------------------------------- what is wrong with it


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong in the picture. It never mentions source: blame does.

    ``severity`` in (0, 1], ``measured`` against ``required`` in the detector's own unit (named in ``message``).
    ``props`` are the written properties that could have caused or could mend it, most telling first (see Owner.prop).
    ``element_ids`` run parallel to ``boxes``. The first ``faulty`` of them are wrong themselves (ten unreadable
    labels), the likeliest first; the others only stand in the relation (what a legend covers).
    """

    detector: str
    severity: float
    boxes: tuple[Box, ...]
    element_ids: tuple[int, ...]
    measured: float
    required: float
    message: str
    props: tuple[str, ...] = ()
    page: int = 0
    faulty: int = 1


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A check that could not decide, and why. Never a penalty."""

    detector: str
    reason: str
    element_ids: tuple[int, ...] = ()
    page: int = 0


@dataclass(frozen=True, slots=True)
class Blame:
    """Joins a defect (index into ``Analysis.defects``; -1: the failed execution) with a statement.

    ``responsibility`` in [0, 1] is IoU(region of the statement, region of the defect) * severity * weight of the tie.
    ``tie`` is one of TIES as the renderer saw it, or MAPPED.
    """

    defect: int
    statement: int
    responsibility: float
    tie: str


@dataclass(frozen=True, slots=True)
class Reward:
    """``score = executed * visual`` with ``visual = quality * fidelity``, each in [0, 1].

    ``quality`` falls with the defects, ``fidelity`` is the likeness to the reference (1 where there is none) after
    the content gate; ``gate`` in [0, 1] is the gate's own factor (0: empty picture).
    """

    score: float
    executed: float
    visual: float
    quality: float
    fidelity: float
    gate: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the teacher reads. ``rubric`` is a JSON text (defects and similarities), ``words`` the same for people and
    for the error channel; the picture itself is ``Analysis.scene.image``."""

    rubric: str
    words: str


@dataclass(frozen=True, slots=True)
class Task:
    """What the response was asked to draw.

    ``domain``: chart, web or slide. ``reference`` is reference code (chart), HTML (web) or "" when there is none.
    ``options`` carries per-task limits by the names of the domain's settings.
    """

    domain: str = "chart"
    reference: str = ""
    instruction: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was found out about one response.

    ``undetermined`` non-empty does not lower the reward. ``fidelity`` maps term -> value in [0, 1], or None where the
    term could not be computed.
    """

    domain: str
    program: Program
    execution: Execution
    scenes: tuple[Scene, ...]
    defects: tuple[Defect, ...]
    undetermined: tuple[Undetermined, ...]
    blames: tuple[Blame, ...]
    fidelity: Mapping[str, float | None]
    reward: Reward
    feedback: Feedback

    @property
    def scene(self) -> Scene | None:
        """The first picture, or None."""
        return self.scenes[0] if self.scenes else None

    def responsibilities(self) -> dict[int, float]:
        """``resp(s)`` of the paper: statement id -> the largest responsibility over all defects."""
        worst: dict[int, float] = {}
        for blame in self.blames:
            worst[blame.statement] = max(worst.get(blame.statement, 0.0), blame.responsibility)
        return worst

    def to_json(self, *, images: bool = True, indent: int | None = None) -> str:
        """Serialise. ``images=False`` leaves the pictures out (their ``image`` reads back as ``b""``)."""
        return json.dumps(to_plain(self, images=images), indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Analysis:
        """Read back what :meth:`to_json` wrote. Raises ValueError naming the first field that does not fit."""
        return from_plain(cls, json.loads(text))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the learning side needs of an :class:`Analysis`, small enough to travel with every rollout.

    ``responsibilities`` holds (start, end, resp) of every statement, character offsets in the response, resp in
    [0, 1]; ``code`` is the span of the program (None: no program). ``determined`` is False when *our* machinery failed:
    such a rollout is neither scored nor distilled. ``image`` is a PNG, b"" when nothing was drawn. ``oracle`` is like
    ``responsibilities`` from a source that knows the truth, for ablations only; None: nobody was asked.
    ``reference`` is the task's reference code where a teacher is to read it (the OPSD baseline).
    """

    determined: bool
    status: str
    code: Span | None = None
    responsibilities: tuple[tuple[int, int, float], ...] = ()
    defects: int = 0
    rubric: str = ""
    words: str = ""
    image: bytes = b""
    oracle: tuple[tuple[int, int, float], ...] | None = None
    reference: str = ""

    @classmethod
    def of(cls, analysis: Analysis) -> Evidence:
        """Evidence of a finished analysis (``determined=True``)."""
        program, guilt = analysis.program, analysis.responsibilities()
        return cls(
            determined=True,
            status=analysis.execution.status,
            code=Span(program.offset, program.offset + len(program.source)) if program.source else None,
            responsibilities=tuple((s.span.start, s.span.end, guilt.get(s.id, 0.0)) for s in program.statements),
            defects=len(analysis.defects),
            rubric=analysis.feedback.rubric,
            words=analysis.feedback.words,
            image=analysis.scene.image if analysis.scene else b"",
        )

    def to_json(self) -> str:
        return json.dumps(to_plain(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read back what :meth:`to_json` wrote. Raises ValueError naming the first field that does not fit."""
        return from_plain(cls, json.loads(text))
