"""Public sets of web pages to verl parquet: what WebCode2M and WebSight have in common.

A record is kept when its page shows in the browser, twice the same, in full, with enough text and not too much code,
and no earlier record holds the same page. The prompt's picture is *our* rendering of the page: the reward compares with
that one, and pictures from other machines are placeholders in both.

Out: ``train.parquet``, ``val.parquet`` (verl's columns), ``rejects.jsonl`` and ``summary.json``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from verl_visual_sdpo.data.shards import Reject, judge_in_shards
from verl_visual_sdpo.data.splits import Summary, write_splits
from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.fidelity.web import compare
from verl_visual_sdpo.inspection.pictures import scaled_down
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Rendering

PROMPT = (
    "<image>Write this web page as one HTML file with its CSS inside, {width} px wide. For pictures use "
    "https://placehold.co/WIDTHxHEIGHT. Answer with the whole page in a ```html block."
)
WIDTH = 1280  # px of the window
WHOLE = 1 - 1e-6  # a likeness of 1.0, rounding aside
UNKNOWN_SIZE = (320, 240)  # of a picture whose page tells none; what the renderer's placeholder has
FILES = ("*.parquet", "*.jsonl", "*.json")

SHARD_SCHEMA = pa.schema(
    {"index": pa.int64(), "id": pa.string(), "image": pa.binary(), "html": pa.string(), "idea": pa.string()}
)


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One record of a set; ``idea`` is what the set says that the page is about ("" where it says nothing)."""

    index: int
    id: str
    html: str
    idea: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is kept: ``max_chars`` of HTML, ``min_chars`` of text, pictures scaled down to ``max_pixels``."""

    max_chars: int = 8000
    min_chars: int = 20
    max_pixels: int = 1024 * 1024


def prepare(
    rows: Iterable[Mapping[str, Any]],
    read: Callable[[int, Mapping[str, Any]], PageRecord | Reject],
    out: Path,
    renderer: Renderer,
    *,
    data_source: str,
    plan: dict[str, Any],
    workers: int,
    rules: Rules = Rules(),  # noqa: B008 - frozen
    val: int = 500,
    seed: int = 0,
    limit: int | None = None,
    shard: int = 128,
) -> Summary:
    """The whole conversion, one shard of the stream in memory at a time. Stopped and called again with the same plan,
    it goes on with the first unfinished shard.

    Args:
        rows: of the set, as a stream.
        read: turns a row into a record, or says why not.
        renderer: must not answer the second rendering of a page from a cache.
        plan: what the shards depend on beside ``rules``.

    Raises:
        InvalidInputError: shards of another plan, or fewer rows kept than ``val`` asks for.
    """
    counted = _Counted(_limited(rows, limit))
    shards = judge_in_shards(
        counted,
        lambda pair: judge(read(*pair), renderer, rules),
        out / "shards",
        schema=SHARD_SCHEMA,
        plan={"shard": shard, **asdict(rules), **plan},
        workers=workers,
        size=shard,
    )

    def make(row: Mapping[str, Any], split: str) -> dict[str, Any]:
        return verl_row(row, split, data_source)

    return write_splits(shards, out, counted.count, val, seed, make, content="html")


class _Counted:
    """Numbered rows, and how many there were."""

    def __init__(self, rows: Iterator[Mapping[str, Any]]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for row in self.rows:
            self.count += 1
            yield self.count - 1, row


def _limited(rows: Iterable[Mapping[str, Any]], limit: int | None) -> Iterator[Mapping[str, Any]]:
    for number, row in enumerate(rows):
        if limit is not None and number >= limit:
            return
        yield row


# --------------------------------------------------------------------------- reading


def stream(source: str, columns: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Rows of a set, never all in memory: from a folder of its parquet or JSON-lines files, or by its name from a hub.

    Only ``columns`` are read. Raises InvalidInputError where there is nothing, a column is missing, a file is broken, a
    hub is out of reach.
    """
    import datasets

    folder, columns = Path(source), list(columns)
    if folder.exists():
        kind, files = _files(folder)
        where = {"path": kind, "data_files": files}
    elif "/" in source and not source.startswith((".", "/")):
        where = {"path": source}
    else:
        raise InvalidInputError(f"--source {source} is neither a folder nor a data set's name (owner/name)")
    try:
        rows = datasets.load_dataset(**where, split="train", streaming=True)
    except (ValueError, OSError) as error:
        raise _unreadable(source, error) from error
    known = list(rows.features or next(_read(rows, source), {}))
    if missing := [column for column in columns if column not in known]:
        raise InvalidInputError(f"--source {source} has no column {', '.join(missing)}; it has {', '.join(known)}")
    return _read(rows.select_columns(columns), source)


