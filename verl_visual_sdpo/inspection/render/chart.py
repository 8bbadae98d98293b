"""Charts: run a matplotlib program in the sandbox and turn what its driver reports into scenes.

The driver's report comes out of the program's own process and is not trusted: the picture is decoded here and its size
taken from the picture; a report that does not fit counts as the program's failure.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError, SandboxError
from verl_visual_sdpo.inspection.program import SourceMap, statement_of
from verl_visual_sdpo.inspection.render.cache import RenderingCache, RenderStatistics, rendering_key
from verl_visual_sdpo.inspection.sandbox import Limits, Outcome, SandboxPool, Upkeep
from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS, imported_modules, screen
from verl_visual_sdpo.types import TIES, Box, Element, Execution, Owner, Program, ProgramError, Rendering, Scene

DRIVER = Path(__file__).with_name("drivers") / "chart.py"
OPTIONS: Mapping[str, Any] = {"max_pixels": 4_000_000, "max_figures": 8, "chartmimic": False}
"""Options of a rendering with their defaults. A picture beyond ``max_pixels`` is drawn at a lower dpi; figures
beyond ``max_figures`` are left out; ``chartmimic`` also records what that benchmark's scorer would note."""
MAX_OWNERS = 64
"""Owners that are kept of one element, the latest ones first to stay."""


class ChartRenderer:
    """A :class:`Renderer` for matplotlib programs. Warm workers start when they are first needed.

    ``timeout`` is seconds of wall time a program; ``policy`` is "strict" or "permissive" (see ``SandboxPool``);
    ``cache_size`` renderings are kept by source and options, and what is being rendered is not rendered twice;
    ``upkeep`` says when workers are replaced and jobs begun again.
    """

    def __init__(
        self,
        workers: int = 1,
        timeout: float = 10.0,
        policy: str = "strict",
        cache_size: int = 256,
        *,
        memory_mib: int = 1024,
        allowed_imports: Collection[str] = ALLOWED_IMPORTS,
        upkeep: Upkeep = Upkeep(),  # noqa: B008 (frozen)
    ) -> None:
        if cache_size < 0:
            raise InvalidInputError(f"cache_size must be 0 (no cache) or more, not {cache_size}")
        limits = Limits(seconds=timeout, memory_mib=memory_mib)
        self._pool = SandboxPool(DRIVER, workers=workers, limits=limits, policy=policy, upkeep=upkeep)
        self._allowed = frozenset(allowed_imports)
        self._cache = RenderingCache(cache_size)

    @property
    def layers(self) -> tuple[str, ...]:
        return self._pool.layers

    @property
    def statistics(self) -> RenderStatistics:
        return RenderStatistics(self._pool.statistics, self._cache.statistics)

    def render(self, program: Program, options: Mapping[str, Any] = {}) -> Rendering:  # noqa: B006 (never written)
        """Run the program and look at its figures. ``options``: see ``OPTIONS``; names it does not know are others'.

        Raises SandboxError (or SandboxUnavailableError) for failures of the machinery only.
        """
        if program.problem is not None:
            status = "no_program" if program.problem.type == "NoProgram" else "syntax_error"
            return Rendering(Execution(status, program.problem))
        error = screen(program.source, self._allowed)
        if error is not None:
            return Rendering(Execution("forbidden", error))
        chosen = {name: options.get(name, default) for name, default in OPTIONS.items()}
        key = rendering_key(program.source, "chart", chosen)
        return self._cache.get(key, lambda: self._run(program, chosen))

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> ChartRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, program: Program, options: Mapping[str, Any]) -> Rendering:
        payload = {"source": program.source, **options}
        outcome = self._pool.run(payload, imports=imported_modules(program.source))
        return _read(program, outcome, self._pool.layers, options)


def _read(program: Program, outcome: Outcome, layers: tuple[str, ...], options: Mapping[str, Any]) -> Rendering:
    facts = {"seconds": outcome.seconds, "output": outcome.output, "layers": layers}
    facts |= {"waited": outcome.waited, "attempts": outcome.attempts}
    if outcome.end != "done":
        return Rendering(Execution(*_abnormal_end(outcome), **facts))
    try:
        report, pngs = _unframe(outcome.result)
        if report["failure"]:
            raise SandboxError(f"a figure could be drawn but not read: {report['failure']}")
        status, error = report["status"], report["error"]
        error = None if error is None else ProgramError(**error)
        owners = _OwnerReader(program, report["chains"])
        scenes = tuple(_scene(s, png, owners, options) for s, png in zip(report["scenes"], pngs, strict=True))
        return Rendering(Execution(status, error, **facts), scenes, report["record"])
    except (ValueError, KeyError, TypeError, IndexError, OSError) as error:
        broken = ProgramError("BrokenReport", f"the program spoilt the report of its own run: {error}")
        return Rendering(Execution("runtime_error", broken, **facts))


def _abnormal_end(outcome: Outcome) -> tuple[str, ProgramError]:
    if outcome.end == "timeout":
        return "timeout", ProgramError("Timeout", f"the program was stopped after {outcome.seconds:.1f} s")
    if outcome.end == "memory":
        return "memory", ProgramError("MemoryError", "the program took more memory than it may")
    if outcome.end == "oversize":
        return "memory", ProgramError("OutputTooLarge", "the figures of the program are too large to hand over")
    how = f"exit code {outcome.exit}" if outcome.exit >= 0 else f"signal {-outcome.exit}"
    return "runtime_error", ProgramError("ProcessEnded", f"the program ended its own process ({how})")


def _unframe(frame: bytes) -> tuple[dict[str, Any], list[bytes]]:
    length = int.from_bytes(frame[:8], "big")
    report, position, pngs = json.loads(frame[8 : 8 + length]), 8 + length, []
    for scene in report["scenes"]:
        pngs.append(frame[position : position + scene["bytes"]])
        position += scene["bytes"]
    return report, pngs


def _scene(plain: Mapping[str, Any], png: bytes, owners: _OwnerReader, options: Mapping[str, Any]) -> Scene:
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
