"""How well are defects found, and how well are they blamed? Charts with one planted defect each, and charts without.

    python tests/benchmarks/planted_defects.py --seed 0 --charts 24 --out planted/

For every kind of defect, ``--charts`` generated charts are spoilt at a known statement and rendered for real. Measured:

    recall      planted charts in which a defect of the planted kind was found
    precision   planted charts found, over those plus every finding of that kind in other charts (planted with another
                kind, clean or control)
    collateral  the part of those other findings that the planted statement of another kind answers for (top-1): real
                consequences (labels blown up until they leave the picture), counted as wrong all the same
    top-1/3     found ones whose planted statement has the largest (one of the three largest) responsibilities
    false       findings per clean or control chart

Writes ``planted.json`` (every chart: kind, line, findings, blames), and ``misses.png``, ``alarms.png`` and
``planted.png``: contact sheets to be looked at. Planting and detecting share no thresholds.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chart_programs import GENERATORS
from PIL import Image, ImageDraw
from planting import PLANTERS, as_pyplot, controls
from tqdm import tqdm

from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.inspection.trace import blame

CLEAN = "clean"


@dataclass
class Case:
    """One chart. ``kind`` is the planted defect or ``clean``; ``line`` the statement to blame (0: none)."""

    kind: str
    chart: str
    change: str
    source: str
    line: int = 0
    status: str = ""
    found: list[str] = field(default_factory=list)
    blamed: list[list[int]] = field(default_factory=list)  # lines by falling responsibility, parallel to ``found``
    boxes: list[tuple[str, tuple[float, float, float, float]]] = field(default_factory=list)
    image: bytes = b""

    @property
    def hits(self) -> list[int]:
        return [i for i, detector in enumerate(self.found) if detector == self.kind]


# --------------------------------------------------------------------------- cases


def planted_cases(seed: int, charts: int) -> Iterator[Case]:
    """``charts`` cases of each kind, going round the generators that have room for it."""
    for kind, plant in PLANTERS.items():
        made, tries = 0, 0
        while made < charts:
            rng = random.Random(f"{seed}/{kind}/{tries}")
            chart = GENERATORS[tries % len(GENERATORS)](rng)
            planted = plant(chart, rng)
            tries += 1
            if planted is not None:
                made += 1
                single = chart.axes == ("ax",) and chart.kind != "twin axes" and kind != "empty-axes"
                source = as_pyplot(planted.source) if single and rng.random() < 0.5 else planted.source
                yield Case(kind, chart.kind, planted.statement, source, planted.line)


def clean_cases(seed: int, charts: int) -> Iterator[Case]:
    """Charts as generated, and each with one change that is no defect."""
    for i in range(max(charts, len(GENERATORS))):
        rng = random.Random(f"{seed}/{CLEAN}/{i}")
        chart = GENERATORS[i % len(GENERATORS)](rng)
        yield Case(CLEAN, chart.kind, "as generated", chart.source)
        for name, source in rng.sample(controls(chart), 3):
            yield Case(CLEAN, chart.kind, name, source)


def run(case: Case, renderer: ChartRenderer) -> Case:
    """Render, detect and blame; the case is filled in."""
    program = bare_program(case.source, "chart")
    rendering = renderer.render(program)
    case.status = rendering.execution.status
    defects = [d for page, scene in enumerate(rendering.scenes) for d in detect(scene, page)[0]]
    blames = blame(program, rendering.scenes, defects, rendering.execution)
    line_of = {s.id: s.line for s in program.statements}
    for index, defect in enumerate(defects):
        case.found.append(defect.detector)
        case.blamed.append([line_of[b.statement] for b in blames if b.defect == index])
        case.boxes += [(defect.detector, (b.left, b.top, b.right, b.bottom)) for b in defect.boxes[:4]]
    case.image = rendering.scenes[0].image if rendering.scenes else b""
    return case


# --------------------------------------------------------------------------- measures


def table(cases: list[Case]) -> list[dict[str, object]]:
    """One row a kind (see the head of this file)."""
    rows = []
    for kind in PLANTERS:
        planted = [c for c in cases if c.kind == kind]
        found = [c for c in planted if c.hits]
        wrong = [(c, i) for c in cases if c.kind != kind for i, detector in enumerate(c.found) if detector == kind]
        collateral = sum(1 for c, i in wrong if c.line and c.blamed[i][:1] == [c.line])
        rows.append(
            {
                "kind": kind,
                "n": len(planted),
                "recall": len(found) / len(planted),
                "precision": len(found) / max(len(found) + len(wrong), 1),
                "collateral": collateral,
                "wrong": len(wrong) - collateral,
                "top1": sum(any(c.line in c.blamed[i][:1] for i in c.hits) for c in found) / max(len(found), 1),
                "top3": sum(any(c.line in c.blamed[i][:3] for i in c.hits) for c in found) / max(len(found), 1),
            }
        )
    return rows


def report(cases: list[Case]) -> str:
    lines = [f"{'kind':22}{'n':>4}{'recall':>9}{'precision':>11}{'collateral':>12}{'wrong':>7}{'top-1':>8}{'top-3':>8}"]
    for r in table(cases):
        lines.append(
            f"{r['kind']:22}{r['n']:>4}{r['recall']:>9.2f}{r['precision']:>11.2f}{r['collateral']:>12}{r['wrong']:>7}"
            f"{r['top1']:>8.2f}{r['top3']:>8.2f}"
        )
    clean = [c for c in cases if c.kind == CLEAN]
    alarms = Counter(detector for c in clean for detector in c.found)
    lines.append(f"false alarms: {sum(alarms.values())} in {len(clean)} clean and control charts {dict(alarms)}")
    failed = [c for c in cases if c.status != "ok"]
    lines.append(f"programs that did not run: {len(failed)} {sorted({(c.kind, c.chart) for c in failed})}")
    return "\n".join(lines)


def contact_sheet(cases: list[Case], path: Path, columns: int = 6, width: int = 420) -> None:
    """Pictures with their findings boxed, captioned by kind, chart and change."""
    tiles = []
    for case in [c for c in cases if c.image]:
        picture = Image.open(io.BytesIO(case.image)).convert("RGB")
        draw = ImageDraw.Draw(picture)
        for detector, box in case.boxes:
            draw.rectangle(box, outline="red", width=2)
            draw.text((max(box[0], 2), max(box[1] - 11, 0)), detector, fill="red")
        picture.thumbnail((width, width))
        tile = Image.new("RGB", (width, width), "white")
        tile.paste(picture, (0, 26))
        ImageDraw.Draw(tile).text((3, 1), f"{case.kind} | {case.chart}\n{case.change[:70]}", fill="black")
        tiles.append(tile)
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * width, max(rows, 1) * width), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * width, i // columns * width))
    sheet.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--charts", type=int, default=24, help="planted charts of each kind (at least 20 for a figure)")
    parser.add_argument("--kinds", nargs="*", choices=[*PLANTERS, CLEAN], help="only these kinds (default: all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("planted"))
    arguments = parser.parse_args()
    wanted = arguments.kinds or [*PLANTERS, CLEAN]
    cases = [*planted_cases(arguments.seed, arguments.charts), *clean_cases(arguments.seed, arguments.charts)]
    cases = [c for c in cases if c.kind in wanted]
    with ChartRenderer(workers=arguments.workers) as renderer, ThreadPoolExecutor(arguments.workers) as pool:
        cases = list(tqdm(pool.map(lambda c: run(c, renderer), cases), total=len(cases), unit="chart"))

    arguments.out.mkdir(parents=True, exist_ok=True)
    records = [{k: v for k, v in asdict(c).items() if k not in {"image", "boxes"}} for c in cases]
    result = {"seed": arguments.seed, "table": table(cases) if wanted == [*PLANTERS, CLEAN] else [], "cases": records}
    (arguments.out / "planted.json").write_text(json.dumps(result, indent=1))
    contact_sheet([c for c in cases if c.kind != CLEAN and not c.hits], arguments.out / "misses.png")
    contact_sheet([c for c in cases if any(d != c.kind for d in c.found)], arguments.out / "alarms.png")
    contact_sheet([c for c in cases if c.hits][:: max(len(cases) // 60, 1)], arguments.out / "planted.png")
    print(report([c for c in cases]) if wanted == [*PLANTERS, CLEAN] else "\n".join(map(str, wanted)))


if __name__ == "__main__":
    main()
