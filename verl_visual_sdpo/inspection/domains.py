"""The domains the main path knows, and one shared renderer for each: what a new domain adds a line to."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verl_visual_sdpo import extensions
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.fidelity import chart as chart_fidelity
from verl_visual_sdpo.inspection.fidelity import slide as slide_fidelity
from verl_visual_sdpo.inspection.fidelity import web as web_fidelity
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.inspection.render.slide import SlideRenderer
from verl_visual_sdpo.inspection.render.web import OPTIONS as PAGE_OPTIONS
from verl_visual_sdpo.inspection.render.web import WebRenderer
from verl_visual_sdpo.types import Scene

COMMON_SETTINGS = ("workers", "timeout", "policy", "cache_size", "upkeep")  # of every domain's renderer


@dataclass(frozen=True, slots=True)
class Domain:
    """``renderer`` makes a renderer from its settings; ``likeness`` compares two of its records: terms in [0, 1], the
    mean of the benchmark's under ``low``; ``terms`` are the names of all of them. Of a run's settings,
    ``renderer_settings`` go to the renderer, ``task_settings`` to every task's options; ``own_weight`` is the one that
    weighs a term of ours in the likeness; ``view`` are those that say how a program is looked at, and so is its
    reference. Where nothing is there to be like, ``look`` gives the terms from the scenes
    and the task's options instead."""

    renderer: Callable[..., Renderer]
    likeness: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, float]] | None
    terms: tuple[str, ...]
    renderer_settings: tuple[str, ...] = COMMON_SETTINGS
    task_settings: tuple[str, ...] = ()
    own_weight: str = "data_weight"
    view: tuple[str, ...] = ()
    look: Callable[[Sequence[Scene], Mapping[str, Any]], dict[str, float]] | None = None


DOMAINS = {
    "chart": Domain(
        renderer=ChartRenderer,
        likeness=chart_fidelity.compare,
        terms=(*chart_fidelity.TERMS, *chart_fidelity.OWN_TERMS),
        renderer_settings=(*COMMON_SETTINGS, "audit", "audit_salt", "unverified"),
        task_settings=("data_weight",),
    ),
    "web": Domain(
        renderer=WebRenderer,
        likeness=web_fidelity.compare,
        terms=(*web_fidelity.TERMS, *web_fidelity.OWN_TERMS),
        renderer_settings=(*COMMON_SETTINGS, "chromium", "tailwind", "memory_mib"),
        task_settings=(*PAGE_OPTIONS, "pixels_weight"),
        own_weight="pixels_weight",
        view=tuple(PAGE_OPTIONS),
    ),
    "slide": Domain(
        renderer=SlideRenderer,
        likeness=None,
        look=slide_fidelity.look,
        terms=slide_fidelity.TERMS,
        renderer_settings=(*COMMON_SETTINGS, "memory_mib", "office_timeout"),
        task_settings=("width", "max_slides", slide_fidelity.RATIO),
    ),
}

_renderers: dict[tuple, Renderer] = {}
_lock = threading.Lock()


def domain_of(name: str) -> Domain:
    """The domain called ``name``, ours or another package's. Raises InvalidInputError for one that is not known."""
    found = DOMAINS.get(name) or extensions.extension(extensions.DOMAINS, name)
    if found is None:
        known = ", ".join((*DOMAINS, *extensions.names(extensions.DOMAINS)))
        raise InvalidInputError(f"domain {name!r} is not known; known domains: {known}")
    return found


def default_renderer(name: str = "chart", **settings: Any) -> Renderer:
    """This process's renderer for a domain and its settings (for charts: workers, timeout, policy, cache_size).

    Made on first use, shared by all threads, closed when the process ends. Raises InvalidInputError for an unknown
    domain and what the renderer raises for its settings.
    """
    domain = domain_of(name)
    key = (os.getpid(), name, tuple(sorted(settings.items())))  # a fork must not share its parent's workers
    with _lock:
        if key not in _renderers:
            _renderers[key] = domain.renderer(**settings)
            atexit.register(_renderers[key].close)
        return _renderers[key]
