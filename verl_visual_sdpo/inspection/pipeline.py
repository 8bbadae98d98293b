"""The main path: a response goes in, an Analysis comes out.

    render -> detect -> trace -> grade -> write feedback

Everything a caller needs is here: ``analyse(response, Task("chart", reference=code))``, or from an event loop
``await analyse_async(...)``; ``gather_evidence(analysis)`` is what travels with a rollout.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from verl_visual_sdpo.inspection.detect import SEVERITIES, detect
from verl_visual_sdpo.inspection.domains import default_renderer, domain_of
from verl_visual_sdpo.inspection.feedback import Budget, write_feedback
from verl_visual_sdpo.inspection.pictures import scaled_down
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.inspection.reference import keep_references, reference_of
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.reward import DATA_WEIGHT, grade, likeness_of
from verl_visual_sdpo.inspection.trace import BLAME, INTROSPECTION, Tracing, trace, tracing_of
from verl_visual_sdpo.inspection.trace.oracle import differing_statements
from verl_visual_sdpo.types import Analysis, Defect, Evidence, Program, Rendering, Task, Undetermined

__all__ = [
    "BLAME",
    "SEVERITIES",
    "Budget",
    "Tracing",
    "analyse",
    "analyse_async",
    "analyse_program",
    "bare_program",
    "default_renderer",
    "gather_evidence",
    "keep_references",
    "tracing_of",
]

THREADS = 32  # analyses under way at once in one process; most of them wait for a render worker


def analyse(
    response: str,
    task: Task,
    renderer: Renderer | None = None,
    budget: Budget | None = None,
    tracing: Tracing = INTROSPECTION,
) -> Analysis:
    """Run the program in a response, look at what it draws, and say what is wrong, where it comes from and its worth.

    Whatever the model wrote is data: an absent, broken, endless or hostile program gives an Analysis with a status.
    ``renderer`` defaults to this process's shared one. ``tracing`` says who names the statements to blame
    (``tracing_of("fallback", endpoint=url, model=name)`` asks a model where the renderer saw no owner); a model that
    cannot tell leaves an Undetermined and never costs the response anything.

    Raises InvalidInputError for a task that cannot be used (an unknown domain, a reference that does not draw) and
    SandboxError when our own machinery fails.
    """
    return analyse_program(extract_program(response, task.domain), task, renderer, budget, tracing)


def analyse_program(
    program: Program,
    task: Task,
    renderer: Renderer | None = None,
    budget: Budget | None = None,
    tracing: Tracing = INTROSPECTION,
) -> Analysis:
    """:func:`analyse` for a program already taken out of its response, or a file that is code throughout."""
    renderer = renderer or default_renderer(task.domain)
    reference = reference_of(task, renderer, domain_of(task.domain).view)

    rendering = renderer.render(program, task.options)
    defects, undetermined = _detect_on_every_page(rendering, task)
    blames, untraced = trace(program, rendering.scenes, defects, rendering.execution, tracing)
    likeness = _likeness(rendering, reference, task)
    weight = domain_of(task.domain).own_weight
    like = likeness_of(likeness, task.options.get(weight, DATA_WEIGHT), weight)
    reward = grade(rendering, defects, like, reference, task.instruction)
    feedback = write_feedback(program, rendering.execution, rendering.scenes, defects, likeness, budget or Budget())
    return Analysis(
        domain=task.domain,
        program=program,
        execution=rendering.execution,
        scenes=rendering.scenes,
        defects=defects,
        undetermined=(*undetermined, *untraced),
        blames=blames,
        fidelity=likeness,
        reward=reward,
        feedback=feedback,
    )


async def analyse_async(
    response: str,
    task: Task,
    renderer: Renderer | None = None,
    budget: Budget | None = None,
    tracing: Tracing = INTROSPECTION,
) -> Analysis:
    """:func:`analyse` in a thread, so that a slow program blocks nobody on the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), analyse, response, task, renderer, budget, tracing)


def gather_evidence(analysis: Analysis, picture_max_pixels: int | None = None, oracle: str | None = None) -> Evidence:
    """What training needs of an analysis; a picture above ``picture_max_pixels`` is scaled down to it (None: never).

    ``oracle`` is the code of the one right program, for ablations: statements that differ from it are its ``oracle``.
    """
    evidence = Evidence.of(analysis)
    if oracle:
        right = bare_program(oracle, analysis.domain)
        if right.problem is None:
            evidence = replace(evidence, oracle=differing_statements(analysis.program, right))
    if picture_max_pixels is None or not evidence.image:
        return evidence
    return replace(evidence, image=scaled_down(evidence.image, picture_max_pixels))


# --------------------------------------------------------------------------- steps


def _detect_on_every_page(rendering: Rendering, task: Task) -> tuple[tuple[Defect, ...], tuple[Undetermined, ...]]:
    found = [detect(scene, page, task.options, task.domain) for page, scene in enumerate(rendering.scenes)]
    return tuple(d for defects, _ in found for d in defects), tuple(u for _, unsure in found for u in unsure)


def _likeness(rendering: Rendering, reference: Rendering | None, task: Task) -> Mapping[str, float]:
    """Terms by name, all 0 for a run that drew nothing (as the benchmarks count it); none where the domain compares
    with a reference and there is none."""
    domain = domain_of(task.domain)
    if reference is None and domain.look is None:
        return {}
    if not rendering.execution.ok:
        return dict.fromkeys((*domain.terms, "low"), 0.0)
    if domain.look is not None:
        return domain.look(rendering.scenes, task.options)
    return domain.likeness(rendering.record, reference.record)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="analyse")
