"""One run over a split: every answer once through the sandbox, scored, judged, written down as it comes.

OUT/results.jsonl      one line a task as it is done; a further run skips what was done with the same content, and
                       keeps the lines of its own selection of tasks
OUT/pictures/ID.png    what the answer drew (ID.reference.png: what our sandbox draws of the reference)
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.chartmimic.data import Example, Split
from verl_visual_sdpo.benchmarks.chartmimic.judge import PROMPT as JUDGE_PROMPT
from verl_visual_sdpo.benchmarks.chartmimic.judge import Judge
from verl_visual_sdpo.benchmarks.chartmimic.programs import program_of
from verl_visual_sdpo.benchmarks.chartmimic.quirks import ALL
from verl_visual_sdpo.benchmarks.chartmimic.references import (
    OPTIONS,
    BrokenReferenceError,
    reason,
    reference_rendering,
)
from verl_visual_sdpo.benchmarks.chartmimic.scores import terms
from verl_visual_sdpo.benchmarks.results import Row, appended, read_rows, write_rows
from verl_visual_sdpo.errors import (
    EndpointError,
    InvalidInputError,
    SandboxError,
    SandboxUnavailableError,
    VisualSDPOError,
)
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
        path = self.out / "results.jsonl"
        keys = {example.id: self._key(example) for example in self.split.examples}
        done = {row["id"]: row for row in read_rows(path) if keys.get(row["id"]) == row["key"]}
        open_tasks = [example for example in self.split.examples if example.id not in done]
        broken, failures = {}, []
        with ThreadPoolExecutor(self.workers, thread_name_prefix="judge") as threads, appended(path) as append:
            futures = {threads.submit(self._row, example, keys[example.id]): example for example in open_tasks}
            bar = tqdm(as_completed(futures), total=len(self.split.examples), initial=len(done), unit="task")
            for future in bar:
                example = futures[future]
                try:
                    row = future.result()
                except BrokenReferenceError as error:
                    broken[example.id] = str(error)
                except SandboxUnavailableError:
                    threads.shutdown(cancel_futures=True)
                    raise
                except (SandboxError, EndpointError) as error:
                    failures.append((example.id, error))
                else:
                    done[example.id] = row
                    append(row)
        rows = [done[example.id] for example in self.split.examples if example.id in done]
        write_rows(path, rows)
        if failures:
            _raise(failures)
        return rows, broken

    # ------------------------------------------------------------------ one task

    def _row(self, example: Example, key: str) -> Row:
        reference = reference_rendering(example, self.renderer)
        rendering = self._rendering(example)
        execution = rendering.execution
        row: Row = {"id": example.id, "kind": example.kind, "key": key, "status": execution.status}
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
        text = "" if path is None else _text(path)
        response = path is None or path.suffix != ".py"
        program = program_of(text, example.id, response=response, public="first-block" in self.quirks)
        return self.renderer.render(program, OPTIONS)

    def _picture(self, stem: str, rendering: Rendering) -> bytes:
        png = _last_picture(rendering)
        (self.out / "pictures" / f"{stem}.png").write_bytes(png)
        return png

    def _key(self, example: Example) -> str:
        """Names a row by all it depends on."""
        path = self.answers.get(example.id)
        versions = [importlib.metadata.version(name) for name in ("matplotlib", "numpy", "scipy")]
        answer = [path.suffix, _text(path)] if path else None
        judge = [self.judge.name, JUDGE_PROMPT] if self.judge else None
        parts = [VERSION, example.id, example.code, answer, sorted(self.quirks), judge, versions]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _last_picture(rendering: Rendering) -> bytes:
    return rendering.scenes[-1].image


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def _raise(failures: list[tuple[str, VisualSDPOError]]) -> None:
    name, error = failures[0]
    text = f"{len(failures)} tasks could not be judged ({name}: {error}); the same command goes on with them"
    if isinstance(error, EndpointError):
        raise EndpointError("unanswered", text) from error
    raise SandboxError(text) from error
