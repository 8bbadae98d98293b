"""The whole benchmark: make twins and controls, judge them, write the table, the lists and the contact sheets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench import table
from verl_visual_sdpo.benchmarks.defectbench.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.harmless import Harmless, make_harmless
from verl_visual_sdpo.benchmarks.defectbench.judge import ChartJudgement, Judge, places
from verl_visual_sdpo.benchmarks.defectbench.judgement import CONTROL, Judgement
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.rows import grouped
from verl_visual_sdpo.benchmarks.defectbench.rows import table as rows_of
from verl_visual_sdpo.benchmarks.defectbench.settings import Settings
from verl_visual_sdpo.benchmarks.defectbench.sheets import Pair, write_sheets
from verl_visual_sdpo.benchmarks.defectbench.sources import from_folder, generated
from verl_visual_sdpo.benchmarks.defectbench.twins import Twin, Workshop
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS
from verl_visual_sdpo.types import Box

_DETECTOR_IDS = tuple(detector.id for detector in detectors_of("chart"))
RENDER_SECONDS = 120.0
"""Wall time of one program: generous, so that a busy machine changes no figure."""


def run(settings: Settings) -> str:
    """Write everything below ``settings.out`` and return the report."""
    draw = from_folder(settings.source, settings.seed) if settings.source else generated(settings.seed)
    gauge = Gauge(settings.workers, RENDER_SECONDS, settings.policy)
    renderer = ChartRenderer(settings.workers, RENDER_SECONDS, settings.policy, allowed_imports=_imports(settings))
    with gauge, renderer, ThreadPoolExecutor(settings.workers) as pool:
        workshop = Workshop(gauge, draw, settings.seed, spotless=settings.source is None)
        twins = _make_twins(workshop, settings, pool)
        harmless = _make_harmless(workshop, settings, pool)
        judged = _judge(Judge(renderer, gauge, settings.beside), twins, harmless, pool)
    return _write(settings, workshop, twins, harmless, judged)


def _imports(settings: Settings) -> frozenset[str]:
    """Real programs may import more than a model's; the walls behind the screen stay up."""
    return (
        ALLOWED_IMPORTS | {"inspect", "pickle", "threading", "packaging", "xml", "gc"}
        if settings.source
        else ALLOWED_IMPORTS
    )


# --------------------------------------------------------------------------- making


def _make_twins(workshop: Workshop, settings: Settings, pool: ThreadPoolExecutor) -> list[Twin]:
    made: list[Twin] = []
    with tqdm(total=settings.twins * len(settings.kinds), desc="planting", unit="twin") as bar:
        for kind in settings.kinds:
            found = workshop.twins(KINDS[kind], settings.twins, pool, bar.update)
            bar.update(settings.twins - len(found))
            made += found
    return made


def _make_harmless(workshop: Workshop, settings: Settings, pool: ThreadPoolExecutor) -> list[Harmless]:
    numbers = range(settings.harmless)
    made = pool.map(lambda number: make_harmless(workshop, number), numbers)
    return [item for found in tqdm(made, total=len(numbers), desc="controls", unit="chart") for item in found]


# --------------------------------------------------------------------------- judging


def _judge(
    judge: Judge, twins: Sequence[Twin], harmless: Sequence[Harmless], pool: ThreadPoolExecutor
) -> list[ChartJudgement]:
    def one(item: Twin | Harmless) -> ChartJudgement:
        return judge.twin(item) if isinstance(item, Twin) else judge.harmless(item)

    items = [*twins, *harmless]
    return list(tqdm(pool.map(one, items), total=len(items), desc="judging", unit="chart"))


# --------------------------------------------------------------------------- writing


