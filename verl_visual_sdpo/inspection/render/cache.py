"""Renderings kept in memory: identical programs of a batch are rendered once, also while the first is being rendered.

The key holds all that decides a picture: program, domain, options, and the versions of what draws and reads it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.drivers import slide_lok
from verl_visual_sdpo.inspection.sandbox.statistics import PoolStatistics
from verl_visual_sdpo.types import Rendering

DRAWING_LIBRARIES = ("matplotlib", "numpy", "pillow", "python-pptx", "pypdfium2")
"""Distributions of which another version may draw another picture."""


def rendering_key(source: str, domain: str, options: Mapping[str, Any]) -> str:
    """Hex digest of a program, its domain, the options of its rendering, :func:`versions` and the domain's painter."""
    text = json.dumps([source, domain, dict(options), versions(), _painter(domain)], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def versions() -> tuple[str, ...]:
    """What draws and what reads the drawing: Python, the drawing libraries, and a digest of this package's renderer.

    Looked up once a process: a library exchanged under a running one is not loaded by it either.
    """
    libraries = [f"{name} {_version(name)}" for name in DRAWING_LIBRARIES]
    office = slide_lok.find_program()
    libraries += [f"libreoffice {slide_lok.version(office)}"] if office else []
    return (f"python {platform.python_version()}", *libraries, f"renderer {_renderer_digest()}")


@functools.cache
def _painter(domain: str) -> str:
    """What paints a domain besides Python's libraries: another browser shows another page."""
    if domain != "web":
        return ""
    from verl_visual_sdpo.inspection.render.web import chromium

    return chromium.identity()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # a copy without metadata: no version to tell apart
        return "unknown"


def _renderer_digest() -> str:
    """Of the source of all that decides what a rendering holds: this folder, what it reads with, the vocabulary."""
    folder, digest = Path(__file__).parent, hashlib.sha256()
    imported = (folder.parent / "program", folder.parent / "detect", folder.parents[1] / "types")
    for path in [
        *sorted(folder.rglob("*.py")),
        folder.parent / "geometry.py",
        *(path for one in imported for path in sorted(one.glob("*.py"))),
    ]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """``hits`` were ready, ``joined`` waited for a rendering in the making, ``misses`` had to make theirs; ``statuses``
    are those of all renderings handed out."""

    hits: int = 0
    joined: int = 0
    misses: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderStatistics:
    """What a renderer has done so far."""

    pool: PoolStatistics
    cache: CacheStatistics


class RenderingCache:
    """The latest ``size`` renderings (0: none); callers that ask for one in the making wait for it. Thread-safe.

    Neither failures to make one are kept, nor timeouts: those may be the machine's load, not the program.
    """

    def __init__(self, size: int) -> None:
        if size < 0:
            raise InvalidInputError(f"cache_size must be 0 (no cache) or more, not {size}")
        self._size, self._lock = size, threading.Lock()
        self._futures: OrderedDict[str, Future[Rendering]] = OrderedDict()
        self._hits = self._joined = self._misses = 0
        self._statuses: Counter[str] = Counter()

    @property
    def statistics(self) -> CacheStatistics:
        with self._lock:
            return CacheStatistics(self._hits, self._joined, self._misses, dict(self._statuses))

    def get(self, key: str, make: Callable[[], Rendering]) -> Rendering:
        """The rendering of a key. One that another call made says so: its execution is ``cached``, with no attempt.

        Raises what ``make`` raises, to everyone who waits for it.
        """
        asked = time.monotonic()
        future, mine = self._future(key)
        rendering = self._make(key, future, make) if mine else future.result()
        with self._lock:
            self._statuses[rendering.execution.status] += 1
        if mine:
            return rendering
        shared = replace(rendering.execution, cached=True, attempts=0, waited=time.monotonic() - asked)
        return replace(rendering, execution=shared)

    def _make(self, key: str, future: Future[Rendering], make: Callable[[], Rendering]) -> Rendering:
        try:
            rendering = make()
        except BaseException as error:
            self._forget(key, future)
            future.set_exception(error)
            raise
        if rendering.execution.status == "timeout":
            self._forget(key, future)
        future.set_result(rendering)
        return rendering

    def _future(self, key: str) -> tuple[Future[Rendering], bool]:
        """The future of a key, and whether it is the caller's to fulfil."""
        with self._lock:
            future = self._futures.get(key)
            if future is not None:
                self._futures.move_to_end(key)
                self._hits += future.done()
                self._joined += not future.done()
                return future, False
            self._misses += 1
            future = Future()
            if self._size:
                self._futures[key] = future
                while len(self._futures) > self._size:
                    self._futures.popitem(last=False)
            return future, True

    def _forget(self, key: str, future: Future[Rendering]) -> None:
        with self._lock:
            if self._futures.get(key) is future:
                del self._futures[key]
