"""``visual-sdpo inspect`` over many programs: a table here, pages, thumbnails, a contact sheet and JSON lines there."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verl_visual_sdpo.commands.source import renderer_for, settle_domain
from verl_visual_sdpo.commands.tracing import tracing_from
from verl_visual_sdpo.errors import InvalidInputError

if TYPE_CHECKING:
    from verl_visual_sdpo.config import DistillationConfig
    from verl_visual_sdpo.report.survey import Item
    from verl_visual_sdpo.report.teacher_view import Tokens
    from verl_visual_sdpo.types import Program

OUR_FAILURE = 3
FULL_GATE = 0.995  # a content gate below it explains a low score without defects
WIDEST = 48  # characters of a name in the table, on a terminal that has room


def run_many(arguments: argparse.Namespace, config: DistillationConfig, tokens: Tokens | None) -> int:
    """Exit status 0: all analysed and ran; 1: some program failed or could not be read; 3: our machinery failed."""
    import verl_visual_sdpo
    from verl_visual_sdpo.commands.items import gather
    from verl_visual_sdpo.report.survey import NOT_JUDGED, Survey

    jobs = arguments.jobs or os.cpu_count() or 1
    if jobs < 1:
        raise InvalidInputError(f"--jobs {jobs} must be at least 1")
    items, out = gather(arguments), Path(arguments.out)
    settle_domain(arguments, [item.file for item in items])
    renderer = renderer_for(arguments, workers=jobs)
    survey = Survey(
        out=out,
        domain=arguments.domain,
        renderer=renderer,
        read=lambda item: _program(item, arguments.domain),
        config=config,
        tokens=tokens,
        full=arguments.full,
        fingerprint={
            "version": verl_visual_sdpo.__version__,
            "policy": arguments.policy,
            "timeout": arguments.timeout,
            "trace": [arguments.trace, arguments.endpoint, arguments.model],
        },
        tracing=tracing_from(arguments),
    )
    rows = survey.run(items, jobs=jobs, restart=arguments.restart)
    _write_overview(rows, out, " ".join(arguments.paths))
    print(table(rows, shutil.get_terminal_size((120, 24)).columns))
    print(f"\nwrote {out / 'index.html'}, {out / 'contact_sheet.png'}, {out / 'results.jsonl'}")
    if any(row["status"] == NOT_JUDGED for row in rows):
        return OUR_FAILURE
    return 0 if all(row["status"] == "ok" for row in rows) else 1


def table(rows: Sequence[dict[str, Any]], width: int) -> str:
    """One line a program (name, status, score, defects by kind), then the totals."""
    from verl_visual_sdpo.report.survey import totals

    name_width = min(max(len(row["id"]) for row in rows), max(WIDEST, width - 72))
    head = f"{'program':<{name_width}}  {'status':<13}  score  defects"
    lines = [head, *(_line(row, name_width, width) for row in rows), ""]
    told = totals(rows)
    statuses = ", ".join(f"{status} {count}" for status, count in told["statuses"].items())
    lines.append(f"{told['programs']} programs: {statuses}; {told['clean']} ran without a defect")
    if told["score"] is not None:
        lines.append(f"mean score {told['score']:.2f}")
    for kind, count in told["kinds"].items():
        lines.append(f"{count:>6}  {kind} (in {told['programs_with'][kind]} programs)")
    return "\n".join(lines)


def _line(row: dict[str, Any], name_width: int, width: int) -> str:
    name = row["id"] if len(row["id"]) <= name_width else "..." + row["id"][3 - name_width :]
    score = "    -" if row["score"] is None else f"{row['score']:5.2f}"
    found = [f"{kind} {count}" for kind, count in row["kinds"].items()]
    if row["status"] == "ok" and row["gate"] < FULL_GATE:
        found.append(f"content gate {row['gate']:.2f}")
    said = ", ".join(found)
    if row["status"] != "ok":
        where = f"line {row['error_line']}: " if row.get("error_line") else ""
        said = where + " ".join((row["error"] or "").split())
    line = f"{name:<{name_width}}  {row['status']:<13}  {score}  {said}".rstrip()
    return line if len(line) <= max(width, name_width + 40) else line[: max(width, name_width + 40) - 3] + "..."


def _write_overview(rows: Sequence[dict[str, Any]], out: Path, title: str) -> None:
    from verl_visual_sdpo.report.contact_sheet import contact_sheets
    from verl_visual_sdpo.report.survey import replace_text, write_file
    from verl_visual_sdpo.report.survey_page import survey_page

    names = []
    for number, sheet in enumerate(contact_sheets(rows, out), 1):
        names.append("contact_sheet.png" if number == 1 else f"contact_sheet-{number}.png")
        write_file(out / names[-1], sheet)
    replace_text(out / "index.html", survey_page(rows, title, names))


def _program(item: Item, domain: str) -> Program:
    """A record's text is a response; a file's is what its suffix says."""
    from verl_visual_sdpo.commands.items import RECORDS
    from verl_visual_sdpo.commands.source import program_of
    from verl_visual_sdpo.inspection.program import extract_program

    if item.file.lower().endswith(RECORDS):
        return extract_program(item.text, domain)
    return program_of(item.file, item.text, domain)
