"""The toy task of a domain as verl parquet: charts (or pages) whose reference has been rendered and found clean.

    python -m verl_visual_sdpo.data.toy_dataset --out outputs/quickstart/data [--domain web]

One row of charts (pages: "toy_pages", "web", "page")::

    data_source   "toy_charts"
    prompt        [{"role": "user", "content": "<image>Draw this dark chart with matplotlib: ..."}]
    images        [{"bytes": PNG}]                       the reference picture, 320 x 240 px
    ability       "chart"
    reward_model  {"style": "rule", "ground_truth": reference program}
    extra_info    {"split", "index", "kind", "chart"}    chart: JSON of the ToyChart; of pages also "options"
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

from verl_visual_sdpo.data.toys import TOYS, toy_of
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.pipeline import Renderer, analyse_program, bare_program, default_renderer
from verl_visual_sdpo.types import Task

LEAST_CLEAN = 0.3  # below this share of clean references the rules of good_knobs no longer fit the detectors


@dataclass(frozen=True)
class ToyTask:
    """What to draw (``item``, of the toy of ``domain``), its reference program and the picture (PNG) it draws."""

    item: Any
    reference: str
    picture: bytes
    domain: str = "chart"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The chat prompt with the picture as a part, as a chat template takes it."""
        text = toy_of(self.domain).write_prompt(self.item).removeprefix("<image>")
        picture = Image.open(io.BytesIO(self.picture)).convert("RGB")
        return [{"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": text}]}]

    @property
    def judged(self) -> Task:
        """What a response to this task is judged against."""
        return Task(self.domain, reference=self.reference, options=toy_of(self.domain).OPTIONS)


def make_tasks(
    count: int, seed: int, renderer: Renderer, workers: int = 2, label: str = "", domain: str = "chart"
) -> list[ToyTask]:
    """``count`` distinct tasks of a domain, kinds in turn, whose references run and show no defect.

    The same seed gives the same tasks. Those with a defective reference are replaced by the next ones drawn.

    Raises:
        InvalidInputError: too few clean references (a detector or matplotlib has changed under the rules).
    """
    toy = toy_of(domain)
    candidates = _candidates(random.Random(seed), domain)
    tasks: list[ToyTask] = []
    tried = 0
    with ThreadPoolExecutor(workers) as pool, tqdm(total=count, desc=label or toy.NOUN, unit=toy.NOUN) as progress:
        while len(tasks) < count:
            batch = [next(candidates) for _ in range(min(32, count - len(tasks) + 2))]
            clean = [task for task in pool.map(lambda item: _render(item, renderer, domain), batch) if task]
            tried += len(batch)
            clean = clean[: count - len(tasks)]
            tasks += clean
            progress.update(len(clean))
            if tried >= 64 and len(tasks) < LEAST_CLEAN * tried:
                raise InvalidInputError(
                    f"only {len(tasks)} of {tried} reference programs are free of defects, below {LEAST_CLEAN:.0%}: "
                    "adapt good_knobs to the detectors"
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
            item=toy_of(row["ability"]).from_plain(json.loads(row["extra_info"][toy_of(row["ability"]).NOUN])),
            reference=row["reward_model"]["ground_truth"],
            picture=row["images"][0]["bytes"],
            domain=row["ability"],
        )
        for row in pyarrow.parquet.read_table(path).to_pylist()
    ]


def _candidates(rng: random.Random, domain: str) -> Iterator[Any]:
    toy, seen = toy_of(domain), set()
    while True:
        for kind in toy.KINDS:
            item = toy.draw(rng, kind)
            if item not in seen:
                seen.add(item)
                yield item


def _render(item: Any, renderer: Renderer, domain: str) -> ToyTask | None:
    """The task, or None when its reference is not clean."""
    toy = toy_of(domain)
    reference = toy.write_program(item, toy.good_knobs(item))
    analysis = analyse_program(bare_program(reference, domain), Task(domain, options=toy.OPTIONS), renderer)
    if not analysis.execution.ok or analysis.defects or analysis.scene is None:
        return None
    return ToyTask(item, reference, analysis.scene.image, domain)


def _row(task: ToyTask, split: str, index: int) -> dict[str, Any]:
    toy = toy_of(task.domain)
    options = {"options": dict(toy.OPTIONS)} if toy.OPTIONS else {}
    return {
        "data_source": toy.DATA_SOURCE,
        "prompt": [{"role": "user", "content": toy.write_prompt(task.item)}],
        "images": [{"bytes": task.picture}],
        "ability": task.domain,
        "reward_model": {"style": "rule", "ground_truth": task.reference},
        "extra_info": {
            "split": split,
            "index": index,
            "kind": task.item.kind,
            toy.NOUN: json.dumps(asdict(task.item)),
            **options,
        },
    }


# --------------------------------------------------------------------------- command line

SPLITS = {"warm": 640, "train": 256, "val": 96}  # for the warm start, for reinforcement learning, for validation


def main(argv: Sequence[str] | None = None) -> int:
    """Write one parquet a split; files that are there already are kept."""
    parser = argparse.ArgumentParser(description="Make the toy data set of a domain.")
    parser.add_argument("--domain", choices=tuple(TOYS), default="chart", help="what is drawn (default chart)")
    parser.add_argument("--out", required=True, help="folder for " + ", ".join(f"{name}.parquet" for name in SPLITS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="render processes")
    for name, count in SPLITS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=f"tasks of this split (default {count})")
    arguments = parser.parse_args(argv)
    paths = {name: Path(arguments.out) / f"{name}.parquet" for name in SPLITS}
    if all(path.exists() for path in paths.values()):
        print(f"data: {arguments.out} is up to date")
        return 0
    renderer = default_renderer(arguments.domain, workers=arguments.workers)
    count = sum(getattr(arguments, name) for name in SPLITS)
    tasks = make_tasks(count, arguments.seed, renderer, arguments.workers, domain=arguments.domain)
    for name, path in paths.items():
        count = getattr(arguments, name)
        write_parquet(tasks[:count], path, name)
        tasks = tasks[count:]
    return 0


if __name__ == "__main__":
    sys.exit(main())
