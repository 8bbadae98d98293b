"""A program: where it stands in a response, its statements, and how its run ended.

``Span`` is a half-open range of *character* offsets in the **response** (not in the extracted program). ``line`` is
1-based in the **program** (for a bare program file both coincide).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range ``[start, end)`` of character offsets in the response."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the program. A compound statement (``for``, ``def``, ``if``) owns its header only; the
    statements of its body stand on their own. ``kind`` is the ``ast`` class name (``Expr``, ``Assign``, ``For``)."""

    id: int
    span: Span
    line: int
    end_line: int
    kind: str


@dataclass(frozen=True, slots=True)
class Program:
    """The code found in a response.

    ``source`` is the code, ``offset`` the position of its first character in the response (``response[offset:offset +
    len(source)] == source``). ``problem`` names what kept us from parsing it, with the line where there is one.
    """

    source: str
    offset: int
    statements: tuple[Statement, ...]
    problem: ProgramError | None = None

    def statement_at(self, line: int, column: int = 0) -> Statement | None:
        """The innermost statement at a 1-based line and 0-based *character* column of the program, or None.

        A column in front of the statement (indentation) still finds it; a line between statements finds none.
        """
        inside = [s for s in self.statements if s.line <= line <= s.end_line]
        if len(inside) > 1:
            at = self.offset + self._line_start(line) + column
            inside = [s for s in inside if s.span.start <= at < s.span.end] or inside
        return min(inside, key=lambda s: s.span.end - s.span.start, default=None)

    def _line_start(self, line: int) -> int:
        position = 0
        for _ in range(line - 1):
            position = self.source.index("\n", position) + 1
        return position


STATUSES = ("ok", "syntax_error", "runtime_error", "timeout", "memory", "forbidden", "no_program", "no_output")


@dataclass(frozen=True, slots=True)
class ProgramError:
    """Why the model's program failed: data for the teacher, not an exception of ours.

    ``line`` is the deepest line *of the program* that the traceback (or the parser) names, None where there is none.
    """

    type: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """How the run ended. ``layers`` are the isolation layers that were active; ``output`` is the end of its stdout.

    What it cost: ``seconds`` of the run, ``waited`` (s) for a worker, ``attempts`` begun until one was not lost to a
    fault of the machine (0: nothing was run for this answer), ``cached`` when another rollout's run was used.

    ``audit`` says whose drawing it is: "derived" (of a process that never ran the program), "contradicted" (the same,
    and the program's own process said otherwise), "unverified" (of the program's own process, ``audit_note`` says why)
    or "" (that too, and nobody asked).
    """

    status: str
    error: ProgramError | None = None
    seconds: float = 0.0
    output: str = ""
    layers: tuple[str, ...] = ()
    waited: float = 0.0
    attempts: int = 0
    cached: bool = False
    audit: str = ""
    audit_note: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"execution status {self.status!r} is not one of {', '.join(STATUSES)}")

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def reason(self) -> str:
        """What went wrong, as a traceback ends: ``ValueError: no such color``; "" where nothing did."""
        if self.error is None:
            return "" if self.ok else self.status
        return f"{self.error.type}: {self.error.message}" if self.error.message else self.error.type
