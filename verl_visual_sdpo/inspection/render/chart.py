"""Charts: run a matplotlib program in the sandbox and turn what its driver reports into scenes.

The driver's report comes out of the program's own process and is not trusted. By default it holds no picture: the
figures are packed there and drawn in a second process that never ran a program (see ``audit.py``). A report that does
not fit counts as the program's failure.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.render import report as reports
from verl_visual_sdpo.inspection.render.audit import Audit, contradiction
from verl_visual_sdpo.inspection.render.cache import RenderingCache, RenderStatistics, rendering_key
from verl_visual_sdpo.inspection.render.refusal import refused
from verl_visual_sdpo.inspection.sandbox import Limits, SandboxPool, Upkeep
from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS, FORBIDDEN_ATTRIBUTES, imported_modules
from verl_visual_sdpo.types import Execution, Program, ProgramError, Rendering

DRIVER = Path(__file__).with_name("drivers") / "chart.py"
OPTIONS: Mapping[str, Any] = {"max_pixels": 4_000_000, "max_figures": 8, "chartmimic": False}
"""Options of a rendering with their defaults. A picture beyond ``max_pixels`` is drawn at a lower dpi; figures
beyond ``max_figures`` are left out; ``chartmimic`` also records what that benchmark's scorer would note."""
_READS_FILES = re.compile(
    r"\b(open|imread|Image|read\w*|load\w*|getvalue|getbuffer|seek|b64encode|stat|getsize|listdir|print_\w+)\b"
)
"""Words of programs that may look at the file they have saved: their figures are drawn in their own process, too."""


class ChartRenderer:
    """A :class:`Renderer` for matplotlib programs. Warm workers start when they are first needed.

    ``timeout`` is seconds of wall time a program; ``policy`` is "strict" or "permissive" (see ``SandboxPool``);
    ``cache_size`` renderings are kept by source and options, and what is being rendered is not rendered twice;
    ``upkeep`` says when workers are replaced and jobs begun again.

    ``audit`` is the share of programs whose figures are drawn apart from them, ``audit_salt`` part of the lot that
    decides which; ``unverified`` says what becomes of a program whose figures cannot be: "accept" or "refuse" it.
    ``screened=False`` leaves out screen and guard, to test what stands behind them.
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
        audit: float = 1.0,
        audit_salt: str = "",
        unverified: str = "accept",
        screened: bool = True,
    ) -> None:
        self._cache = RenderingCache(cache_size)
        limits = Limits(seconds=timeout, memory_mib=memory_mib)
        self._pool = SandboxPool(DRIVER, workers=workers, limits=limits, policy=policy, upkeep=upkeep)
        self._allowed = frozenset(allowed_imports) if screened else None
        self._audit = Audit(audit, audit_salt, unverified)

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
        if (ended := refused(program, self._allowed)) is not None:
            return ended
        chosen = {name: options.get(name, default) for name, default in OPTIONS.items()}
        key = rendering_key(program.source, "chart", chosen)
        return self._cache.get(key, lambda: self._run(program, chosen))

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> ChartRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ one program

    def _run(self, program: Program, options: Mapping[str, Any]) -> Rendering:
        if options["chartmimic"]:  # its notes are taken in the draw of the program's own process
            return self._run_program(program, options, "draw")[0]
        mode = self._audit.mode(program.source, options)
        if mode == "parcel" and "save" in program.source and _READS_FILES.search(program.source):
            mode = "both"
        rendering, report, parcels = self._run_program(program, options, mode)
        if mode == "draw" or not rendering.execution.ok or not self._audit.chosen(program.source, options):
            return rendering
        why, derived = report["unfit"], None
        if not why:
            derived, why = self._derive(program, options, rendering, report["chains"], parcels)
        if derived is None:
            if not rendering.scenes:
                rendering = self._again(program, options, rendering)
            return self._audit.unverified_rendering(rendering, why)
        if not why and rendering.scenes:
            why = contradiction(rendering, derived)
        verdict = {"audit": "contradicted" if why else "derived", "audit_note": why}
        return replace(derived, execution=replace(derived.execution, **verdict))

    def _run_program(
        self, program: Program, options: Mapping[str, Any], mode: str
    ) -> tuple[Rendering, Mapping[str, Any], list[bytes]]:
        """(what the program's own process says, its report, the packed figures)."""
        forbidden = sorted(FORBIDDEN_ATTRIBUTES) if self._allowed is not None else []
        payload = {"source": program.source, "mode": mode, "forbidden": forbidden, **options}
        outcome = self._pool.run(payload, imports=imported_modules(program.source))
        facts = {"seconds": outcome.seconds, "output": outcome.output, "layers": self._pool.layers}
        facts |= {"waited": outcome.waited, "attempts": outcome.attempts}
        if outcome.end != "done":
            return Rendering(Execution(*reports.abnormal_end(outcome), **facts)), {}, []
        try:
            report, pngs, parcels = reports.unframe(outcome.result)
            if report["failure"]:
                raise SandboxError(f"a figure could be drawn but not read: {report['failure']}")
            status, error = report["status"], report["error"]
            error = None if error is None else ProgramError(**error)
            scenes = reports.read_scenes(program, report, pngs, report["chains"])
            record = reports.read_record(report["record"])
            if status == "ok" and not (scenes or parcels or report["unfit"]):
                raise ValueError("there is neither a picture nor a figure")
            return Rendering(Execution(status, error, **facts), scenes, record), report, parcels
        except reports.BROKEN as error:
            broken = ProgramError("BrokenReport", f"the program spoilt the report of its own run: {error}")
            return Rendering(Execution("runtime_error", broken, **facts)), {}, []

    def _derive(
        self,
        program: Program,
        options: Mapping[str, Any],
        claimed: Rendering,
        chains: list[list[list[int]]],
        parcels: list[bytes],
    ) -> tuple[Rendering | None, str]:
        """The figures as a process draws them that never ran the program, or None and why it cannot; a reason beside
        a rendering is what gives a made-up parcel away."""
        payload = {"parcels": [base64.b64encode(parcel).decode() for parcel in parcels]}
        payload |= {name: options[name] for name in ("max_pixels", "max_figures")}
        outcome = self._pool.run(payload, imports=imported_modules(program.source))
        if outcome.end != "done":
            return None, f"drawing its figures apart ended with: {outcome.end}"
        try:
            report, pngs, _ = reports.unframe(outcome.result)
            if report["forged"]:
                return self._forged(claimed, report["forged"]), report["forged"]
            if report["refused"]:
                return None, report["refused"]
            scenes = reports.read_scenes(program, report, pngs, chains)
            record = reports.read_record(report["record"])
        except reports.BROKEN as error:
            return None, f"what was drawn apart cannot be read: {error}"
        execution, output = claimed.execution, claimed.execution.output + outcome.output
        execution = replace(execution, seconds=execution.seconds + outcome.seconds, output=output)
        return Rendering(execution, scenes, record), ""

    def _forged(self, claimed: Rendering, what: str) -> Rendering:
        error = ProgramError("Forbidden", f"the program hands over a figure that is not one: {what}")
        return Rendering(replace(claimed.execution, status="forbidden", error=error))

    def _again(self, program: Program, options: Mapping[str, Any], first: Rendering) -> Rendering:
        """The program run once more, its figures drawn in its own process."""
        second, _, _ = self._run_program(program, options, "draw")
        seconds = first.execution.seconds + second.execution.seconds
        attempts = first.execution.attempts + second.execution.attempts
        return replace(second, execution=replace(second.execution, seconds=seconds, attempts=attempts))