def _read(rows: Iterable[Mapping[str, Any]], source: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from rows
    except (ValueError, OSError) as error:
        raise _unreadable(source, error) from error


def _unreadable(source: str, error: Exception) -> InvalidInputError:
    """Of a file (pyarrow's errors are ValueErrors), or of the way to a hub (OSErrors)."""
    if Path(source).exists():
        mend = "a file of it is broken or cut off: download it again"
    else:
        mend = "look at the name and the network, or download it and give the folder"
    return InvalidInputError(f"--source {source} cannot be read: {error}; {mend}")


def _files(folder: Path) -> tuple[str, list[str]]:
    for pattern in FILES:
        found = [folder] if folder.is_file() and folder.match(pattern) else sorted(folder.rglob(pattern))
        if found:
            return "parquet" if pattern == "*.parquet" else "json", [str(path) for path in found]
    raise InvalidInputError(f"--source {folder} holds no {' or '.join(FILES)} file; download the data set there")


_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SRC = re.compile(r"""(\ssrc\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_URL = re.compile(r"""url\(\s*(['"]?)(?P<address>(?:https?:)?//[^)'"]+)\1\s*\)""", re.IGNORECASE)
_SIDE = re.compile(r"""\s(width|height)\s*=\s*["']?(\d{1,4})(?:px)?["'\s/>]""", re.IGNORECASE)
_SIZE = re.compile(r"(?<!\d)(\d{2,4})\s*[xX*/]\s*(\d{2,4})(?!\d)")


def with_placeholders(html: str) -> str:
    """Pictures from other machines, or from files that did not come along, as placeholders of the same size (from the
    tag's attributes, else from the address, else UNKNOWN_SIZE). What is inside the page (``data:``) stays."""

    def tag(match: re.Match) -> str:
        head = match[0]
        sides = {name.lower(): int(value) for name, value in _SIDE.findall(head)}
        return _SRC.sub(lambda src: f'{src[1]}"{_placeholder(src[2].strip(chr(34) + chr(39)), sides)}"', head, count=1)

    html = _IMG.sub(tag, html)
    return _URL.sub(lambda match: f"url({match[1]}{_placeholder(match['address'], {})}{match[1]})", html)


def _placeholder(address: str, sides: Mapping[str, int]) -> str:
    if address.startswith("data:"):
        return address
    found = _SIZE.search(address)
    width, height = (int(found[1]), int(found[2])) if found else UNKNOWN_SIZE
    if sides.get("width") and sides.get("height"):
        width, height = sides["width"], sides["height"]
    return f"https://placehold.co/{width}x{height}"


# --------------------------------------------------------------------------- judging


def judge(record: PageRecord | Reject, renderer: Renderer, rules: Rules) -> dict[str, Any] | Reject:
    """A row of SHARD_SCHEMA, or why not. Only a browser that cannot work at all raises (SandboxUnavailableError)."""
    if isinstance(record, Reject):
        return record

    def reject(reason: str, detail: str) -> Reject:
        return Reject(record.index, record.id, reason, detail)

    html = with_placeholders(record.html).strip() + "\n"
    if len(html) > rules.max_chars:
        return reject("too_long", f"{len(html)} characters, {rules.max_chars} allowed")
    program = bare_program(html, "web")
    try:
        first, second = renderer.render(program), renderer.render(program)
    except SandboxUnavailableError:
        raise
    except SandboxError as error:
        return reject("sandbox_error", str(error))
    if why := _why_not(first, second, rules):
        return reject(*why)
    picture = scaled_down(first.scenes[0].image, rules.max_pixels)
    return {"index": record.index, "id": record.id, "image": picture, "html": html, "idea": record.idea}


def _why_not(first: Rendering, second: Rendering, rules: Rules) -> tuple[str, str] | None:
    for rendering in (first, second):
        if not rendering.execution.ok:
            return rendering.execution.status, rendering.execution.reason
    if first.record["tailwind"]:
        return "tailwind", f"the local copy has nothing for {first.record['tailwind'][0]}"
    chars = sum(len(text["text"]) for text in first.record["texts"])
    if chars < rules.min_chars:
        return "little_text", f"{chars} characters of text, {rules.min_chars} asked for"
    if first.record["cut"]:
        return "too_high", f"{first.record['page'][1]} px"
    terms = compare(second.record, first.record)
    if terms["low"] < WHOLE or terms.get("pixels", 1.0) < WHOLE:
        return "unstable", "second rendering against the first: " + ", ".join(f"{t} {v:.2f}" for t, v in terms.items())
    return None


# --------------------------------------------------------------------------- writing


def verl_row(row: Mapping[str, Any], split: str, data_source: str) -> dict[str, Any]:
    """A row of SHARD_SCHEMA as verl's data set and ``reward_fns.web`` read it."""
    return {
        "data_source": data_source,
        "prompt": [{"role": "user", "content": PROMPT.format(width=WIDTH)}],
        "images": [{"bytes": row["image"], "path": None}],
        "ability": "web",
        "reward_model": {"style": "rule", "ground_truth": row["html"]},
        "extra_info": {"split": split, "index": row["index"], "id": row["id"], "figsize": None},
    }
