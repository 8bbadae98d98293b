"""The toy task as verl parquet: charts whose reference program has been rendered and found clean.

    python -m verl_visual_sdpo.data.toy_dataset --out outputs/quickstart/data

One row::

    data_source   "toy_charts"
    prompt        [{"role": "user", "content": "<image>Draw this dark chart with matplotlib: ..."}]
    images        [{"bytes": PNG}]                       the reference picture, 320 x 240 px
    ability       "chart"
    reward_model  {"style": "rule", "ground_truth": reference program}
    extra_info    {"split", "index", "kind", "chart"}    chart: JSON of the ToyChart
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from verl_visual_sdpo.data.toy_charts import KINDS, ToyChart, draw_chart, good_knobs, write_program, write_prompt
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.pipeline import Renderer, analyse_program, bare_program, default_renderer
from verl_visual_sdpo.types import Task

DATA_SOURCE = "toy_charts"
LEAST_CLEAN = 0.3  # below this share of clean references the rules of good_knobs no longer fit the detectors


@dataclass(frozen=True)
class ToyTask:
    """A chart to draw, its reference program and the picture (PNG) that this program draws."""

    chart: ToyChart
    reference: str
    picture: bytes

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The chat prompt with the picture as a part, as a chat template takes it."""
        text = write_prompt(self.chart).removeprefix("<image>")
        picture = Image.open(io.BytesIO(self.picture)).convert("RGB")
        return [{"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": text}]}]

    @property
    def judged(self) -> Task:
        """What a response to this task is judged against."""
        return Task("chart", reference=self.reference)


def make_tasks(count: int, seed: int, renderer: Renderer, workers: int = 2, label: str = "charts") -> list[ToyTask]:
    """``count`` distinct charts, kinds in turn, whose references run and show no defect.

    The same seed gives the same charts. Charts with a defective reference are replaced by the next ones drawn.

    Raises:
        InvalidInputError: too few clean references (a detector or matplotlib has changed under the rules).
    """
    candidates = _candidates(random.Random(seed))
    tasks: list[ToyTask] = []
    tried = 0
    with ThreadPoolExecutor(workers) as pool, tqdm(total=count, desc=label, unit="chart") as progress:
        while len(tasks) < count:
            batch = [next(candidates) for _ in range(min(32, count - len(tasks) + 2))]
            clean = [task for task in pool.map(lambda chart: _render(chart, renderer), batch) if task]
            tried += len(batch)
            clean = clean[: count - len(tasks)]
            tasks += clean
            progress.update(len(clean))
            if tried >= 64 and len(tasks) < LEAST_CLEAN * tried:
                raise InvalidInputError(
                    f"only {len(tasks)} of {tried} reference programs are free of defects, below {LEAST_CLEAN:.0%}: "
                    "adapt toy_charts.good_knobs to the detectors"
                )
    return tasks


def write_parquet(tasks: Sequence[ToyTask], path: str | Path, split: str) -> Path:
    """Write ``tasks`` as rows of verl's format (see the head of this file)."""
    import pyarrow as arrow
    import pyarrow.parquet

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [_row(task, split, index) for index, task in enumerate(tasks)]
    arrow.parquet.write_table(arrow.Table.from_pylist(rows), path)
    return path


def read_parquet(path: str | Path) -> list[ToyTask]:
    """The tasks that :func:`write_parquet` wrote."""
    import pyarrow.parquet

    return [
        ToyTask(
            chart=_chart(json.loads(row["extra_info"]["chart"])),
            reference=row["reward_model"]["ground_truth"],
            picture=row["images"][0]["bytes"],
        )
        for row in pyarrow.parquet.read_table(path).to_pylist()
    ]


def _candidates(rng: random.Random) -> Iterator[ToyChart]:
    seen: set[ToyChart] = set()
    while True:
        for kind in KINDS:
            chart = draw_chart(rng, kind)
            if chart not in seen:
                seen.add(chart)
                yield chart


def _render(chart: ToyChart, renderer: Renderer) -> ToyTask | None:
    """The task, or None when its reference is not clean."""
    reference = write_program(chart, good_knobs(chart))
    analysis = analyse_program(bare_program(reference, "chart"), Task("chart"), renderer)
    if not analysis.execution.ok or analysis.defects or analysis.scene is None:
        return None
    return ToyTask(chart, reference, analysis.scene.image)


def _row(task: ToyTask, split: str, index: int) -> dict[str, Any]:
    return {
        "data_source": DATA_SOURCE,
        "prompt": [{"role": "user", "content": write_prompt(task.chart)}],
        "images": [{"bytes": task.picture}],
        "ability": "chart",
        "reward_model": {"style": "rule", "ground_truth": task.reference},
        "extra_info": {
            "split": split,
            "index": index,
            "kind": task.chart.kind,
            "chart": json.dumps(asdict(task.chart)),
        },
    }


def _chart(plain: dict[str, Any]) -> ToyChart:
    rows = tuple(tuple(row) for row in plain["series"])
    return ToyChart(**{**plain, "labels": tuple(plain["labels"]), "names": tuple(plain["names"]), "series": rows})


# --------------------------------------------------------------------------- command line

SPLITS = {"warm": 640, "train": 256, "val": 96}  # for the warm start, for reinforcement learning, for validation


def main(argv: Sequence[str] | None = None) -> int:
    """Write one parquet a split; files that are there already are kept."""
    parser = argparse.ArgumentParser(description="Make the toy chart-to-code data set.")
    parser.add_argument("--out", required=True, help="folder for " + ", ".join(f"{name}.parquet" for name in SPLITS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="render processes")
    for name, count in SPLITS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=f"charts of this split (default {count})")
    arguments = parser.parse_args(argv)
    paths = {name: Path(arguments.out) / f"{name}.parquet" for name in SPLITS}
    if all(path.exists() for path in paths.values()):
        print(f"data: {arguments.out} is up to date")
        return 0
    renderer = default_renderer("chart", workers=arguments.workers)
    tasks = make_tasks(sum(getattr(arguments, name) for name in SPLITS), arguments.seed, renderer, arguments.workers)
    for name, path in paths.items():
        count = getattr(arguments, name)
        write_parquet(tasks[:count], path, name)
        tasks = tasks[count:]
    return 0


if __name__ == "__main__":
    sys.exit(main())
