"""Rendering: a Program goes in, what was drawn comes out. One renderer a domain behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from verl_visual_sdpo.types import Program, Rendering


@runtime_checkable
class Renderer(Protocol):
    """Runs programs and looks at what they draw. Implementations are thread-safe and block until the job is done."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The isolation layers that hold."""
        ...

    def render(self, program: Program, options: Mapping[str, Any] = {}) -> Rendering:
        """Run the program. How it fails is in the Rendering; only failures of our own machinery raise SandboxError."""
        ...

    def close(self) -> None:
        """End all processes; further calls raise SandboxError."""
        ...

    def __enter__(self) -> Renderer: ...

    def __exit__(self, *_: object) -> None: ...
