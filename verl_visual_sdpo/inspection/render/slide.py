"""Slides: run a python-pptx program in the sandbox, let LibreOffice show its deck, and turn that into scenes.

Two jailed processes a deck, neither trusted more than it must be. In the first the program runs; out come the deck, as
the file that it would have saved, and who wrote what in it. In the second, in which no program ever runs, the deck is
opened again, painted by a warm LibreOffice and read. So a made-up report buys a program nothing but wrong owners: what
is scored is what its deck shows. See ``drivers/slide.py`` and ``drivers/slide_office.py``.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.render import report as reports
from verl_visual_sdpo.inspection.render.cache import RenderingCache, RenderStatistics, rendering_key
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.inspection.render.refusal import refused
from verl_visual_sdpo.inspection.sandbox import Limits, Outcome, SandboxPool, Upkeep
from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS, FORBIDDEN_ATTRIBUTES, imported_modules
from verl_visual_sdpo.types import Execution, Program, ProgramError, Rendering

DRIVERS = Path(__file__).with_name("drivers")
IMPORTS = ALLOWED_IMPORTS | {"pptx", "lxml", "base64", "codecs", "html", "xml"}
OPTIONS: Mapping[str, Any] = {"width": 1280, "max_slides": 20}
"""Options of a rendering with their defaults: px of a picture's width; slides beyond ``max_slides`` are left out."""
WIDTHS, MOST_SLIDES = (320, 4096), 200
"""Bounds of the options."""
MAX_DECK_BYTES = 32 << 20
"""A larger deck is not handed over; half a result's limit stays for what goes with it."""
INSTALL = "apt-get install -y --no-install-recommends libreoffice-impress-nogui"


