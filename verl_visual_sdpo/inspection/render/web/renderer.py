"""Web pages behind the :class:`Renderer` protocol: a Program in, scene, owners and record out."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError, SandboxError
from verl_visual_sdpo.inspection.program.html import pieces
from verl_visual_sdpo.inspection.render.cache import RenderingCache, RenderStatistics, rendering_key
from verl_visual_sdpo.inspection.render.web import page
from verl_visual_sdpo.inspection.render.web.browser import Bounds
from verl_visual_sdpo.inspection.render.web.farm import Farm, Job
from verl_visual_sdpo.inspection.render.web.ink import unreadable
from verl_visual_sdpo.inspection.render.web.owners import Owners
from verl_visual_sdpo.inspection.render.web.record import record_of
from verl_visual_sdpo.inspection.render.web.scene import Seen, elements
from verl_visual_sdpo.inspection.render.web.snapshot import read
from verl_visual_sdpo.inspection.render.web.tailwind import MEND, Tailwind
from verl_visual_sdpo.inspection.sandbox import Upkeep
from verl_visual_sdpo.types import Element, Execution, Owner, Program, ProgramError, Rendering, Scene

OPTIONS: Mapping[str, Any] = {
    "viewport_width": 1280,
    "viewport_height": 800,
    "full_page": True,
    "max_pixels": 12_800_000,
}
"""Options of a rendering with their defaults. ``max_pixels`` bounds the picture: a page that is taller is cut."""
SMALLEST, LARGEST = 16, 8192
"""Px, of either side of a viewport."""
MAX_SOURCE = 4_000_000
"""Characters of a page; more is the page's own failure."""


class WebRenderer:
    """A :class:`Renderer` for web pages. Browsers start when they are first needed.

    ``timeout`` is seconds of wall time a page; ``policy`` is "strict" or "permissive" (see ``SandboxPool``);
    ``cache_size`` renderings are kept by source and options; ``memory_mib`` is what a page may take above an idle
    browser; ``upkeep`` says when browsers are replaced and pages begun again.

    ``chromium`` names the browser (default: $VISUAL_SDPO_CHROMIUM, playwright's own, the system's). ``tailwind`` is a
    local copy of Tailwind, folder or file, served to pages that ask for it (default: $VISUAL_SDPO_TAILWIND;
    ``visual-sdpo prepare tailwind`` writes one); without it those pages go unstyled, and the first of them warns.
    ``without`` leaves layers out, to test.
    """

    def __init__(
        self,
        workers: int = 1,
        timeout: float = 10.0,
        policy: str = "strict",
        cache_size: int = 256,
        *,
        memory_mib: int = 1024,
        upkeep: Upkeep = Upkeep(jobs=500),  # noqa: B008 (frozen)
        chromium: str | None = None,
        tailwind: str | None = None,
        without: tuple[str, ...] = (),
    ) -> None:
        self._cache = RenderingCache(cache_size)
        self._farm = Farm(workers, Bounds(timeout, memory_mib), policy, upkeep, chromium, without)
        self._tailwind = Tailwind.at(tailwind)
        self._warned = False

    @property
    def layers(self) -> tuple[str, ...]:
        return self._farm.layers

    @property
    def statistics(self) -> RenderStatistics:
        return RenderStatistics(self._farm.statistics, self._cache.statistics)

    def render(self, program: Program, options: Mapping[str, Any] = {}) -> Rendering:  # noqa: B006 (never written)
        """Show the page and look at it. ``options``: see ``OPTIONS``; names it does not know are others'.

        Raises SandboxError (or SandboxUnavailableError) for failures of the machinery only, InvalidInputError for an
        option that does not fit.
        """
        if program.problem is not None:
            return Rendering(Execution("no_program", program.problem))
        if len(program.source) > MAX_SOURCE:
            told = f"the page has {len(program.source)} characters, {MAX_SOURCE} allowed"
            return Rendering(Execution("memory", ProgramError("PageTooLarge", told)))
        chosen = {name: options.get(name, default) for name, default in OPTIONS.items()}
        view = _view(chosen)
        key = rendering_key(program.source, "web", chosen | {"tailwind": [build for build, _ in self._tailwind.files]})
        return self._cache.get(key, lambda: self._run(program, view))

    def close(self) -> None:
        self._farm.close()

    def __enter__(self) -> WebRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ one page

    def _run(self, program: Program, view: page.View) -> Rendering:
        source, found = program.source, pieces(program.source)
        try:
            job = self._farm.run(lambda browser: page.look(browser, source, found, view, self._tailwind))
        except page.NavigatedAwayError:
            return self._failed("runtime_error", "NavigatedAway", "the page replaced itself by another document")
        except page.RestlessError:
            return self._failed("timeout", "Timeout", f"the page showed more than {page.MAX_DIALOGS} dialogs")
        facts = {"seconds": job.seconds, "waited": job.waited, "attempts": job.attempts, "layers": self._farm.layers}
        if job.end == "timeout":
            told = f"the page did not come to rest within {job.seconds:.1f} s"
            return Rendering(Execution("timeout", ProgramError("Timeout", told), **facts))
        if job.end == "memory":
            told = "the page took more memory, or more processes, than it may"
            return Rendering(Execution("memory", ProgramError("MemoryError", told), **facts))
        if job.end == "crash":
            told = "the page crashed the browser's engine, and a fresh one again; a blank page did not"
            return Rendering(Execution("runtime_error", ProgramError("PageCrashed", told), **facts))
        return self._rendering(program, view, job, facts)

    def _rendering(self, program: Program, view: page.View, job: Job[page.Capture], facts: dict[str, Any]) -> Rendering:
        capture = job.answer
        if capture.answers.missed and not self._warned:
            self._warned = True
            warnings.warn(_without_tailwind(capture), RuntimeWarning, stacklevel=2)
        facts |= {"output": _output(capture)}
        try:
            with Image.open(io.BytesIO(capture.picture), formats=["PNG"]) as picture:
                picture.load()
                nodes = read(capture.snapshot, page.STYLES, capture.marked.attribute)
                seen = elements(nodes, capture.reading, picture.size)
                record = record_of(seen, capture, view, picture)
                size, gone = picture.size, unreadable(seen, picture)
        except (OSError, ValueError, KeyError, IndexError, RecursionError) as error:
            raise SandboxError(f"a page was shown but could not be read: {type(error).__name__}: {error}") from error
        owners = Owners(program, pieces(program.source), capture)
        if not any(_shows(s) for s in seen):
            told = "the page shows nothing: no text, no picture, nothing painted"
            return Rendering(Execution("no_output", ProgramError("EmptyPage", told), **facts), (), record)
        owned = tuple(_owned(s.element, owners.of(s), s.element.id in gone) for s in seen)
        return Rendering(Execution("ok", None, **facts), (Scene(size, owned, capture.picture),), record)

    def _failed(self, status: str, kind: str, told: str) -> Rendering:
        return Rendering(Execution(status, ProgramError(kind, told), layers=self._farm.layers))


