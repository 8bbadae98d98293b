"""Feedback and repairs for the warm start: what a teacher prompt looks like, and the answer that heeds it.

A tiny model cannot read feedback by itself, as an 8B model can, so it is shown: a sloppy program goes through the real
pipeline (render, detect, blame, feedback), and the answer is the *same* program with the blamed lines written as a
careful author would. What the feedback does not mention stays as it was, so the right answer depends on the feedback.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from verl_visual_sdpo.data.toy_dataset import ToyTask
from verl_visual_sdpo.data.toys import sloppy_knobs, toy_of
from verl_visual_sdpo.inspection.pipeline import Budget, Renderer, analyse, gather_evidence
from verl_visual_sdpo.types import Analysis, Evidence

FAILING = 0.1  # share of sloppy programs that are broken, so that the error channel is learned too
GUILTY = 0.05  # a line is rewritten when a statement on it answers for a defect at least this much


@dataclass(frozen=True)
class Repair:
    """``evidence`` about a sloppy answer to task number ``task``, and the ``response`` that heeds it."""

    task: int
    evidence: Evidence
    response: str
    reward_before: float
    reward_after: float


def make_repairs(
    tasks: Sequence[ToyTask], renderer: Renderer, *, per_task: int, seed: int, budget: Budget, workers: int = 2
) -> list[Repair]:
    """``per_task`` repairs of every task, in order; the same seed gives the same programs."""
    jobs = [(index, random.Random(f"{seed}/{index}/{n}")) for index in range(len(tasks)) for n in range(per_task)]
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda job: make_repair(tasks[job[0]], *job, renderer, budget), jobs)
        return list(tqdm(results, total=len(jobs), desc="feedback", unit="program"))


def make_repair(task: ToyTask, index: int, rng: random.Random, renderer: Renderer, budget: Budget) -> Repair:
    """Write a sloppy program, look at it, and mend what is blamed.

    The careful program replaces a mended one that is not better (two defects that hold each other up).
    """
    toy = toy_of(task.domain)
    sloppy = toy.write_program(task.item, sloppy_knobs(toy, task.item, rng))
    careful = toy.write_program(task.item, toy.good_knobs(task.item))
    tried = toy.FENCE.format(sloppy)
    if rng.random() < FAILING:
        tried = break_program(tried, rng, toy.TYPOS)
    before = analyse(tried, task.judged, renderer, budget)
    mended = swap_lines(sloppy, careful, blamed_lines(before)) if before.execution.ok else sloppy
    after = analyse(toy.FENCE.format(mended), task.judged, renderer, budget)
    if before.defects and after.reward.score <= before.reward.score:
        mended, after = careful, analyse(toy.FENCE.format(careful), task.judged, renderer, budget)
    return Repair(index, gather_evidence(before), toy.FENCE.format(mended), before.reward.score, after.reward.score)


def blamed_lines(analysis: Analysis) -> set[int]:
    """Lines (1-based, in the program) whose statements answer for some defect."""
    guilt = analysis.responsibilities()
    return {s.line for s in analysis.program.statements if guilt.get(s.id, 0.0) >= GUILTY}


def swap_lines(program: str, other: str, lines: set[int]) -> str:
    """``program`` with ``lines`` (1-based) taken from ``other``, which has as many lines."""
    pairs = zip(program.splitlines(keepends=True), other.splitlines(keepends=True), strict=True)
    return "".join(theirs if number in lines else own for number, (own, theirs) in enumerate(pairs, 1))


def break_program(text: str, rng: random.Random, typos: Sequence[tuple[str, str]]) -> str:
    """One slip of the kinds a small model makes: ``typos`` are pairs (right, wrong)."""
    right, wrong = rng.choice([typo for typo in typos if typo[0] in text])
    pieces = text.split(right)
    at = rng.randrange(1, len(pieces))
    return right.join(pieces[:at]) + wrong + right.join(pieces[at:])


def reword_repair(repair: Repair, task: ToyTask, other: ToyTask) -> Repair:
    """The repair with the words of ``task`` turned into those of ``other`` in feedback and answer."""
    words_of = toy_of(task.domain).words_of
    pairs = {old: new for old, new in zip(words_of(task.item), words_of(other.item), strict=True) if old}
    pattern = re.compile("|".join(re.escape(word) for word in sorted(pairs, key=len, reverse=True)))

    def reworded(text: str) -> str:
        return pattern.sub(lambda match: pairs[match[0]], text)

    evidence = replace(repair.evidence, rubric=reworded(repair.evidence.rubric), words=reworded(repair.evidence.words))
    return replace(repair, evidence=evidence, response=reworded(repair.response))


def save_repairs(repairs: Sequence[Repair], path: Path) -> None:
    """One JSON object a line."""
    rows = ({**vars(repair), "evidence": repair.evidence.to_json()} for repair in repairs)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def load_repairs(path: Path) -> list[Repair]:
    """What :func:`save_repairs` wrote."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Repair(**{**row, "evidence": Evidence.from_json(row["evidence"])}) for row in rows]
