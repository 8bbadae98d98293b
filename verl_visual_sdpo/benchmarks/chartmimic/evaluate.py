"""One run over a split: every answer once through the sandbox, scored, judged, written down as it comes.

OUT/results.jsonl      one line a task as it is done; a further run skips what was done with the same content, and
                       keeps the lines of its own selection of tasks
OUT/pictures/ID.png    what the answer drew (ID.reference.png: what our sandbox draws of the reference)
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verl_visual_sdpo.benchmarks.answers import read_text
from verl_visual_sdpo.benchmarks.chartmimic.data import Example, Split
from verl_visual_sdpo.benchmarks.chartmimic.judge import PROMPT as JUDGE_PROMPT
from verl_visual_sdpo.benchmarks.chartmimic.judge import Judge
from verl_visual_sdpo.benchmarks.chartmimic.programs import program_of
from verl_visual_sdpo.benchmarks.chartmimic.quirks import ALL
from verl_visual_sdpo.benchmarks.chartmimic.references import OPTIONS, reason, reference_rendering
from verl_visual_sdpo.benchmarks.chartmimic.scores import terms
from verl_visual_sdpo.benchmarks.results import Row, complete, key_of
from verl_visual_sdpo.inspection.fidelity.chart import TERMS
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Rendering

VERSION = 1
"""Of what a row means; rows of another are made again."""


@dataclass(frozen=True)
class Evaluation:
    """What is compared, and how. ``answers`` holds the file of each answer by id; tasks without one count as failed."""

    split: Split
    answers: Mapping[str, Path]
    renderer: Renderer
    out: Path
    quirks: frozenset[str] = ALL
    judge: Judge | None = None
    workers: int = 2

    def run(self) -> tuple[list[Row], dict[str, str]]:
        """Rows in the order of the split, and the tasks that are left out because their reference does not draw (id ->
        why). Raises SandboxError or EndpointError when *our* side failed for some tasks, after the others are done.
        """
        (self.out / "pictures").mkdir(parents=True, exist_ok=True)
        tasks = {example.id: example for example in self.split.examples}
        keys = {name: self._key(example) for name, example in tasks.items()}
        return complete(self.out / "results.jsonl", keys, lambda name: self._row(tasks[name]), self.workers)

    # ------------------------------------------------------------------ one task

    def _row(self, example: Example) -> Row:
        reference = reference_rendering(example, self.renderer)
        rendering = self._rendering(example)
        execution = rendering.execution
        row: Row = {"kind": example.kind, "status": execution.status}
        row |= {"error": "" if execution.ok else reason(execution), "seconds": round(execution.seconds, 3)}
        row |= dict.fromkeys((*TERMS, "low"), 0.0)
        row |= {"high": None if self.judge is None else 0.0, "verdict": None}
        if example.picture is None:
            self._picture(f"{example.id}.reference", reference)
        if execution.ok:
            notes = (rendering.record["chartmimic"], reference.record["chartmimic"])
            row |= terms(*notes, example.id, self.quirks)
            picture = self._picture(example.id, rendering)
            if self.judge is not None:
                shown = example.picture.read_bytes() if example.picture else _last_picture(reference)
                verdict = self.judge.compare(shown, picture)
                row |= {"high": verdict.high, "verdict": {"points": verdict.points, "comments": verdict.comments}}
        return row

    def _rendering(self, example: Example) -> Rendering:
        path = self.answers.get(example.id)
        text = "" if path is None else read_text(path)
        response = path is None or path.suffix != ".py"
        program = program_of(text, example.id, response=response, public="first-block" in self.quirks)
        return self.renderer.render(program, OPTIONS)

    def _picture(self, stem: str, rendering: Rendering) -> bytes:
        png = _last_picture(rendering)
        (self.out / "pictures" / f"{stem}.png").write_bytes(png)
        return png

    def _key(self, example: Example) -> str:
        path = self.answers.get(example.id)
        versions = [importlib.metadata.version(name) for name in ("matplotlib", "numpy", "scipy")]
        answer = [path.suffix, read_text(path)] if path else None
        judge = [self.judge.name, JUDGE_PROMPT] if self.judge else None
        return key_of(VERSION, example.id, example.code, answer, sorted(self.quirks), judge, versions)


def _last_picture(rendering: Rendering) -> bytes:
    return rendering.scenes[-1].image
