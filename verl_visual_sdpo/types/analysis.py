"""What was found out about a response: defects, who is to blame, what it is worth, and what a teacher reads of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verl_visual_sdpo.serial import from_plain, to_plain
from verl_visual_sdpo.types.picture import Box, Scene
from verl_visual_sdpo.types.program import Execution, Program, Span


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


def telling_page(defects: Sequence[Defect]) -> int:
    """Of several pages the one that says most: that of the largest summed severity; the first of equals, and without
    defects."""
    burden: dict[int, float] = {}
    for defect in defects:
        burden[defect.page] = burden.get(defect.page, 0.0) + defect.severity
    return min(burden, key=lambda page: (-burden[page], page), default=0)


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
    such a rollout is neither scored nor distilled. ``image`` is a PNG, of several pages the ``telling_page``, b"" when
    nothing was drawn. ``oracle`` is like
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
            image=analysis.scenes[telling_page(analysis.defects)].image if analysis.scenes else b"",
        )

    def to_json(self) -> str:
        return json.dumps(to_plain(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read back what :meth:`to_json` wrote. Raises ValueError naming the first field that does not fit."""
        return from_plain(cls, json.loads(text))
