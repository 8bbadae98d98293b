"""One page looked at: a fresh context, the source served as its only document, and what the engine says of it.

Order of events: a blank page says which declarations are valid; the marked source is served; once it has loaded,
virtual time runs on by ``BUDGET_MS`` and then stands still (timers fire as they would, no real time passes); the page
is taken to rest; a reading in a world of our own, one DOM snapshot and one picture are taken of the standing page. What
virtual time does not order are frames among timers: a page may look like either of what comes first.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program.html import Piece
from verl_visual_sdpo.inspection.render.web import drawing, world
from verl_visual_sdpo.inspection.render.web.browser import Browser
from verl_visual_sdpo.inspection.render.web.instrument import Instrumented, declared, instrument
from verl_visual_sdpo.inspection.render.web.network import ADDRESS, Answers
from verl_visual_sdpo.inspection.render.web.tailwind import Tailwind

BUDGET_MS = 2000
"""Virtual time that a page's timers and animations get after it was loaded."""
PICTURE_SECONDS = (4.0, 8.0, math.inf)
"""Processor time that a picture may take, in one look after the other: now and then the engine never draws a page again
after it has come to rest, whatever is asked of it; a fresh context does. At last the page's own limit counts."""
MAX_DIALOGS = 100
MAX_STACKS = 200
"""Elements made by scripts whose place of creation is asked for."""

GENERATED = ("::before", "::after", "::marker")
"""What elements generate that has declarations of its own."""

STYLES = (
    "display", "position", "float", "visibility", "opacity", "overflow-x", "overflow-y", "color", "background-color",
    "background-image", "font-size", "font-weight", "font-family", "font-style", "line-height", "letter-spacing",
    "text-align", "white-space-collapse", "text-wrap-mode", "text-overflow", "-webkit-line-clamp",
    "text-decoration-line", "text-shadow", "text-transform", "box-shadow", "outline-style", "outline-width",
    "border-top-width", "border-right-width", "border-bottom-width", "border-left-width", "border-top-color",
    "border-right-color", "border-bottom-color", "border-left-color", "border-top-left-radius", "top", "right",
    "bottom", "left", "transform", "scale", "zoom", "margin-top", "margin-left", "margin-right", "margin-bottom",
    "padding-top", "padding-bottom",
    "flex-direction", "object-fit", "clip-path", "z-index", "mix-blend-mode", "filter", "-webkit-background-clip",
    "-webkit-text-fill-color", "content-visibility", "min-width", "min-height", "rotate", "writing-mode",
    "unicode-bidi", "direction",
)  # fmt: skip
"""Computed styles that the snapshot brings of every element."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What was seen, as the browser tells it. ``snapshot`` is DOMSnapshot.captureSnapshot's answer, ``reading`` that of
    ``world.read``; ``stacks`` maps backend node ids to (line, column), 0-based, in the marked text."""

    marked: Instrumented
    snapshot: Mapping[str, Any]
    reading: Mapping[str, Any]
    picture: bytes
    stacks: Mapping[int, tuple[int, int]]
    answers: Answers
    messages: list[str] = field(default_factory=list)


class RestlessError(Exception):
    """The page asks and asks: it would be stopped by its time, at the latest."""


class NavigatedAwayError(Exception):
    """The page left its address: what is shown is another document."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page is looked at; ``max_height`` (px) is where the picture ends at the latest."""

    width: int
    height: int
    full_page: bool
    max_height: int


async def look(browser: Browser, source: str, pieces: tuple[Piece, ...], view: View, tailwind: Tailwind) -> Capture:
    """Open, look, and leave the context open: the caller closes it.

    Raises NavigatedAwayError, RestlessError, ConnectionError, and SandboxError for whatever else fails.
    """
    undrawn = None
    for seconds in PICTURE_SECONDS:
        dialogs = _Dialogs()  # counted anew: that we look again is not the page's doing
        try:
            return await _look(browser, source, pieces, view, tailwind, dialogs, seconds)
        except drawing.UndrawnError as error:
            undrawn = error
            for context in list(browser.browser.contexts):
                await context.close()
        except Exception as error:
            if dialogs.too_many:
                raise RestlessError from error
            if isinstance(error, (NavigatedAwayError, ConnectionError)):
                raise
            raise SandboxError(f"a page could not be looked at: {error}") from error
    raise undrawn


