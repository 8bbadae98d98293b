"""Backward slices through data (M. Weiser, "Program slicing", 1981): which statements made the values of a statement.

``labels = [...]`` draws nothing, so nothing on the picture is its own; but where the labels are too long it is the line
to mend. A slice finds it from ``ax.set_xticks(x, labels)`` by the name: definitions that may reach a use, in the text's
order.

Known limits: names only (no aliases, attributes or items of containers); a name counts as defined by the latest
assignment above it in its own function, else by those of the module; branches and loops are not followed back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verl_visual_sdpo.inspection.program import SourceMap, syntax_tree
from verl_visual_sdpo.types import Program

HOPS = 3  # definitions of definitions of definitions
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_CHANGING = frozenset({"append", "extend", "insert", "update", "sort", "reverse", "add", "pop", "remove", "setdefault"})


@dataclass
class _Scope:
    """Where names are defined: (position, statement id), in the text's order."""

    outer: _Scope | None = None
    defined: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def definitions(self, name: str, before: int) -> list[int]:
        """The latest definition above, and what changed the value since then."""
        if name not in self.defined:
            return self.outer.definitions(name, 1 << 60) if self.outer else []
        above = [statement for at, statement in self.defined[name] if at < before]
        return above[-1:] or [self.defined[name][0][1]]


def data_sources(program: Program) -> Mapping[int, Mapping[int, int]]:
    """For each statement those that its values come from, with the number of hops (1: by name, 2: of those, ...).

    Imports and definitions of functions are no data. Empty for a program that does not parse.
    """
    try:
        tree = syntax_tree(program.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    reader = _Reader(program)
    reader.read(tree.body, _Scope())
    direct = {
        statement: {source for name in names for source in scope.definitions(name, at)} - {statement}
        for statement, at, names, scope in reader.uses
    }
    return {statement: _closure(statement, direct) for statement in direct}


def _closure(start: int, direct: Mapping[int, set[int]]) -> dict[int, int]:
    hops: dict[int, int] = {}
    front = {start}
    for hop in range(1, HOPS + 1):
        front = {source for statement in front for source in direct.get(statement, ())} - hops.keys() - {start}
        hops |= dict.fromkeys(front, hop)
    return hops


class _Reader:
    """Walks the statements in the text's order and notes what each defines and uses."""

    def __init__(self, program: Program) -> None:
        self.places = SourceMap(program.source)
        self.offset = program.offset
        self.ids = {statement.span.start: statement.id for statement in program.statements}
        self.uses: list[tuple[int, int, set[str], _Scope]] = []

    def read(self, body: list[ast.stmt], scope: _Scope) -> None:
        for node in body:
            at = self.places.offset(node.lineno, node.col_offset)
            statement = self.ids.get(self.offset + at)
            inner = _Scope(scope) if isinstance(node, _SCOPES) else scope
            if statement is not None and not isinstance(node, (ast.Import, ast.ImportFrom, *_SCOPES)):
                own = list(_own_nodes(node))
                used = {n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    used.add(node.target.id)
                self.uses.append((statement, at, used, scope))
                for name in _defined(node, own):
                    scope.defined.setdefault(name, []).append((at, statement))
            for block in ("body", "orelse", "finalbody"):
                self.read(getattr(node, block, None) or [], inner)
            for case in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                self.read(case.body, scope)


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement itself, without the statements in its blocks."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from ast.walk(child)


def _defined(statement: ast.stmt, own: list[ast.AST]) -> set[str]:
    """Names that get a value; a list that something is appended to gets a new one, too."""
    names = {n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in own:
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            names |= {node.value.id} if isinstance(node.value, ast.Name) and isinstance(node, ast.Subscript) else set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            names |= {node.func.value.id} if isinstance(node.func.value, ast.Name) else set()
    return names
