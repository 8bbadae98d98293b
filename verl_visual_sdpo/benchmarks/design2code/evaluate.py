"""One run over the tasks: every answer once through the browser, scored, written down as it comes.

OUT/results.jsonl      one line a task as it is done; a further run skips what was done with the same content
OUT/pictures/ID.png    the answer's page; ID.reference.png the task's
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verl_visual_sdpo.benchmarks.answers import read_text
from verl_visual_sdpo.benchmarks.design2code.clip import Encoder, clip_similarity
from verl_visual_sdpo.benchmarks.design2code.data import Example, Split, program_of
from verl_visual_sdpo.benchmarks.results import BrokenReferenceError, Row, complete, key_of
from verl_visual_sdpo.inspection.fidelity.web import TERMS, design2code
from verl_visual_sdpo.inspection.fidelity.web_pixels import pixel_likeness
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import Renderer

VERSION = 1
"""Of what a row means; rows of another are made again."""
VIEW = {"viewport_width": 1280, "viewport_height": 720, "full_page": True}
"""The window of the benchmark's screenshots."""


@dataclass(frozen=True)
class Evaluation:
    """``answers`` holds the file of each answer by id; tasks without one count as failed. Without an ``encoder`` the
    term ``clip`` and the final score are None."""

    split: Split
    answers: Mapping[str, Path]
    renderer: Renderer
    out: Path
    encoder: Encoder | None = None
    workers: int = 2

    def run(self) -> tuple[list[Row], dict[str, str]]:
        """Rows in the order of the tasks, and the tasks left out because their own page does not show (id -> why).
        Raises SandboxError when our machinery failed for some, after the others are done."""
        (self.out / "pictures").mkdir(parents=True, exist_ok=True)
        tasks = {example.id: example for example in self.split.examples}
        keys = {name: self._key(example) for name, example in tasks.items()}
        return complete(self.out / "results.jsonl", keys, lambda name: self._row(tasks[name]), self.workers)

    def _row(self, example: Example) -> Row:
        reference = self.renderer.render(bare_program(example.html, "web"), VIEW)
        if not reference.execution.ok:
            raise BrokenReferenceError(f"its own page does not show here: {reference.execution.reason}")
        rendering = self.renderer.render(program_of(self.answers.get(example.id)), VIEW)
        run = rendering.execution
        row: Row = {"status": run.status, "error": run.reason, "seconds": round(run.seconds, 3)}
        row |= dict.fromkeys((*TERMS, "pixels"), 0.0) | {"clip": None if self.encoder is None else 0.0}
        (self.out / "pictures" / f"{example.id}.reference.png").write_bytes(reference.scenes[0].image)
        if run.ok:
            row |= design2code(rendering.record, reference.record)
            row["pixels"] = pixel_likeness(rendering.record, reference.record)
            (self.out / "pictures" / f"{example.id}.png").write_bytes(rendering.scenes[0].image)
            if self.encoder is not None:
                pages = [(one.scenes[0].image, one.record) for one in (rendering, reference)]
                row["clip"] = clip_similarity(self.encoder, *pages)
        four = [row[term] for term in TERMS]
        row["four"] = sum(four) / 4
        row["final"] = None if row["clip"] is None else (sum(four) + row["clip"]) / 5
        return row

    def _key(self, example: Example) -> str:
        path = self.answers.get(example.id)
        answer = [path.suffix, read_text(path)] if path else None
        return key_of(VERSION, example.id, example.html, answer, self.encoder.name if self.encoder else None)
