"""Many programs at once: each is analysed in parallel, gets a page and a thumbnail, and a line in ``results.jsonl``.

A run that was stopped goes on where it was: a program whose content and settings are those of a line already written
keeps it. The file is in the order of the programs when the run is done.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError, VisualSDPOError
from verl_visual_sdpo.inspection.pipeline import Renderer, Tracing, analyse_program
from verl_visual_sdpo.json_lines import appended, as_line, rows_in
from verl_visual_sdpo.report.annotate import annotated_png
from verl_visual_sdpo.report.findings import FAILED_RUN, analysis_as_plain, findings, suspects
from verl_visual_sdpo.report.inspect_page import inspect_page
from verl_visual_sdpo.report.teacher_view import Tokens, learning_view
from verl_visual_sdpo.types import Analysis, Program, Task

RESULTS, PAGES, THUMBNAILS = "results.jsonl", "pages", "thumbnails"
THUMBNAIL = (320, 240)  # px
UNREADABLE, NOT_JUDGED = "unreadable", "not_judged"
"""Statuses beside those of an execution: the file, record or reference cannot be used; our own machinery failed."""

logger = logging.getLogger(__name__)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A program to look at. ``id`` is unique among the items; ``file`` is where it came from; ``text`` the file or the
    response; ``reference`` and ``prompt`` are "" where there are none; ``problem`` says why it cannot be read."""

    id: str
    file: str
    text: str = ""
    reference: str = ""
    prompt: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Survey:
    """How a run looks at its items. ``read`` finds the program in an item; ``fingerprint`` are further settings that
    change what is found (timeout, policy...); ``full`` writes the whole analysis into each line."""

    out: Path
    domain: str
    renderer: Renderer
    read: Callable[[Item], Program]
    config: DistillationConfig
    tokens: Tokens | None = None
    full: bool = False
    fingerprint: Mapping[str, Any] | None = None
    tracing: Tracing = Tracing()

    def run(self, items: Sequence[Item], *, jobs: int, restart: bool = False) -> list[Row]:
        """Rows in the order of ``items``; ``results.jsonl``, pages and thumbnails are written on the way.

        Raises SandboxUnavailableError when programs cannot be isolated here, InvalidInputError when the folder cannot
        be written; whatever is wrong with one program is in its row.
        """
        for folder in (self.out / PAGES, self.out / THUMBNAILS):
            _writing(functools.partial(folder.mkdir, parents=True, exist_ok=True), folder)
        known = {} if restart else self._known()
        names = file_names([item.id for item in items])
        rows = {item.id: row for item in items if (row := known.get((item.id, self.key(item)))) and self._kept(row)}
        todo = [item for item in items if item.id not in rows]
        results, failed = self.out / RESULTS, sum(row["status"] != "ok" for row in rows.values())
        with (
            ExitStack() as files,
            ThreadPoolExecutor(jobs, thread_name_prefix="inspect") as pool,
            tqdm(total=len(items), initial=len(rows), desc="inspect", unit="program") as bar,
        ):
            append = _writing(lambda: files.enter_context(appended(results, anew=restart)), results)
            futures = [pool.submit(self.look, item, names[item.id]) for item in todo]
            try:
                for future in as_completed(futures):
                    row = future.result()
                    rows[row["id"]] = row
                    failed += row["status"] != "ok"
                    _writing(functools.partial(append, row), results)
                    bar.set_postfix(failed=failed)
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        ordered = [rows[item.id] for item in items]
        replace_text(results, "".join(map(as_line, ordered)))
        return ordered

    def look(self, item: Item, name: str) -> Row:
        """Analyse one item and write its page and thumbnail, ``name`` being their stem."""
        if item.problem:
            return self._unjudged(item, UNREADABLE, item.problem)
        try:
            program = self.read(item)
            task = Task(self.domain, reference=item.reference)
            analysis = analyse_program(program, task, self.renderer, tracing=self.tracing)
            shift = item.text.count("\n", 0, program.offset)
            learning = learning_view(analysis, item.text, self.config, item.prompt, self.tokens)
            page = inspect_page(analysis, item.id, shift, learning=learning, index="../index.html")
            picture = self._thumbnail(analysis)
        except SandboxUnavailableError:
            raise
        except InvalidInputError as error:  # what we were given for this one: its reference, for example
            return self._unjudged(item, UNREADABLE, str(error))
        except Exception as error:  # one program less, never the run; and never its zero
            if not isinstance(error, VisualSDPOError):
                logger.exception("%s could not be judged", item.id)
            return self._unjudged(item, NOT_JUDGED, f"{type(error).__name__}: {error}")
        row = {"id": item.id, "file": item.file, "key": self.key(item), **summary(analysis, shift)}
        row["page"], row["thumbnail"] = f"{PAGES}/{name}.html", ""
        write_file(self.out / row["page"], page.encode("utf-8", "replace"))
        if picture:
            row["thumbnail"] = f"{THUMBNAILS}/{name}.png"
            write_file(self.out / row["thumbnail"], picture)
        return {**row, "analysis": analysis_as_plain(analysis)} if self.full else row

    def key(self, item: Item) -> str:
        """Hash of all that decides what is found out about an item."""
        settings = {
            **(self.fingerprint or {}),
            "domain": self.domain,
            "teacher": asdict(self.config),
            "tokenizer": self.tokens.path if self.tokens else "",
            "full": self.full,
        }
        content = [item.text, item.reference, item.prompt, item.problem, settings]
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def _known(self) -> dict[tuple[str, str], Row]:
        """The lines of an earlier run; a line torn by its end is not counted."""
        return {(row["id"], row["key"]): row for row in rows_in(self.out / RESULTS) if "id" in row and "key" in row}

    def _kept(self, row: Row) -> bool:
        """Whether an earlier row still stands: it was judged, and its files are there."""
        files = [row.get("page"), row.get("thumbnail")]
        return row.get("status") not in (UNREADABLE, NOT_JUDGED) and all((self.out / f).exists() for f in files if f)

    def _unjudged(self, item: Item, status: str, error: str) -> Row:
        about = {"id": item.id, "file": item.file, "key": self.key(item), "status": status}
        factors = dict.fromkeys(("score", "executed", "quality", "fidelity", "gate"))
        found = {"likeness": {}, "defects": 0, "kinds": {}, "worst": [], "undetermined": 0, "pictures": 0}
        end = {"error": error, "error_line": None, "seconds": 0.0, "page": "", "thumbnail": ""}
        return {**about, **factors, **found, **end}

    def _thumbnail(self, analysis: Analysis) -> bytes:
        if not (analysis.scene and analysis.scene.image):
            return b""
        return annotated_png(analysis.scene, [f for f in findings(analysis) if f.defect.page == 0], THUMBNAIL)