def _owned(element: Element, owners: tuple[Owner, ...], gone: bool) -> Element:
    return replace(element, owners=owners, style=element.style | {"unreadable": True} if gone else element.style)


def _shows(seen: Seen) -> bool:
    element = seen.element
    return element.kind != "page" and (bool(element.text.strip()) or bool(element.style.get("visible_paint")))


def _output(capture: page.Capture) -> str:
    """What the page's scripts complained of, and what it asked the network for in vain."""
    lines = [f"error: {message}" for message in capture.messages]
    if capture.answers.blocked:
        counts = ", ".join(f"{n} {kind}" for kind, n in sorted(capture.answers.blocked.items()))
        lines.append(f"requests that were not let out: {counts}")
    if capture.answers.missed:
        lines.append(_without_tailwind(capture))
    return "\n".join(lines)


def _without_tailwind(capture: page.Capture) -> str:
    return f"a page asks for Tailwind ({capture.answers.missed[0]}) and is shown without it: {MEND}"


def _view(chosen: Mapping[str, Any]) -> page.View:
    sides = []
    for name in ("viewport_width", "viewport_height"):
        value = chosen[name]
        if isinstance(value, bool) or not isinstance(value, int) or not SMALLEST <= value <= LARGEST:
            raise InvalidInputError(f"{name}={value!r} must be a whole number of px from {SMALLEST} to {LARGEST}")
        sides.append(value)
    pixels = chosen["max_pixels"]
    if isinstance(pixels, bool) or not isinstance(pixels, (int, float)) or pixels < sides[0]:
        raise InvalidInputError(f"max_pixels={pixels!r} must be at least one row of the viewport, {sides[0]}")
    return page.View(sides[0], sides[1], bool(chosen["full_page"]), max(int(pixels // sides[0]), 1))
