"""Who owns what, checked without planting anything: delete one statement, draw again, see which elements change.

    python tests/benchmarks/deletion_audit.py --source DIR [--programs N] [--statements M] [--seed S] [--out AUDIT.json]

A statement that an element changes or vanishes without is one of its true causes. Measured is the share of these true
(statement, element) pairs that the renderer has logged: on the element itself, or on the axes, legend or figure it
stands in. Deleted are whole simple statements (``pass`` takes their place, so that all others keep their numbers);
deletions that make the program fail say nothing and are counted apart. Elements are known again by their kind, by who
made them and by their number among their like; changed is what moved by more than a px or looks or reads differently.

Missing by design: data and settings that only flow through variables (a list of labels), the order of the colour cycle,
and data limits that reach the numbers on ticks.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gallery import GALLERY_IMPORTS, programs_in
from tqdm import tqdm

from verl_visual_sdpo.inspection.pipeline import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Element, Program, Rendering, Scene, Statement

SIMPLE = frozenset({"Expr", "Assign", "AnnAssign", "AugAssign", "Delete"})
SHIFT = 1.0  # px an element must move to count as changed
LOOKS = ("color", "alpha", "font_size", "font_weight", "rotation", "face", "edge", "line_width", "marker_size")
REACHING = {"axes": ("limits", "layout"), "colorbar": ("layout",), "figure": ("layout", "size"), "legend": ()}
"""What is written on a container reaches what stands in it; everything written on a legend does."""


def main() -> None:
    arguments = _arguments()
    programs = list(programs_in(Path(arguments.source)))
    random.Random(arguments.seed).shuffle(programs)
    with ChartRenderer(
        arguments.workers, arguments.timeout, cache_size=0, allowed_imports=GALLERY_IMPORTS, audit=0.0
    ) as renderer:
        rows = _audit(renderer, programs[: arguments.programs], arguments)
    print(table(rows))
    if arguments.out:
        Path(arguments.out).write_text(json.dumps(rows, indent=1), encoding="utf-8")


def table(rows: list[dict[str, Any]]) -> str:
    """Shares of true causes that were logged, by the kind of element and by what happened to it."""
    tried = sum(row["tried"] for row in rows)
    changes = [change for row in rows for change in row["changes"]]
    lines = [
        f"programs {len(rows)}, statements deleted {tried}, of which the program failed without "
        f"{sum(row['failed'] for row in rows)}, true (statement, element) pairs {len(changes)}",
        f"{'':24}{'pairs':>8}{'on it':>8}{'or around it':>14}",
    ]
    for key in ("kind", "change", None):
        for name in sorted({change[key] for change in changes}) if key else ["all"]:
            of_it = [c for c in changes if key is None or c[key] == name]
            own, around = (sum(c["logged"] in kinds for c in of_it) for kinds in (("own",), ("own", "around")))
            lines.append(f"{name:24}{len(of_it):>8}{own / len(of_it):>8.1%}{around / len(of_it):>14.1%}")
    missed = Counter(c["source"] for c in changes if c["logged"] == "no")
    lines += ["most missed:", *(f"  {count:>5}  {source}" for source, count in missed.most_common(12))]
    return "\n".join(lines)


def _audit(renderer: ChartRenderer, programs: list[Path], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    originals = [bare_program(path.read_text(encoding="utf-8")) for path in programs]
    with ThreadPoolExecutor(arguments.workers) as threads:
        drawn = list(tqdm(threads.map(renderer.render, originals), total=len(originals), unit="program"))
        jobs = [
            (number, statement)
            for number, (program, rendering) in enumerate(zip(originals, drawn))
            if rendering.execution.ok
            for statement in _chosen(program, arguments)
        ]
        without = threads.map(lambda job: renderer.render(_without(originals[job[0]], job[1])), jobs)
        results = list(tqdm(zip(jobs, without), total=len(jobs), unit="deletion"))
    rows = {number: {"program": programs[number].name, "tried": 0, "failed": 0, "changes": []} for number, _ in jobs}
    for (number, statement), rendering in results:
        row = rows[number]
        row["tried"] += 1
        row["failed"] += not rendering.execution.ok
        if rendering.execution.ok:
            row["changes"] += _changes(originals[number], statement, drawn[number], rendering)
    return list(rows.values())


def _chosen(program: Program, arguments: argparse.Namespace) -> list[Statement]:
    simple = [s for s in program.statements if s.kind in SIMPLE and not _text(program, s).startswith(('"', "'"))]
    rng = random.Random(f"{arguments.seed}/{len(program.source)}")
    return rng.sample(simple, min(len(simple), arguments.statements))


def _text(program: Program, statement: Statement) -> str:
    return program.source[statement.span.start - program.offset : statement.span.end - program.offset]


def _without(program: Program, statement: Statement) -> Program:
    start, end = statement.span.start - program.offset, statement.span.end - program.offset
    return bare_program(program.source[:start] + "pass" + program.source[end:])


# --------------------------------------------------------------------------- what has changed


def _changes(program: Program, statement: Statement, before: Rendering, after: Rendering) -> list[dict[str, Any]]:
    found = []
    for page, scene in enumerate(before.scenes):
        new = _by_identity(after.scenes[page]) if page < len(after.scenes) else {}
        for identity, element in _by_identity(scene).items():
            change = _change(element, new.get(identity))
            if change and element.kind != "figure":
                logged = _logged(statement.id, element, scene)
                source = " ".join(_text(program, statement).split())[:90]
                found.append({"kind": element.kind, "change": change, "logged": logged, "source": source})
    return found


def _by_identity(scene: Scene) -> dict[tuple, Element]:
    """Elements by kind, number of their panel, maker and number among their like (ids shift with every deletion)."""
    panels = {e.id: number for number, e in enumerate(e for e in scene.elements if e.kind in {"axes", "colorbar"})}
    seen: Counter[tuple] = Counter()
    found = {}
    for e in scene.elements:
        maker = tuple(o.statement for o in e.owners if o.tie == "created")
        like = (e.kind, panels.get(e.panel), e.style.get("axis"), maker)
        found[*like, seen[like]] = e
        seen[like] += 1
    return found


def _change(old: Element, new: Element | None) -> str:
    if new is None:
        return "gone"
    if old.text != new.text:
        return "text"
    if any(old.style.get(name) != new.style.get(name) for name in LOOKS):
        return "look"
    sides = zip(*((b.left, b.top, b.right, b.bottom) for b in (old.box, new.box)))
    return "moved" if max(abs(a - b) for a, b in sides) > SHIFT else ""


def _logged(statement: int, element: Element, scene: Scene) -> str:
    """Whether the statement is an owner of the element (own), of what it stands in (around), or of neither (no)."""
    if any(owner.statement == statement for owner in element.owners):
        return "own"
    around = [e for e in scene.elements if e.id in (element.panel, element.parent) or e.kind == "figure"]
    for container in around:
        props = REACHING.get(container.kind, ())
        if any(o.statement == statement and (not props or o.prop in props) for o in container.owners):
            return "around"
    return "no"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", required=True, help="matplotlib's source tree, or a folder of chart programs")
    parser.add_argument("--programs", type=int, default=24)
    parser.add_argument("--statements", type=int, default=10, help="deleted one by one from each program")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=20.0)
    parser.add_argument("--out", help="write every pair as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