def summary(analysis: Analysis, shift: int = 0) -> Row:
    """An analysis in one flat line: status, reward and its factors, defects by kind, the worst of them with the lines
    to blame (of the file: ``shift`` is added), what failed and where."""
    reward, run = analysis.reward, analysis.execution
    stopped = suspects(analysis, FAILED_RUN)
    return {
        "status": run.status,
        "score": reward.score,
        "executed": reward.executed,
        "quality": reward.quality,
        "fidelity": reward.fidelity,
        "gate": reward.gate,
        "likeness": dict(analysis.fidelity),
        "defects": len(analysis.defects),
        "kinds": dict(Counter(d.detector for d in analysis.defects).most_common()),
        "worst": [
            {
                "what": f.defect.detector,
                "severity": f.defect.severity,
                "message": f.defect.message,
                "lines": [s.line + shift for s in f.prime],
            }
            for f in findings(analysis)[:3]
        ],
        "undetermined": len(analysis.undetermined),
        "pictures": len(analysis.scenes),
        "error": run.reason,
        "error_line": stopped[0].line + shift if stopped else None,
        "seconds": round(run.seconds, 3),
    }


def file_names(ids: Sequence[str]) -> dict[str, str]:
    """A file name (without suffix) for every id, alike in every run; ids that would share one get a hash behind it."""
    plain = {one: re.sub(r"[^\w.-]+", "_", one.replace("/", "-")).strip("._-")[-80:] or "program" for one in ids}
    often = Counter(name.lower() for name in plain.values())
    return {
        one: name if often[name.lower()] == 1 else f"{name}-{hashlib.sha256(one.encode()).hexdigest()[:8]}"
        for one, name in plain.items()
    }


def totals(rows: Iterable[Row]) -> dict[str, Any]:
    """Programs by status, defects by kind, programs that have each kind, and the mean score of what was judged."""
    rows = list(rows)
    scores = [row["score"] for row in rows if row["score"] is not None]
    kinds: Counter[str] = Counter()
    for row in rows:
        kinds.update(row["kinds"])
    return {
        "programs": len(rows),
        "statuses": dict(Counter(row["status"] for row in rows).most_common()),
        "kinds": dict(kinds.most_common()),
        "programs_with": {kind: sum(kind in row["kinds"] for row in rows) for kind in kinds},
        "clean": sum(row["status"] == "ok" and not row["defects"] for row in rows),
        "score": sum(scores) / len(scores) if scores else None,
    }


def write_file(path: Path, data: bytes) -> None:
    """Write a file. Raises InvalidInputError where that cannot be done."""
    _writing(lambda: path.write_bytes(data), path)


def replace_text(path: Path, text: str) -> None:
    """Write a file at once: a reader finds the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    write_file(fresh, text.encode("utf-8", "replace"))
    _writing(lambda: fresh.replace(path), path)


def _writing(action: Callable[[], Any], path: Path) -> Any:
    try:
        return action()
    except OSError as error:
        raise InvalidInputError(f"cannot write {path}: {error.strerror}") from error
