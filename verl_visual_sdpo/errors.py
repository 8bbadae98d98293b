"""Failures of *our* machinery or of the user's input. A failure of the model's program is data: ``types.Execution``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class VisualSDPOError(Exception):
    """Base of every error this package raises on its own account."""


class InvalidInputError(VisualSDPOError, ValueError):
    """The caller gave something we cannot use. The message names the value, the limit and the mend."""


def check_names(where: str, given: Iterable[object], known: Iterable[str]) -> None:
    """Raises InvalidInputError for the first of ``given`` that ``where`` does not know: it names the nearest, or all
    that are known."""
    known = list(known)
    if unknown := sorted({str(name) for name in given} - set(known)):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        mend = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidInputError(f"{where} has no {unknown[0]}; {mend}it has {', '.join(known)}")


class SandboxError(VisualSDPOError):
    """The machinery that runs programs failed (worker died, disk full). The job was not judged; it may be retried.

    ``attempts`` is how often it was begun before it was given up.
    """

    attempts: int = 1


class JobLostError(SandboxError):
    """A job was lost with its worker or its machine: killed by somebody else, no disk, no process to be had."""


class SandboxBusyError(SandboxError):
    """More callers wait for a worker than the pool's limit allows. The message names the limit and the mend."""


class SandboxUnavailableError(SandboxError):
    """An isolation layer that the policy asks for does not hold on this machine. The message names layer and mend;
    ``missing`` says what got through, by layer."""

    def __init__(self, message: str, missing: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.missing = dict(missing or {})


class EndpointError(VisualSDPOError):
    """A model behind an endpoint gave no usable answer. ``reason`` names why in one word, ``detail`` in a few more; the
    one who asked is without an answer, nobody is judged by it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class PluginNotRegisteredError(VisualSDPOError):
    """verl started without our trainer, engines or platform being registered."""


class UnsupportedOptionError(VisualSDPOError, ValueError):
    """A verl option that this plug-in cannot honour yet; refused at start rather than silently wrong."""


class TokenAlignmentError(VisualSDPOError):
    """The sampled ids could not be laid over the text they decode to: the rollout gets no token weights."""
