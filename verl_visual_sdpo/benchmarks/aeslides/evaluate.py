"""Answers in a folder, scored one by one: decks of python-pptx programs, or slides that are HTML pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from verl_visual_sdpo.benchmarks.aeslides import html
from verl_visual_sdpo.benchmarks.answers import PROSE, answer_files
from verl_visual_sdpo.benchmarks.results import Row, complete, key_of
from verl_visual_sdpo.inspection.fidelity import slide as deck
from verl_visual_sdpo.inspection.pipeline import analyse, analyse_program, bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Analysis, Task

CODE = {"slide": ".py", "web": ".html"}
TERMS = {"slide": deck.TERMS, "web": html.TERMS}
VERSION = 1
"""Of what a row means; rows of another are made again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` is a program or page, or a whole response (``whole``); None: there is none for this task."""

    id: str
    text: str | None
    whole: bool = False
    instruction: str = ""


def read_answers(
    folder: Path, domain: str, instructions: Mapping[str, str] | None = None, limit: int | None = None
) -> list[Answer]:
    """The answers of a folder by name; with ``instructions`` (id -> text) one for each of them, there or not. With a
    ``limit`` those of the first so many instructions, or answers where no instructions are given.

    Raises InvalidInputError for a folder without answers, with two for one task, or with one to none of the tasks.
    """
    files = answer_files(folder, CODE[domain], instructions)
    said = instructions or {}
    found = [
        Answer(name, path.read_text(encoding="utf-8", errors="replace"), path.suffix in PROSE, said.get(name, ""))
        for name, path in files.items()
    ]
    missing = [Answer(name, None, instruction=text) for name, text in said.items() if name not in files]
    chosen = set(islice(instructions or files, limit))
    return [answer for answer in (*found, *missing) if answer.id in chosen]


def evaluate(answers: Sequence[Answer], domain: str, renderer: Renderer, out: Path, workers: int) -> list[Row]:
    """One row an answer, written to ``results.jsonl`` as it is done, with pictures below ``pictures/``; a further run
    skips what was done with the same content. What does not run, and what is not there, counts 0 in every term.

    Raises SandboxError when our machinery failed for some, after the others are done.
    """
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    by_id = {answer.id: answer for answer in answers}
    keys = {answer.id: key_of(VERSION, domain, *astuple(answer)) for answer in answers}
    rows, _ = complete(out / "results.jsonl", keys, lambda name: _row(by_id[name], domain, renderer, out), workers)
    return rows


def summary(rows: Sequence[Mapping[str, Any]], domain: str, source: str) -> dict[str, Any]:
    """Means over all answers, out of 100: the terms, their average, and how many ran."""
    terms = {term: 100.0 * fmean(row["terms"][term] for row in rows) for term in TERMS[domain]}
    return {
        "benchmark": "AeSlides' formulas on HTML slides" if domain == "web" else "slide/* on python-pptx decks",
        "source": source,
        "answers": len(rows),
        "ran": sum(row["status"] == "ok" for row in rows),
        "slides": sum(row["slides"] for row in rows),
        "terms": {term: round(value, 2) for term, value in terms.items()},
        "average": round(fmean(terms.values()), 2),
        **({"gate": round(100.0 * fmean(row["gate"] for row in rows), 2)} if domain == "slide" else {}),
    }


def table(found: Mapping[str, Any]) -> str:
    """The summary as it is printed."""
    lines = [f"{found['benchmark']}: {found['answers']} answers of {found['source']}, {found['ran']} ran"]
    lines += [f"  {term:<18}{value:>7.2f}" for term, value in found["terms"].items()]
    lines.append(f"  {'average':<18}{found['average']:>7.2f}")
    if "gate" in found:
        lines.append(f"  {'content gate':<18}{found['gate']:>7.2f}   (ours; no part of the average)")
    return "\n".join(lines)


def _row(answer: Answer, domain: str, renderer: Renderer, out: Path) -> Row:
    nothing = dict.fromkeys(TERMS[domain], 0.0)
    if answer.text is None:
        return {"status": "no_answer", "terms": nothing, "average": 0.0, "gate": 0.0, "slides": 0, "error": "",
                "defects": [], "pictures": []}  # fmt: skip
    analysis = _analyse(answer, domain, renderer)
    terms = nothing
    if analysis.execution.ok:
        terms = html.score(analysis.scenes[0]) if domain == "web" else analysis.fidelity
    pictures = []
    for number, scene in enumerate(analysis.scenes, 1):
        name = f"pictures/{answer.id}-{number}.png"
        (out / name).write_bytes(scene.image)
        pictures.append(name)
    terms = {term: round(terms[term], 4) for term in TERMS[domain]}
    return {
        "status": analysis.execution.status,
        "terms": terms,
        "average": round(fmean(terms.values()), 4),
        "gate": round(analysis.reward.gate, 4),
        "slides": len(analysis.scenes),
        "error": analysis.execution.reason,
        "defects": [defect.message for defect in analysis.defects],
        "pictures": pictures,
    }


def _analyse(answer: Answer, domain: str, renderer: Renderer) -> Analysis:
    task = Task(domain, instruction=answer.instruction, options=html.OPTIONS if domain == "web" else {})
    if answer.whole:
        return analyse(answer.text, task, renderer)
    return analyse_program(bare_program(answer.text, domain), task, renderer)
