"""Chart2Code-160K (``xxxllz/Chart2Code-160k``, CC-BY-NC) to verl parquet, keeping the executable subset.

In: ``chart2code_160k.json``, a list of LLaVA records, beside a folder of pictures::

    {"id": "12", "image": "images/12.png", "conversations": [
        {"from": "human", "value": "<image>\\nRedraw this chart with matplotlib."},
        {"from": "gpt", "value": "```python\\nimport matplotlib.pyplot as plt\\n...```"}]}

Out: ``train.parquet``, ``val.parquet`` (verl's columns), ``rejects.jsonl`` and ``summary.json``. A record is kept when
its program draws one figure, a second run of it scores 1.0 against the first, and no earlier record has the same one.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from verl_visual_sdpo.data.shards import Reject, judge_in_shards
from verl_visual_sdpo.data.splits import Summary, write_splits
from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.fidelity.chart import likeness
from verl_visual_sdpo.inspection.pictures import scaled_down
from verl_visual_sdpo.inspection.program import extract_program, syntax_tree
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.reward import grade
from verl_visual_sdpo.types import Rendering

DATA_SOURCE = "chart2code"
RECORDS_FILE = "chart2code_160k.json"
WHOLE = 1 - 1e-9  # a score of 1.0, rounding aside
DEFAULT_FIGSIZE = (6.4, 4.8)  # matplotlib's own, in inches

PROMPT = "<image>{instruction}\n{size}Answer with one complete matplotlib program in a ```python block."
SIZE = "The figure is figsize=({:g}, {:g}). "

SHARD_SCHEMA = pa.schema(
    {
        "index": pa.int64(),
        "id": pa.string(),
        "instruction": pa.string(),
        "image": pa.binary(),
        "code": pa.string(),
        "figsize": pa.list_(pa.float64()),
    }
)


@dataclass(frozen=True, slots=True)
class ChartRecord:
    """One record as it stands in the file; ``image`` is the picture's path, None where there is no such file."""

    index: int
    id: str
    instruction: str
    reply: str
    image: Path | None


def prepare(
    source: Path,
    out: Path,
    renderer: Renderer,
    *,
    plan: dict[str, Any],
    workers: int,
    val: int = 500,
    seed: int = 0,
    limit: int | None = None,
    max_pixels: int = 1024 * 1024,
    shard: int = 128,
) -> Summary:
    """The whole conversion. Stopped and called again with the same plan, it goes on with the first unfinished shard.

    Args:
        renderer: must not answer the second run of a program from a cache.
        plan: settings of the renderer, kept with the shards.
        max_pixels: larger pictures are scaled down to it; 1024 x 1024 px are 1024 tokens of Qwen3-VL's prompt.
        val: rows for validation, drawn from the kept ones with ``seed``; both may change without judging again.

    Raises:
        InvalidInputError: files that are missing or of another form, shards of another plan, or fewer rows kept than
            ``val`` asks for.
    """
    records = read_records(source, limit)
    plan = {"records": _digest(_records_file(source)), "shard": shard, "max_pixels": max_pixels, **plan}
    shards = judge_in_shards(
        records,
        lambda record: judge(record, renderer, max_pixels),
        out / "shards",
        schema=SHARD_SCHEMA,
        plan=plan,
        workers=workers,
        size=shard,
    )
    return write_splits(shards, out, len(records), val, seed, verl_row, content="code")


# --------------------------------------------------------------------------- reading


def read_records(source: Path, limit: int | None = None) -> list[ChartRecord]:
    """The first ``limit`` records (None: all). Raises InvalidInputError naming the record that has another form."""
    path = _records_file(source)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInputError(f"{path} is not JSON: {error}") from error
    if not isinstance(plain, list):
        raise InvalidInputError(f"{path} holds a {type(plain).__name__}; expected a list of LLaVA records")
    return [_record(index, value, source) for index, value in enumerate(plain[:limit])]


def _records_file(source: Path) -> Path:
    found = source / RECORDS_FILE
    others = sorted(source.glob("*.json"))
    if not found.exists() and len(others) == 1:
        found = others[0]
    if not found.exists():
        raise InvalidInputError(f"{source} has no {RECORDS_FILE} (nor one other .json); download the data set there")
    return found