def _write(
    settings: Settings,
    workshop: Workshop,
    twins: Sequence[Twin],
    harmless: Sequence[Harmless],
    judged: Sequence[ChartJudgement],
) -> str:
    out = settings.out
    (out / "programs").mkdir(parents=True, exist_ok=True)
    (out / "sheets").mkdir(exist_ok=True)
    where = str(settings.source) if settings.source else "generated programs"
    notes = [f"DefectBench chart, {where}, seed {settings.seed}, {settings.twins} twins a kind asked for"]
    if settings.beside:
        notes.append(f"mapped: blame by the route {settings.beside.mode}, {settings.beside.mapper.name}")
    text = table.report(judged, _DETECTOR_IDS, notes)
    (out / "table.txt").write_text(text + "\n", encoding="utf-8")
    (out / "misses.txt").write_text(table.misses(judged), encoding="utf-8")
    (out / "false_alarms.txt").write_text(table.false_alarms(judged), encoding="utf-8")
    (out / "blame_errors.txt").write_text(table.blame_errors(judged), encoding="utf-8")
    (out / "results.json").write_text(json.dumps(_plain(settings, workshop, judged), indent=1), encoding="utf-8")
    for item in [*twins, *harmless]:
        source = item.text if isinstance(item, Twin) else item.source
        (out / "programs" / f"{item.id}.py").write_text(source, encoding="utf-8")
    _sheets(out / "sheets", twins, harmless, {j.id: j for j in judged})
    return text


def _plain(settings: Settings, workshop: Workshop, judged: Sequence[ChartJudgement]) -> dict:
    return {
        "seed": settings.seed,
        "source": settings.source.name if settings.source else "generated",
        "twins": settings.twins,
        "detectors": list(_DETECTOR_IDS),
        "kinds": [asdict(row) for row in rows_of(judged, _DETECTOR_IDS)],
        "mechanisms": [asdict(row) for row in grouped(judged, "mechanism")],
        "changes": [asdict(row) for row in grouped(judged, "change")],
        "dropped": {kind: dict(reasons.most_common()) for kind, reasons in workshop.dropped.reasons.items()},
        "judged": [asdict(j) for j in judged],
    }


def _sheets(folder: Path, twins: Sequence[Twin], harmless: Sequence[Harmless], judged: dict[str, Judgement]) -> None:
    for kind in dict.fromkeys(t.kind for t in twins):
        write_sheets([_pair(t, judged[t.id]) for t in twins if t.kind == kind], folder / f"{kind}.png")
    write_sheets([_pair(t, judged[t.id]) for t in twins if not judged[t.id].hits], folder / "misses.png")
    controls_ = [h for h in harmless if h.kind == CONTROL]
    write_sheets([_harmless_pair(h, judged[h.id]) for h in controls_], folder / "controls.png")
    alarmed = [_pair(t, judged[t.id]) for t in twins if judged[t.id].wrong]
    alarmed += [_harmless_pair(h, judged[h.id]) for h in harmless if judged[h.id].wrong]
    write_sheets(alarmed, folder / "alarms.png")


def _pair(twin: Twin, j: Judgement) -> Pair:
    page = twin.offences[0].page
    planted = [box for o in twin.offences if o.page == page for box in places(o, twin.facts) or ()]
    before, after = twin.clean.facts.figures, twin.facts.figures
    found = ", ".join(dict.fromkeys(f.detector for f in j.hits)) or "MISSED"
    caption = f"{twin.id}  {twin.plant.change} / {twin.plant.mechanism}  {found}\n{twin.clean.program.name}"
    return Pair(caption, before[min(page, len(before) - 1)].image, after[page].image, tuple(planted), _wrong(j, page))


def _harmless_pair(item: Harmless, j: Judgement) -> Pair:
    page = next((f.page for f in j.wrong), 0)
    figures, before = item.facts.figures, item.clean.facts.figures
    page = min(page, len(figures) - 1, len(before) - 1)
    alarm = ", ".join(dict.fromkeys(f.detector for f in j.wrong))
    caption = f"{item.id}  {item.change} / {item.mechanism}  {alarm}\n{item.clean.program.name}"
    return Pair(caption, before[page].image, figures[page].image, (), _wrong(j, page))


def _wrong(j: Judgement, page: int) -> tuple[Box, ...]:
    return tuple(box for f in j.wrong if f.page == page for box in f.boxes[:4])
