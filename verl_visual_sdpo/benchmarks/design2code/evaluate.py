"""One run over the tasks: every answer once through the browser, scored, written down as it comes.

OUT/results.jsonl      one line a task as it is done; a further run skips what was done with the same content
OUT/pictures/ID.png    the answer's page; ID.reference.png the task's
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.design2code.clip import Encoder, clip_similarity
from verl_visual_sdpo.benchmarks.design2code.data import Example, Split, program_of, read_text
from verl_visual_sdpo.benchmarks.results import Row, appended, read_rows, write_rows
from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.fidelity.web import TERMS, design2code
from verl_visual_sdpo.inspection.fidelity.web_pixels import pixel_likeness
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Rendering

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
        path = self.out / "results.jsonl"
        keys = {example.id: self._key(example) for example in self.split.examples}
        done = {row["id"]: row for row in read_rows(path) if keys.get(row["id"]) == row["key"]}
        left = [example for example in self.split.examples if example.id not in done]
        broken: dict[str, str] = {}
        failed: list[str] = []
        with ThreadPoolExecutor(self.workers) as threads, appended(path) as append:
            futures = {threads.submit(self._row, example, keys[example.id]): example.id for example in left}
            bar = tqdm(as_completed(futures), total=len(self.split.examples), initial=len(done), unit="task")
            for future in bar:
                name = futures[future]
                try:
                    row = future.result()
                except InvalidInputError as error:
                    broken[name] = str(error)
                except SandboxUnavailableError:
                    threads.shutdown(cancel_futures=True)
                    raise
                except SandboxError as error:
                    failed.append(f"{name}: {error}")
                else:
                    done[name] = row
                    append(row)
        rows = [done[example.id] for example in self.split.examples if example.id in done]
        write_rows(path, rows)
        if failed:
            raise SandboxError(f"{len(failed)} tasks could not be judged ({failed[0]}); the same command goes on")
        return rows, broken

    def _row(self, example: Example, key: str) -> Row:
        reference = self.renderer.render(bare_program(example.html, "web"), VIEW)
        if not reference.execution.ok:
            raise InvalidInputError(f"its own page does not show here: {_reason(reference)}")
        rendering = self.renderer.render(program_of(self.answers.get(example.id)), VIEW)
        ok = rendering.execution.ok
        row: Row = {"id": example.id, "key": key, "status": rendering.execution.status}
        row |= {"error": "" if ok else _reason(rendering), "seconds": round(rendering.execution.seconds, 3)}
        row |= dict.fromkeys((*TERMS, "pixels"), 0.0) | {"clip": None if self.encoder is None else 0.0}
        (self.out / "pictures" / f"{example.id}.reference.png").write_bytes(reference.scenes[0].image)
        if ok:
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
        """Names a row by all it depends on."""
        path = self.answers.get(example.id)
        answer = [path.suffix, read_text(path)] if path else None
        parts = [VERSION, example.id, example.html, answer, self.encoder.name if self.encoder else None]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _reason(rendering: Rendering) -> str:
    error = rendering.execution.error
    return f"{error.type}: {error.message}" if error else rendering.execution.status