def _record(index: int, value: Any, source: Path) -> ChartRecord:
    try:
        turns = {turn["from"]: turn["value"] for turn in reversed(value["conversations"])}  # the first of each side
        instruction, reply, image = turns["human"], turns["gpt"], value["image"]
        identity = str(value.get("id", index))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            f"record {index} is not {{id, image, conversations: [{{from, value}}...]}} with a human and a gpt turn "
            f"({type(error).__name__}: {error})"
        ) from error
    return ChartRecord(index, identity, instruction.replace("<image>", "").strip(), reply, _find_image(source, image))


def _find_image(source: Path, name: str) -> Path | None:
    """The archive has been unpacked in several ways; never outside of ``source``."""
    for path in (source / name, source / "images" / name, source / "images" / Path(name).name):
        if path.is_file() and path.resolve().is_relative_to(source.resolve()):
            return path
    return None


# --------------------------------------------------------------------------- judging


def judge(record: ChartRecord, renderer: Renderer, max_pixels: int) -> dict[str, Any] | Reject:
    """A row of SHARD_SCHEMA, or why not. Only a sandbox that cannot work at all raises (SandboxUnavailableError)."""

    def reject(reason: str, detail: str) -> Reject:
        return Reject(record.index, record.id, reason, detail)

    if record.image is None:
        return reject("no_image", "the picture's file is not there")
    try:
        picture = read_picture(record.image, max_pixels)
    except Exception as error:  # Pillow's decoders raise whatever a broken file leads them to
        return reject("bad_image", f"{record.image.name}: {error}")
    program = extract_program(record.reply, "chart")
    if not program.source:
        return reject("no_program", program.problem.message if program.problem else "")
    try:
        first, second = renderer.render(program), renderer.render(program)
    except SandboxUnavailableError:
        raise
    except SandboxError as error:
        return reject("sandbox_error", str(error))
    if reason := _why_not(first, second):
        return reject(*reason)
    return {
        "index": record.index,
        "id": record.id,
        "instruction": record.instruction,
        "image": picture,
        "code": program.source,
        "figsize": figure_size(program.source),
    }


def _why_not(first: Rendering, second: Rendering) -> tuple[str, str] | None:
    for rendering in (first, second):
        if not rendering.execution.ok:
            return rendering.execution.status, rendering.execution.reason
    if len(first.scenes) != 1:
        return "several_figures", f"{len(first.scenes)} figures for one picture"
    terms = likeness(second.record, first.record)
    reward = grade(second, (), terms["low"], first)
    if reward.score >= WHOLE:
        return None
    if reward.gate < WHOLE and terms["low"] >= WHOLE:
        return "empty", f"content gate {reward.gate:.2f}: nothing that counts as a chart"
    return "unstable", "second run against the first: " + ", ".join(f"{t} {v:.2f}" for t, v in terms.items())


def read_picture(path: Path, max_pixels: int) -> bytes:
    """The file as it is, or a smaller PNG of a picture above ``max_pixels``. Raises what Pillow raises."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()  # a small one is not decoded otherwise, and it may be torn
    return scaled_down(data, max_pixels)


def figure_size(source: str) -> list[float] | None:
    """The one ``figsize`` a program gives in plain numbers, matplotlib's default when it gives none, else None.

    Not from the picture: ``dpi`` and ``bbox_inches="tight"`` have changed its pixels.
    """
    sizes = {}
    for node in ast.walk(syntax_tree(source)):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "figsize":
                sizes[ast.dump(keyword.value)] = keyword.value
    if not sizes and "figsize" not in source and "set_size_inches" not in source:
        return list(DEFAULT_FIGSIZE)
    with contextlib.suppress(ValueError, TypeError):
        width, height = ast.literal_eval(*sizes.values()) if len(sizes) == 1 else ()
        return [float(width), float(height)]
    return None


# --------------------------------------------------------------------------- writing


def verl_row(row: dict[str, Any], split: str) -> dict[str, Any]:
    """A row of SHARD_SCHEMA as verl's data set and ``reward_fns.chart`` read it."""
    size = SIZE.format(*row["figsize"]) if row["figsize"] else ""
    return {
        "data_source": DATA_SOURCE,
        "prompt": [{"role": "user", "content": PROMPT.format(instruction=row["instruction"], size=size)}],
        "images": [{"bytes": row["image"], "path": None}],
        "ability": "chart",
        "reward_model": {"style": "rule", "ground_truth": row["code"]},
        "extra_info": {"split": split, "index": row["index"], "id": row["id"], "figsize": row["figsize"]},
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
