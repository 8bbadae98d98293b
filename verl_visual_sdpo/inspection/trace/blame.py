"""Responsibility of statements for defects.

Paper (arXiv 2606.10334):   resp(s) = max over defects d of  IoU(region(s), region(d)) * severity(d)

Here region(s) is the list of boxes of the elements that s owns, region(d) the list of the defect's boxes, IoU that of
the best pair. ``ties="paper"`` computes just that. ``ties="ours"`` multiplies by the weight of the tie, so that of all
statements that touched an element the one that decided the faulty property answers most (:data:`TIES_OURS`).
Of a helper and those who called it, the one that chose the value answers fully (``arguments``), the others by half as
much a call. ``data_slice`` also asks where their values come from: a statement that only holds data (``labels =
[...]``) owns nothing in the picture, and answers for what was drawn with it by half as much as the one that used it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.geometry import best_iou
from verl_visual_sdpo.inspection.trace.arguments import Arguments
from verl_visual_sdpo.inspection.trace.dataflow import data_sources
from verl_visual_sdpo.inspection.trace.ownership import Tied, culprits, owners_of
from verl_visual_sdpo.types import Blame, Box, Defect, Execution, Program, Scene

TIES_OURS: Mapping[str, float] = {
    "culprit": 1.0,  # last writer of the property that the defect is about
    "created": 0.5,  # created the element
    "data": 0.5,  # supplied its data
    "mutated": 0.25,  # wrote something else on it
    "styled": 0.25,  # styled it from afar
    "inherited": 0.1,  # wrote on its axes or figure
}
PARTNER = 0.5  # share of those who own only the other elements of the defect (the data under a legend)
CALLER = 0.5  # share of a statement in a call chain, per call between it and the one that chose the value
FAILED = -1  # Blame.defect of a failed execution


def blame(
    program: Program,
    scenes: Sequence[Scene],
    defects: Sequence[Defect],
    execution: Execution,
    ties: str = "ours",
    data_slice: bool = False,
) -> tuple[Blame, ...]:
    """Who answers for what: one :class:`Blame` for each (defect, statement) with a responsibility above 0.

    Sorted by defect, then responsibility (descending), then statement. A program that failed has one blame, with
    ``defect == -1``: the statement that the traceback or the parser names. ``data_slice`` follows values back to the
    statements they come from. Raises InvalidInputError for an unknown ``ties``.
    """
    if ties not in {"ours", "paper"}:
        raise InvalidInputError(f"ties={ties!r} is not known; choose 'ours' or 'paper'")
    result, sources = list(_of_failure(program, execution)), data_sources(program) if data_slice else {}
    arguments = Arguments(program)
    for index, defect in enumerate(defects):
        scene = scenes[defect.page]
        weighed = _ours(defect, scene, arguments) if ties == "ours" else _paper(defect, scene)
        weighed = _with_sources(weighed, sources)
        result += [Blame(index, s, round(resp, 6), tie) for s, (resp, tie) in weighed.items() if resp > 0]
    return tuple(sorted(result, key=lambda b: (b.defect, -b.responsibility, b.statement)))


def _of_failure(program: Program, execution: Execution) -> Iterator[Blame]:
    line = execution.error.line if execution.error else None
    if execution.ok or line is None:
        return
    statement = program.statement_at(line) or _last_before(program, line)
    if statement is not None:
        yield Blame(FAILED, statement.id, 1.0, "created")


def _last_before(program: Program, line: int):
    """A parser may name a line on which nothing starts (the end of an unclosed bracket)."""
    return max((s for s in program.statements if s.line <= line), key=lambda s: (s.line, s.id), default=None)


def _ours(defect: Defect, scene: Scene, arguments: Arguments) -> dict[int, tuple[float, str]]:
    tied = owners_of(defect, scene)
    guilty = {id(t) for t in culprits(defect, tied)}
    chosen = _chosen(tied, defect, arguments)
    best: dict[int, tuple[float, str]] = {}
    for t in tied:
        # The element is itself one of the defect's boxes, so the best pair of regions has IoU 1.
        calls = abs(t.owner.depth - chosen[_chain(t)])
        resp = defect.severity * _tie_weight(t, defect, id(t) in guilty) * CALLER**calls
        if resp > best.get(t.owner.statement, (0.0,))[0]:
            best[t.owner.statement] = (resp, t.owner.tie)
    return best


def _chosen(tied: Sequence[Tied], defect: Defect, arguments: Arguments) -> dict[tuple, int]:
    """By chain of calls, the depth of the statement that chose what was written."""
    chains: dict[tuple, dict[int, int]] = {}
    for t in tied:
        chains.setdefault(_chain(t), {})[t.owner.depth] = t.owner.statement
    found = {}
    for chain, members in chains.items():
        depths, prop = sorted(members), chain[-1]
        if prop == "*" and defect.props:
            prop = defect.props[0]
        at = arguments.chosen_at([members[depth] for depth in depths], prop) if len(depths) > 1 else 0
        found[chain] = depths[at]
    return found


def _chain(t: Tied) -> tuple:
    """What the frames of one write have in common."""
    return t.element.id, t.owner.order, t.owner.tie, t.owner.prop


def _with_sources(
    weighed: dict[int, tuple[float, str]], sources: Mapping[int, Mapping[int, int]]
) -> dict[int, tuple[float, str]]:
    found = dict(weighed)
    for statement, (resp, _) in weighed.items():
        for source, hops in sources.get(statement, {}).items():
            if (shared := resp * TIES_OURS["data"] ** hops) > found.get(source, (0.0,))[0]:
                found[source] = (shared, "data")
    return found


def _tie_weight(t: Tied, defect: Defect, guilty: bool) -> float:
    if guilty:
        return TIES_OURS["culprit"]
    weight = TIES_OURS["inherited" if t.inherited else t.owner.tie]
    return weight if t.rank < defect.faulty else weight * PARTNER


def _paper(defect: Defect, scene: Scene) -> dict[int, tuple[float, str]]:
    regions: dict[int, list[Box]] = {}
    ties: dict[int, str] = {}
    for element in scene.elements:
        for owner in element.owners:
            regions.setdefault(owner.statement, []).append(element.box)
            if ties.get(owner.statement) != "created":
                ties[owner.statement] = owner.tie
    return {s: (best_iou(boxes, defect.boxes) * defect.severity, ties[s]) for s, boxes in regions.items()}