async def _look(
    browser: Browser, source: str, pieces: tuple[Piece, ...], view: View, tailwind: Tailwind, dialogs: _Dialogs,
    seconds: float,
) -> Capture:  # fmt: skip
    context = await browser.browser.new_context(
        viewport={"width": view.width, "height": view.height},
        device_scale_factor=1,
        reduced_motion="reduce",
        color_scheme="light",
        locale="en-US",
        timezone_id="UTC",
        service_workers="block",
        accept_downloads=False,
    )
    page = await context.new_page()
    context.on("dialog", dialogs)
    context.on("page", lambda other: asyncio.ensure_future(_close(other)))
    session = await context.new_cdp_session(page)
    invalid = await _invalid(session, source)
    marked = instrument(source, invalid)
    answers, messages = Answers(marked.text, tailwind), []
    page.on("pageerror", lambda error: _note(messages, str(error)))
    await context.route("**/*", answers)
    scripted = any(p.kind == "Script" for p in pieces)
    await _prepare(session, marked, scripted)
    settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    session.on("Emulation.virtualTimeBudgetExpired", lambda _: settled.done() or settled.set_result(None))
    await page.goto(ADDRESS, wait_until="commit", timeout=0)
    policy = {"policy": "pauseIfNetworkFetchesPending", "budget": BUDGET_MS, "maxVirtualTimeTaskStarvationCount": 10000}
    await session.send("Emulation.setVirtualTimePolicy", policy)
    await settled
    world_id = await _world(session)
    await _evaluate(session, world_id, world.SETTLE)
    generated = [name for name in GENERATED if name[1:] in source.lower()]
    reading = await _evaluate(session, world_id, world.read(marked.attribute, [*marked.marks.values()], generated))
    snapshot = await session.send(
        "DOMSnapshot.captureSnapshot",
        {"computedStyles": list(STYLES), "includePaintOrder": True, "includeDOMRects": True},
    )
    if not snapshot["strings"][snapshot["documents"][0]["documentURL"]].startswith(ADDRESS):
        raise NavigatedAwayError
    clip = _clip(view, reading["extent"][1], await session.send("Page.getLayoutMetrics"))
    picture = await drawing.picture(session, clip, browser.process, seconds)
    stacks = await _stacks(session, snapshot, marked.attribute) if scripted else {}
    return Capture(marked, snapshot, reading, picture, stacks, answers, messages)


class _Dialogs:
    """Dismisses every dialog; a page that asks for too many is closed: it would not come to rest."""

    def __init__(self) -> None:
        self._seen = 0

    @property
    def too_many(self) -> bool:
        return self._seen > MAX_DIALOGS

    async def __call__(self, dialog: Any) -> None:
        self._seen += 1
        with contextlib.suppress(Exception):  # its page is gone
            await (dialog.page.context.close() if self.too_many else dialog.dismiss())


async def _invalid(session: Any, source: str) -> set[tuple[str, str]]:
    """The declarations that this browser does not take."""
    found = declared(source)
    if not found:
        return set()
    indices = await _evaluate(session, await _world(session), world.unsupported(found))
    return {found[i] for i in indices}


async def _prepare(session: Any, marked: Instrumented, scripted: bool) -> None:
    await session.send("Page.enable")
    own = {"source": world.prepare(marked.marks.values()), "worldName": world.NAME}
    await session.send("Page.addScriptToEvaluateOnNewDocument", own)
    if scripted:
        await session.send("Page.addScriptToEvaluateOnNewDocument", {"source": f"{world.CLOCK};{world.TRANSITIONS}"})
        await session.send("DOM.enable")
        await session.send("DOM.setNodeStackTracesEnabled", {"enable": True})


async def _world(session: Any) -> int:
    tree = await session.send("Page.getFrameTree")
    asked = {"frameId": tree["frameTree"]["frame"]["id"], "worldName": world.NAME}
    return (await session.send("Page.createIsolatedWorld", asked))["executionContextId"]


async def _evaluate(session: Any, context: int, expression: str) -> Any:
    asked = {"expression": expression, "contextId": context, "returnByValue": True}
    answer = await session.send("Runtime.evaluate", asked)
    if "exceptionDetails" in answer:
        raise RuntimeError(f"our own reading of a page failed: {answer['exceptionDetails']}")
    return answer["result"].get("value")


def _clip(view: View, page_height: float, metrics: Mapping[str, Any]) -> dict[str, float]:
    """What is drawn, from the leftmost point that can be scrolled to: on a page that begins at the right left of 0."""
    height = min(max(int(page_height), 1), view.max_height) if view.full_page else view.height
    left = metrics["cssLayoutViewport"]["pageX"]
    return {"x": left, "y": 0, "width": view.width, "height": height, "scale": 1}


async def _stacks(session: Any, snapshot: Mapping[str, Any], attribute: str) -> dict[int, tuple[int, int]]:
    """Where the elements that no tag of the source made were created, by backend node id."""
    made = _unmarked(snapshot, attribute)[:MAX_STACKS]
    if not made:
        return {}
    await session.send("DOM.getDocument", {"depth": 0})
    ids = (await session.send("DOM.pushNodesByBackendIdsToFrontend", {"backendNodeIds": made}))["nodeIds"]
    found = {}
    for backend, node in zip(made, ids):
        frames = (await session.send("DOM.getNodeStackTraces", {"nodeId": node})).get("creation", {})
        for frame in frames.get("callFrames", ()):
            if frame["url"].startswith(ADDRESS):
                found[backend] = (frame["lineNumber"], frame["columnNumber"])
                break
    return found


def _unmarked(snapshot: Mapping[str, Any], attribute: str) -> list[int]:
    strings = snapshot["strings"]
    name = strings.index(attribute) if attribute in strings else -1
    found = []
    for document in snapshot["documents"]:
        nodes = document["nodes"]
        for index in document["layout"]["nodeIndex"]:
            if nodes["nodeType"][index] != 1 or nodes["nodeName"][index] < 0:
                continue
            given = nodes["attributes"][index]
            values = [strings[v] for k, v in zip(given[::2], given[1::2]) if k == name]
            if (not values or "x" in values[0]) and not strings[nodes["nodeName"][index]].startswith("::"):
                found.append(nodes["backendNodeId"][index])
    return found


def _note(messages: list[str], text: str) -> None:
    if len(messages) < 20:
        messages.append(text[:300])


async def _close(page: Any) -> None:
    try:
        await page.close()
    except Exception:  # its context went first
        return
