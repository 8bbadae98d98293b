"""By which route defects are traced to statements: seen at run time, named by a model, or the one for the other."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.trace.blame import blame
from verl_visual_sdpo.inspection.trace.vlm import VlmMapper, VlmSettings
from verl_visual_sdpo.types import Blame, Defect, Execution, Program, Scene, Undetermined

MODES = ("introspection", "vlm", "fallback")


class Mapper(Protocol):
    """Names statements for defects without having seen the program run. Thread-safe."""

    @property
    def name(self) -> str:
        """Who is asked, for reports."""
        ...

    def map(
        self, program: Program, scenes: Sequence[Scene], defects: Sequence[Defect], asked: Sequence[int]
    ) -> tuple[tuple[Blame, ...], tuple[Undetermined, ...]]:
        """Blame for the defects with the indices ``asked``; those without any are undetermined, with a reason."""
        ...


@dataclass(frozen=True, slots=True)
class Tracing:
    """``mode``: ``introspection`` (what the renderer saw), ``vlm`` (the mapper alone) or ``fallback`` (the mapper for
    those defects whose elements have no owner). ``data_slice`` follows the values of statements seen at run time back
    to where they come from (see ``dataflow``)."""

    mode: str = "introspection"
    mapper: Mapper | None = None
    data_slice: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidInputError(f"trace={self.mode!r} is not known; choose from {', '.join(MODES)}")
        if (self.mode == "introspection") != (self.mapper is None):
            raise InvalidInputError(
                f"trace={self.mode!r} with{'out' if self.mapper is None else ''} an endpoint: 'vlm' and 'fallback' "
                "need one, 'introspection' asks nobody"
            )


INTROSPECTION = Tracing()


def trace(
    program: Program,
    scenes: Sequence[Scene],
    defects: Sequence[Defect],
    execution: Execution,
    tracing: Tracing = INTROSPECTION,
) -> tuple[tuple[Blame, ...], tuple[Undetermined, ...]]:
    """Who answers for what, sorted as :func:`blame` sorts, and the defects whose blame the mapper could not tell.

    A failed run is always traced by its traceback: there is no picture to show.
    """
    seen = () if tracing.mode == "vlm" else defects
    blames = blame(program, scenes, seen, execution, data_slice=tracing.data_slice)
    if tracing.mapper is None:
        return blames, ()
    traced = {b.defect for b in blames}
    left = [index for index in range(len(defects)) if index not in traced]
    mapped, unmapped = tracing.mapper.map(program, scenes, defects, left)
    return tuple(sorted([*blames, *mapped], key=lambda b: (b.defect, -b.responsibility, b.statement))), unmapped


_mappers: dict[tuple[int, VlmSettings], VlmMapper] = {}
_lock = threading.Lock()


def tracing_of(mode: str = "introspection", data_slice: bool = False, **settings: Any) -> Tracing:
    """The tracing that a mode and the settings of :class:`VlmSettings` name; a mapper is shared by all of this process.
    ``data_slice``: see :class:`Tracing`.

    Raises InvalidInputError for an unknown mode, a setting that does not fit, or settings that the mode does not use.
    """
    if mode == "introspection" and settings:
        raise InvalidInputError(
            f"{sorted(settings)[0]} is of use to trace='vlm' and 'fallback' only; name one or drop it"
        )
    if mode not in MODES or mode == "introspection":
        return Tracing(mode, data_slice=data_slice)
    key = (os.getpid(), VlmSettings.from_mapping(settings))  # threads do not survive a fork
    with _lock:
        if key not in _mappers:
            _mappers[key] = VlmMapper(key[1])
            atexit.register(_mappers[key].close)
        return Tracing(mode, _mappers[key], data_slice)
