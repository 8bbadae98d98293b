"""Python programs: statements by ``ast``, with their spans in characters of the response.

``ast`` counts columns in UTF-8 bytes. A compound statement owns its header only: decorators to the colon. ``except``
and ``case`` headers stand on their own with their ``ast`` class name; ``else`` and ``finally``, which have no node,
carry the keyword as kind.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterator

from verl_visual_sdpo.inspection.program.places import SourceMap
from verl_visual_sdpo.inspection.program.syntax import FILENAME, syntax_tree
from verl_visual_sdpo.types import Program, ProgramError, Span, Statement

NAME = "Python"
TAGS = frozenset({"python", "py", "python3", "py3", "matplotlib"})


def read(source: str, offset: int = 0) -> Program:
    """The Program of a text that is Python throughout, ``offset`` characters into its response.

    A program that does not compile keeps its statements where ``ast`` can still read them, else one statement of kind
    ``Line`` for each written line, so that the line the parser names can be blamed.
    """
    problem, statements = None, None
    try:
        tree = syntax_tree(source)
        statements = _statements(source, tree, offset)
        compile(source, FILENAME, "exec", dont_inherit=True)  # "return" outside a function passes the parser
    except SyntaxError as error:
        problem = ProgramError(type(error).__name__, error.msg, error.lineno)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:  # null bytes, absurd nesting
        problem = ProgramError("SyntaxError", str(error) or "too deeply nested to parse")
    if statements is None:
        statements = _line_statements(source, offset)
    return Program(source, offset, tuple(statements), problem)


# --------------------------------------------------------------------------- statements


def _line_statements(source: str, offset: int) -> list[Statement]:
    statements: list[Statement] = []
    starts = SourceMap(source).starts
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(source)]), start=1):
        text = source[start:end]
        code = text.strip()
        if code and not code.startswith("#"):
            first = offset + start + text.index(code)
            statements.append(Statement(len(statements), Span(first, first + len(code)), number, number, "Line"))
    return statements


def _statements(source: str, tree: ast.Module, offset: int) -> list[Statement]:
    spans = _Spans(source)
    found = sorted(spans.of_body(tree.body), key=lambda item: item[1:3])
    return [
        Statement(i, Span(offset + start, offset + end), spans.places.line(start), spans.places.line(end - 1), kind)
        for i, (kind, start, end) in enumerate(found)
    ]


class _Spans:
    """Walks statement lists and yields (kind, start, end) in characters of the source."""

    def __init__(self, source: str) -> None:
        self.places = SourceMap(source)
        self.colons: list[int] = []  # offsets of ":" outside brackets
        self.words: dict[str, list[int]] = {"@": [], "else": [], "finally": []}
        self._scan(source)

    def _scan(self, source: str) -> None:
        depth = 0
        # the parser takes a lone "\r" for a newline, tokenize does not: give it one of the same width
        lines = io.StringIO(re.sub(r"\r(?!\n)", "\n", source)).readline
        for token in tokenize.generate_tokens(lines):
            if token.type not in (tokenize.OP, tokenize.NAME):
                continue
            at = self.places.starts[token.start[0] - 1] + token.start[1]
            if token.string in "([{" and token.type == tokenize.OP:
                depth += 1
            elif token.string in ")]}" and token.type == tokenize.OP:
                depth -= 1
            elif token.string == ":" and depth == 0:
                self.colons.append(at)
            elif depth == 0 and token.string in self.words:
                self.words[token.string].append(at)

    def of_body(self, body: list[ast.stmt]) -> Iterator[tuple[str, int, int]]:
        for node in body:
            yield from self.of_statement(node)

    def of_statement(self, node: ast.stmt) -> Iterator[tuple[str, int, int]]:
        kind, start = type(node).__name__, self.start(node)
        bodies = [getattr(node, name, None) or [] for name in ("body", "orelse", "finalbody")]
        cases = [*getattr(node, "handlers", []), *getattr(node, "cases", [])]
        if not any(bodies) and not cases:
            yield kind, start, self.places.offset(node.end_lineno, node.end_col_offset)
            return
        inner = self.start(bodies[0][0]) if bodies[0] else self._case_start(cases[0])
        yield kind, start, self._last(self.colons, inner) + 1
        yield from self.of_body(bodies[0])
        for case in cases:
            first = self._case_start(case)
            yield type(case).__name__, first, self._last(self.colons, self.start(case.body[0])) + 1
            yield from self.of_body(case.body)
        for word, rest in zip(("else", "finally"), bodies[1:]):
            is_elif = isinstance(node, ast.If) and len(rest) == 1 and self._is_elif(rest[0])
            if rest and not is_elif:
                first = self.start(rest[0])
                yield word, self._last(self.words[word], first), self._last(self.colons, first) + 1
            yield from self.of_body(rest)

    def start(self, node: ast.AST) -> int:
        """Where the statement begins, its decorators included."""
        decorators = getattr(node, "decorator_list", [])
        if decorators:
            first = self.places.offset(decorators[0].lineno, decorators[0].col_offset)
            return self._last(self.words["@"], first)
        return self.places.offset(node.lineno, node.col_offset)

    def _case_start(self, case: ast.AST) -> int:
        """``except`` has a position; ``case`` is a soft keyword without one, in front of its pattern."""
        if hasattr(case, "lineno"):
            return self.places.offset(case.lineno, case.col_offset)
        pattern = self.places.offset(case.pattern.lineno, case.pattern.col_offset)
        return self.places.source.rindex("case", 0, pattern)

    def _is_elif(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and self.places.source.startswith("elif", self.start(node))

    @staticmethod
    def _last(positions: list[int], before: int) -> int:
        return positions[bisect_left(positions, before) - 1]