class SlideRenderer:
    """A :class:`Renderer` for python-pptx programs. Warm workers start when they are first needed.

    ``timeout`` is seconds of wall time a program; ``office_timeout`` what LibreOffice may take for its deck; the other
    arguments are as for charts. Needs LibreOffice (7.0 or newer): raises SandboxUnavailableError naming the mend.
    """

    def __init__(
        self,
        workers: int = 1,
        timeout: float = 10.0,
        policy: str = "strict",
        cache_size: int = 256,
        *,
        memory_mib: int = 1024,
        office_timeout: float = 30.0,
        allowed_imports: Collection[str] = IMPORTS,
        upkeep: Upkeep = Upkeep(),  # noqa: B008 (frozen)
        screened: bool = True,
    ) -> None:
        self._cache = RenderingCache(cache_size)
        if find_program() is None:
            why = f"LibreOffice, which paints slides, is not installed here; mend: {INSTALL}"
            raise SandboxUnavailableError(f"{why} (or name its program folder in VISUAL_SDPO_LIBREOFFICE)")
        limits = Limits(seconds=timeout, memory_mib=memory_mib)
        office = Limits(seconds=office_timeout, memory_mib=memory_mib, open_files=256)
        common: dict[str, Any] = {"workers": workers, "policy": policy, "upkeep": upkeep}
        self._programs = SandboxPool(DRIVERS / "slide.py", limits=limits, **common)
        self._office = SandboxPool(DRIVERS / "slide_office.py", limits=office, **common)
        self._allowed = frozenset(allowed_imports) if screened else None

    @property
    def layers(self) -> tuple[str, ...]:
        """The isolation layers that hold around programs and around LibreOffice."""
        office = self._office.layers
        return tuple(layer for layer in self._programs.layers if layer in office)

    @property
    def statistics(self) -> RenderStatistics:
        """Of the programs; LibreOffice's own are :attr:`office_statistics`."""
        return RenderStatistics(self._programs.statistics, self._cache.statistics)

    @property
    def office_statistics(self) -> Any:
        return self._office.statistics

    def render(self, program: Program, options: Mapping[str, Any] = {}) -> Rendering:  # noqa: B006 (never written)
        """Run the program and look at its deck. ``options``: see ``OPTIONS``; names it does not know are others'.

        Raises InvalidInputError for an option out of bounds, SandboxError (or SandboxUnavailableError) for failures of
        the machinery only.
        """
        chosen = _chosen(options)
        if (ended := refused(program, self._allowed)) is not None:
            return ended
        key = rendering_key(program.source, "slide", chosen)
        return self._cache.get(key, lambda: self._run(program, chosen))

    def close(self) -> None:
        self._programs.close()
        self._office.close()

    def __enter__(self) -> SlideRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ one program

    def _run(self, program: Program, options: Mapping[str, Any]) -> Rendering:
        rendering, report, deck = self._run_program(program)
        if not rendering.execution.ok:
            return rendering
        shown = {"deck": base64.b64encode(deck).decode(), **{k: report[k] for k in ("writes", "chains")}, **options}
        return self._show(program, rendering.execution, shown, report["chains"])

    def _run_program(self, program: Program) -> tuple[Rendering, Mapping[str, Any], bytes]:
        """(how the program ended, its report, its deck)."""
        forbidden = sorted(FORBIDDEN_ATTRIBUTES) if self._allowed is not None else []
        payload = {"source": program.source, "forbidden": forbidden, "max_bytes": MAX_DECK_BYTES}
        outcome = self._programs.run(payload, imports=imported_modules(program.source))
        facts = {"seconds": outcome.seconds, "output": outcome.output, "layers": self.layers}
        facts |= {"waited": outcome.waited, "attempts": outcome.attempts}
        if outcome.end != "done":
            return Rendering(Execution(*reports.abnormal_end(outcome), **facts)), {}, b""
        try:
            report, _, parcels = reports.unframe(outcome.result)
            status, error = report["status"], report["error"]
            error = None if error is None else ProgramError(**error)
            if report["unfit"]:
                status, error = "memory", ProgramError("DeckTooLarge", str(report["unfit"])[:1000])
            if status == "ok" and not (len(parcels) == 1 and isinstance(report["writes"], dict)):
                raise ValueError("there is no deck")
            execution = Execution(status, error, **facts)
            return Rendering(execution), report, parcels[0] if status == "ok" else b""
        except reports.BROKEN as error:
            broken = ProgramError("BrokenReport", f"the program spoilt the report of its own run: {error}")
            return Rendering(Execution("runtime_error", broken, **facts)), {}, b""

    def _show(
        self, program: Program, execution: Execution, payload: Mapping[str, Any], chains: list[list[list[int]]]
    ) -> Rendering:
        """The deck as LibreOffice shows it."""
        outcome = self._office.run(payload)
        if (
            outcome.end != "done"
        ):  # LibreOffice has its own ills: only what fails again, while it is well, is the deck's
            outcome = self._office.run(payload)
        execution = replace(execution, seconds=execution.seconds + outcome.seconds, audit="derived")
        if outcome.end != "done":
            self._check_office()
            return Rendering(replace(execution, **_unshown(outcome)))
        try:
            report, pngs, _ = reports.unframe(outcome.result)
            if report["refused"]:
                error = ProgramError("CannotBeShown", f"its deck cannot be shown: {report['refused']}")
                return Rendering(replace(execution, status="no_output", error=error))
            scenes = reports.read_scenes(program, report, pngs, chains)
            if not scenes:
                raise ValueError("there is no picture")
            return Rendering(execution, scenes, report["record"])
        except reports.BROKEN as error:
            broken = ProgramError("BrokenReport", f"what its deck shows cannot be read: {error}")
            return Rendering(replace(execution, status="no_output", error=broken))

    def _check_office(self) -> None:
        """Raises SandboxError when LibreOffice cannot show a deck of our own either."""
        outcome = self._office.run({"deck": "", "writes": {}, "chains": [], "width": 320, "max_slides": 1})
        try:
            well = outcome.end == "done" and len(reports.unframe(outcome.result)[1]) == 1
        except reports.BROKEN:
            well = False
        if not well:
            raise SandboxError(f"LibreOffice does not show a deck of our own: {outcome.end} {outcome.output[-1000:]}")


def _chosen(options: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {name: options.get(name, default) for name, default in OPTIONS.items()}
    for name, (least, most) in {"width": WIDTHS, "max_slides": (1, MOST_SLIDES)}.items():
        if type(chosen[name]) is not int or not least <= chosen[name] <= most:
            raise InvalidInputError(f"{name}={chosen[name]!r} must be a whole number from {least} to {most}")
    return chosen


def _unshown(outcome: Outcome) -> dict[str, Any]:
    """Status and error of a deck that LibreOffice does not get through, twice."""
    if outcome.end == "timeout":
        told = f"LibreOffice was stopped after {outcome.seconds:.1f} s over its deck"
        return {"status": "timeout", "error": ProgramError("DeckTimeout", told)}
    if outcome.end in ("memory", "oversize", "disk", "threads"):
        told = f"showing its deck takes more than it may ({outcome.end})"
        return {"status": "memory", "error": ProgramError("DeckTooLarge", told)}
    return {"status": "no_output", "error": ProgramError("CannotBeShown", "LibreOffice fails over its deck, twice")}
