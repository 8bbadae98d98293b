"""What comes out of a job of the chart driver, read by someone who trusts none of it.

The picture is decoded here and its size taken from the picture. What does not fit raises ValueError, KeyError,
TypeError, IndexError or OSError (``BROKEN``), and no other.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image

from verl_visual_sdpo.inspection.program import SourceMap, statement_of
from verl_visual_sdpo.inspection.sandbox import Outcome
from verl_visual_sdpo.types import TIES, Box, Element, Owner, Program, ProgramError, Scene

BROKEN = (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError)
MAX_OWNERS = 64
"""Owners that are kept of one element, the latest ones first to stay."""


def abnormal_end(outcome: Outcome) -> tuple[str, ProgramError]:
    if outcome.end == "timeout":
        return "timeout", ProgramError("Timeout", f"the program was stopped after {outcome.seconds:.1f} s")
    if outcome.end == "memory":
        return "memory", ProgramError("MemoryError", "the program took more memory than it may")
    if outcome.end == "oversize":
        return "memory", ProgramError("OutputTooLarge", "its figures or its output are larger than can be handed over")
    if outcome.end == "disk":
        return "memory", ProgramError("DiskQuota", "the program left more files, or larger ones, than it may")
    if outcome.end == "threads":
        return "memory", ProgramError("TooManyThreads", "the program started more threads than it may")
    how = f"exit code {outcome.exit}" if outcome.exit >= 0 else f"signal {-outcome.exit}"
    return "runtime_error", ProgramError("ProcessEnded", f"the program ended its own process ({how})")


def unframe(frame: bytes) -> tuple[dict[str, Any], list[bytes], list[bytes]]:
    """(report, pictures, parcels). Raises ValueError and its like for what no driver writes."""
    length = int.from_bytes(frame[:8], "big")
    report, position, files = json.loads(frame[8 : 8 + length]), 8 + length, []
    for size in [scene["bytes"] for scene in report["scenes"]] + report.get("parcels", []):
        files.append(frame[position : position + size])
        position += size
    pictures = len(report["scenes"])
    return report, files[:pictures], files[pictures:]


def read_scenes(
    program: Program, report: Mapping[str, Any], pngs: list[bytes], chains: list[list[list[int]]]
) -> tuple[Scene, ...]:
    """The scenes of a report; ``chains`` are the positions that its owners refer to. Raises as :func:`unframe`."""
    owners = _OwnerReader(program, chains)
    return tuple(_scene(scene, png, owners) for scene, png in zip(report["scenes"], pngs, strict=True))


def read_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts beside the pictures, in the shape that likeness reads. Raises as :func:`unframe`."""
    if not record:
        return record
    texts = [str(text) for text in record["texts"]]
    layout = [[int(n) for n in row] for row in record["layout"]]
    types = {str(name): int(count) for name, count in record["types"].items()}
    colors = {str(name): [str(color) for color in found] for name, found in record["colors"].items()}
    return {**record, "texts": texts, "layout": layout, "types": types, "colors": colors}


def _scene(plain: Mapping[str, Any], png: bytes, owners: _OwnerReader) -> Scene:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        size = picture.size
        if list(size) != plain["size"]:
            raise ValueError(f"the picture is {size}, not {plain['size']}")
        picture.verify()
    return Scene(size, tuple(_element(e, owners) for e in plain["elements"]), png)


def _element(plain: Mapping[str, Any], owners: _OwnerReader) -> Element:
    fields = dict(plain, owners=owners.read(plain["owners"]), box=Box(*plain["box"]))
    fields["clip"] = None if plain["clip"] is None else Box(*plain["clip"])
    fields["outline"] = tuple((float(x), float(y)) for x, y in plain["outline"])
    fields["breaks"] = tuple(int(at) for at in plain["breaks"])
    return Element(**fields)


class _OwnerReader:
    """Source positions to statements: every frame of a chain owns, the deepest at depth 0."""

    def __init__(self, program: Program, chains: list[list[list[int]]]) -> None:
        places = SourceMap(program.source)
        known: dict[tuple[int, int], int | None] = {}
        self._chains: list[list[tuple[int, int]]] = []
        for chain in chains:
            frames: list[tuple[int, int]] = []
            for depth, (line, column) in enumerate(chain):
                if (line, column) not in known:
                    statement = statement_of(program, places, line, column)
                    known[line, column] = None if statement is None else statement.id
                found = known[line, column]
                if found is not None and all(found != other for other, _ in frames):
                    frames.append((found, depth))
            self._chains.append(frames)

    def read(self, owners: list[list[Any]]) -> tuple[Owner, ...]:
        """Created first, then in the order of writing; of one statement's writes of one property the last."""
        latest: dict[tuple[int, str, str], Owner] = {}
        for chain, tie, prop, order in owners:
            for statement, depth in self._chains[chain]:
                key = (statement, tie, prop)
                if key not in latest or latest[key].order < order:
                    latest[key] = Owner(statement, tie, prop, depth, order)
        ranked = sorted(latest.values(), key=lambda o: (TIES.index(o.tie) > 0, o.order))
        return tuple(ranked if len(ranked) <= MAX_OWNERS else [*ranked[:1], *ranked[1 - MAX_OWNERS :]])
