"""One table from several runs of ``visual-sdpo bench defects`` (other seeds, other sources).

    python tests/benchmarks/pooled_defects.py RUN [RUN ...] [--domain web|slide] [--markdown]

``RUN`` is a folder that the command wrote. All programs of all runs count as one sample, and intervals are those of the
pooled cases.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit
from verl_visual_sdpo.benchmarks.defectbench.judge import ChartJudgement
from verl_visual_sdpo.benchmarks.defectbench.judgement import Finding, Judgement
from verl_visual_sdpo.benchmarks.defectbench.rows import table
from verl_visual_sdpo.benchmarks.defectbench.slide.bench import SUMMARY as SLIDES
from verl_visual_sdpo.benchmarks.defectbench.statistics import Estimate, Row, alarms
from verl_visual_sdpo.benchmarks.defectbench.table import report
from verl_visual_sdpo.benchmarks.defectbench.web.bench import SUMMARY as PAGES
from verl_visual_sdpo.types import Box

COLUMNS = ("recall", "precision", "top1", "top3", "mass", "undetermined")
SUMMARIES = {"web": PAGES, "slide": SLIDES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--domain", choices=SUMMARIES, default="web", help="where no charts were benched (%(default)s)")
    parser.add_argument("--markdown", action="store_true", help="by kind alone, as a README shows it")
    arguments = parser.parse_args()
    results = [json.loads((run / "results.json").read_text(encoding="utf-8")) for run in arguments.runs]
    if isinstance(results[0], list):
        judged = [_judgement(plain, Judgement) for result in results for plain in result]
        summary = SUMMARIES[arguments.domain]
        columns = ("recall", "precision", *summary.credits)
        shown = _marked(summary.rows(judged), columns, judged) if arguments.markdown else [summary.text(judged, {})]
        print("\n".join(shown))
        return
    judged = [judgement for result in results for judgement in judgements(result)]
    known = results[0]["detectors"]
    if arguments.markdown:
        print("\n".join(markdown(judged, known)))
    else:
        seeds = ", ".join(f"{result['source']} seed {result['seed']}" for result in results)
        print(report(judged, known, [f"pooled: {seeds}"]))


def judgements(result: Mapping[str, Any]) -> Iterator[ChartJudgement]:
    """The judged programs of one ``results.json``."""
    for plain in result["judged"]:
        row = dict(plain)
        row["undetermined"] = tuple(map(tuple, row["undetermined"]))
        row["lines"] = {int(statement): line for statement, line in row["lines"].items()}
        row["mapped"] = Credit(**row["mapped"]) if row["mapped"] else None
        yield _judgement(row, ChartJudgement)


def _judgement(plain: Mapping[str, Any], made: type[Judgement]) -> Any:
    credit = Credit(**plain["credit"]) if plain["credit"] else None
    return made(**{**plain, "findings": tuple(map(_finding, plain["findings"])), "credit": credit})


def _finding(plain: Mapping[str, Any]) -> Finding:
    boxes = tuple(Box(**box) for box in plain["boxes"])
    shares = {int(statement): share for statement, share in plain["shares"].items()}
    return Finding(**{**plain, "boxes": boxes, "shares": shares})


def markdown(judged: list[ChartJudgement], known: list[str]) -> Iterator[str]:
    """The table by kind and a line on false alarms."""
    yield from _marked(table(judged, known), COLUMNS, judged)


def _marked(rows: Sequence[Row], columns: Sequence[str], judged: Sequence[Judgement]) -> Iterator[str]:
    yield f"| kind | twins | {' | '.join(columns)} |"
    yield "|---|" + "---|" * (len(columns) + 1)
    for row in rows:
        yield f"| {row.name} | {row.twins} | {' | '.join(_cell(getattr(row, column)) for column in columns)} |"
    for kind, words in (("clean", "clean programs"), ("control", "controls")):
        count, wrong, _ = alarms(judged, kind)
        yield f"\nfalse alarms in {count} {words}: {wrong.total()} {dict(wrong.most_common())}"


def _cell(estimate: Estimate) -> str:
    return "" if estimate.value is None else str(estimate)


if __name__ == "__main__":
    main()
