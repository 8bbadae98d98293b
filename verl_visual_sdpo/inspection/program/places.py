"""Positions of a source text: lines and columns to character offsets, and back to the statement that holds them."""

from __future__ import annotations

from bisect import bisect_left

from verl_visual_sdpo.inspection.program.fences import NEWLINE
from verl_visual_sdpo.types import Program, Statement


class SourceMap:
    """Positions of a source text, between (1-based line, 0-based UTF-8 byte column) and character offsets."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0, *(match.end() for match in NEWLINE.finditer(source))]
        self._ascii = source.isascii()

    def offset(self, line: int, byte_column: int) -> int:
        """Character offset of an ``ast`` or ``co_positions`` position; clamped to the line."""
        if not 1 <= line <= len(self.starts):
            return len(self.source)
        start = self.starts[line - 1]
        if self._ascii:
            return min(start + byte_column, len(self.source))
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        encoded = self.source[start:end].encode("utf-8", "surrogatepass")[:byte_column]
        return start + len(encoded.decode("utf-8", "ignore"))

    def line(self, offset: int) -> int:
        """The 1-based line that holds a character offset."""
        return max(bisect_left(self.starts, offset + 1), 1)


def statement_of(program: Program, places: SourceMap, line: int, byte_column: int) -> Statement | None:
    """The innermost statement at a position as code objects give it (``co_positions``), or None."""
    at = program.offset + places.offset(line, byte_column)
    inside = [s for s in program.statements if s.span.start <= at < s.span.end]
    inside = inside or [s for s in program.statements if s.line <= line <= s.end_line]
    return min(inside, key=lambda s: s.span.end - s.span.start, default=None)
