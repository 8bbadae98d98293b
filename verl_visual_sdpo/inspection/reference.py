"""The reference a response is compared with: rendered once per machine, or read back where it was recorded before.

``Task.reference`` is source code, or the JSON that :func:`record_reference` wrote of its rendering (it starts with
``{``, which no program that draws does). Renderings are kept in memory and on disk (see ``reference_store.py``).
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.inspection.reference_store import ReferenceStore, store_at
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.render.cache import rendering_key
from verl_visual_sdpo.serial import from_plain, to_plain
from verl_visual_sdpo.types import Rendering, Task

KEPT = 4096  # references kept per process; one holds elements and record, no picture: some 20 to 200 kB

_kept: OrderedDict[tuple[str, str, str], Future] = OrderedDict()
_lock = threading.Lock()
_store: list[ReferenceStore | None] = []  # none or one: where this process keeps references on disk


def keep_references(folder: str | os.PathLike[str] | None) -> None:
    """Keep this process's references on disk in ``folder`` ("off": nowhere; None: as the environment says)."""
    with _lock:
        _store[:] = [store_at(folder)]


def reference_of(task: Task, renderer: Renderer, view: Collection[str] = ()) -> Rendering | None:
    """The task's reference without its pictures, or None where the task has none. ``view`` names those of the task's
    options with which it is rendered, as the response is.

    Concurrent callers of the same reference wait for one rendering. A failure is not kept: the next caller tries again.
    Raises InvalidInputError when the reference itself does not draw, SandboxError when our machinery fails.
    """
    if not task.reference.strip():
        return None
    options = {name: value for name, value in task.options.items() if name in view}
    key = (task.domain, task.reference, repr(sorted(options.items())))
    with _lock:
        future, first = _kept.get(key), key not in _kept
        if first:
            future = _kept[key] = Future()
            if len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
    if first:
        try:
            future.set_result(_read_or_render(task, renderer, options))
        except BaseException as error:
            with _lock:
                _kept.pop(key, None)
            future.set_exception(error)
    return future.result()


def record_reference(source: str, renderer: Renderer, domain: str = "chart") -> str:
    """Render reference code and return its rendering as JSON for ``Task.reference``. Raises as :func:`reference_of`."""
    return json.dumps(to_plain(_render(source, domain, renderer, {}), images=False), ensure_ascii=False)


def _read_or_render(task: Task, renderer: Renderer, options: Mapping[str, Any]) -> Rendering:
    if task.reference.lstrip().startswith("{"):
        try:
            recorded = from_plain(Rendering, json.loads(task.reference))
            if not recorded.scenes:
                raise ValueError("it holds no scene")
            return recorded
        except ValueError as error:
            raise InvalidInputError(
                f"the recorded reference {task.reference[:60]!r}... cannot be read: {error}"
            ) from error
    return _render(task.reference, task.domain, renderer, options)


def _render(source: str, domain: str, renderer: Renderer, options: Mapping[str, Any]) -> Rendering:
    program = extract_program(source, domain)
    if not program.source:  # no fence: code throughout
        program = bare_program(source, domain)
    key, store = rendering_key(program.source, domain, options), _kept_on_disk()
    if store is not None and (known := store.get(key)) is not None:
        return known
    rendering = renderer.render(program, options)
    if not rendering.execution.ok:
        error = rendering.execution.error
        reason = f"{error.type}: {error.message} (line {error.line})" if error else "no further message"
        raise InvalidInputError(
            f"the reference does not draw ({rendering.execution.status}; {reason}); mend or drop it: "
            f"{source.strip()[:120]!r}"
        )
    plain = replace(rendering, scenes=tuple(replace(scene, image=b"") for scene in rendering.scenes))
    if store is not None:
        store.put(key, plain)
    return plain


def _kept_on_disk() -> ReferenceStore | None:
    with _lock:
        if not _store:
            _store.append(store_at(None))
        return _store[0]
