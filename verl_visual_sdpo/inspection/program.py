"""From a response to a Program: the fenced code with exact offsets, and its statements with their spans.

Statements come from ``ast`` (whose columns are UTF-8 bytes) and end up as spans in characters of the response. A
compound statement owns its header only: decorators to the colon. ``except`` and ``case`` headers stand on their own
with their ``ast`` class name; ``else`` and ``finally``, which have no node, carry the keyword as kind.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left
from collections.abc import Iterator

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Program, ProgramError, Span, Statement

PYTHON_TAGS = frozenset({"python", "py", "python3", "py3", "matplotlib"})
PYTHON_DOMAINS = ("chart", "slide")
FILENAME = "<program>"
"""What tracebacks and warnings call the program; the drivers know its frames by it."""

# Invalid escapes and "is" with a literal are the program's own business. A standing filter for this one name, because
# ``catch_warnings`` is not thread-safe and programs are read in threads.
warnings.filterwarnings("ignore", module=FILENAME)

_FENCE = re.compile(r"(?:^|(?<=[\r\n]))[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>[^\r\n]*)(?=[\r\n]|\Z)")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"[\w+#-]+")


def extract_program(response: str, domain: str = "chart") -> Program:
    """The last fenced Python block of a response; without a Python tag anywhere, the last untagged block.

    An unclosed fence runs to the end. When there is no code the program is empty, has no statements, and its
    ``problem`` is of type ``NoProgram``. Raises InvalidInputError for a domain that is not written in Python.
    """
    blocks = list(_fenced_blocks(response))
    wanted = [b for b in blocks if b[0] in PYTHON_TAGS] or [b for b in blocks if not b[0]]
    if not wanted:
        return Program("", 0, (), ProgramError("NoProgram", "the response holds no fenced Python block"))
    _, start, end = wanted[-1]
    source = response[start:end]
    if not source.strip():
        return Program("", start, (), ProgramError("NoProgram", "the fenced Python block is empty"))
    return bare_program(source, domain, offset=start)


def bare_program(source: str, domain: str = "chart", *, offset: int = 0) -> Program:
    """The Program of a text that is code throughout, ``offset`` characters into its response.

    A program that does not compile keeps its statements where ``ast`` can still read them, else one statement of kind
    ``Line`` for each written line, so that the line the parser names can be blamed.
    """
    if domain not in PYTHON_DOMAINS:
        raise InvalidInputError(f"no program reader for domain {domain!r}; known domains: {', '.join(PYTHON_DOMAINS)}")
    problem, statements = None, None
    try:
        tree = ast.parse(source, FILENAME)
        statements = _statements(source, tree, offset)
        compile(source, FILENAME, "exec", dont_inherit=True)  # "return" outside a function passes the parser
    except SyntaxError as error:
        problem = ProgramError(type(error).__name__, error.msg, error.lineno)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:  # null bytes, absurd nesting
        problem = ProgramError("SyntaxError", str(error) or "too deeply nested to parse")
    if statements is None:
        statements = _line_statements(source, offset)
    return Program(source, offset, tuple(statements), problem)


class SourceMap:
    """Positions of a source text, between (1-based line, 0-based UTF-8 byte column) and character offsets."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]
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


# --------------------------------------------------------------------------- fences


def _fenced_blocks(response: str) -> Iterator[tuple[str, int, int]]:
    """(tag, start, end) of every fenced block; the newline before the closing fence belongs to the code."""
    opened: tuple[str, str, int] | None = None
    for match in _FENCE.finditer(response):
        marks, info = match["marks"], match["info"].strip()
        if opened is None:
            if marks[0] == "`" and "`" in info:
                continue  # inline code on a line of its own
            newline = _NEWLINE.match(response, match.end())
            tag = _TAG.search(info)
            opened = (marks, tag[0].lower() if tag else "", newline.end() if newline else match.end())
        elif not info and marks[0] == opened[0][0] and len(marks) >= len(opened[0]):
            yield opened[1], opened[2], match.start()
            opened = None
    if opened is not None:
        yield opened[1], opened[2], len(response)


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
