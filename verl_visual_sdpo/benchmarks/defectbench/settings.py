"""What one run of the bench is asked to do, on charts, pages or slides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from verl_visual_sdpo.inspection.trace import Tracing


@dataclass(frozen=True, slots=True)
class Settings:
    """``twins`` of each of ``kinds``; ``harmless`` clean programs and as many controls. ``source`` is a folder of real
    programs, None for written ones; ``workers`` programs are inspected at once, under the sandbox's ``policy``.
    ``beside`` (charts only) is a route of tracing to score beside what the renderer saw."""

    seed: int
    out: Path
    kinds: tuple[str, ...]
    twins: int = 24
    harmless: int = 48
    source: Path | None = None
    workers: int = 2
    policy: str = "strict"
    beside: Tracing | None = None
