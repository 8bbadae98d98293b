"""Editing a program at one place: calls found with ``ast``, changes made to the text, every other byte kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from verl_visual_sdpo.inspection.program import SourceMap, syntax_tree
from verl_visual_sdpo.types import Span

PYPLOT = frozenset({"plt", "pyplot", "pylab"})
SHOWS = frozenset({"savefig", "show"})


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed program and where the planted statements begin and end in it."""

    text: str
    planted: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class Call:
    """A call ``receiver.name(...)`` (or ``name(...)``: receiver "") and the statement that makes it.

    ``body`` is the list of statements that the statement stands in; ``looped`` and ``helper`` say whether a loop or a
    function of the program surrounds it.
    """

    name: str
    receiver: str
    node: ast.Call
    statement: ast.stmt
    body: Sequence[ast.stmt]
    looped: bool
    helper: bool

    @property
    def axes(self) -> str:
        """An expression for the axes that the call speaks to."""
        return "plt.gca()" if self.receiver in PYPLOT else self.receiver

    @property
    def word(self) -> str:
        """The method's name in the words of an axes: ``plt.title`` is ``set_title``."""
        if self.receiver in PYPLOT and self.name in PYPLOT_SETTERS:
            return f"set_{self.name}"
        return self.name

    def keyword(self, *names: str) -> ast.keyword | None:
        return next((k for k in self.node.keywords if k.arg in names), None)

    @property
    def text(self) -> str | None:
        """The first argument where it is a plain string."""
        first = self.node.args[0] if self.node.args else None
        return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


PYPLOT_SETTERS = frozenset({"title", "xlabel", "ylabel", "xlim", "ylim", "xticks", "yticks", "xscale", "yscale"})


class Source:
    """A program's text with its calls; every edit returns a new text. Raises SyntaxError where it does not parse."""

    def __init__(self, text: str, panels: int = 1) -> None:
        """``panels``: how many it is known to draw."""
        self.text, self.panels = text, panels
        self.tree = syntax_tree(text)
        self.places = SourceMap(text)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Calls made by simple statements that have their lines to themselves, in the order of the text."""
        return tuple(self._calls(self.tree.body, looped=False, helper=False))

    def named(self, *words: str) -> list[Call]:
        """Calls of these methods, in the words of an axes (``set_title`` also finds ``plt.title``)."""
        return [call for call in self.calls if call.word in words]

    @cached_property
    def final(self) -> Call | None:
        """The last call that saves or shows, before which a late statement can be planted."""
        shows = [call for call in self.calls if call.name in SHOWS]
        return shows[-1] if shows else None

    # ------------------------------------------------------------------ places

    def start(self, node: ast.AST) -> int:
        return self.places.offset(node.lineno, node.col_offset)

    def end(self, node: ast.AST) -> int:
        return self.places.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.end(node)]

    def indent(self, statement: ast.stmt) -> str:
        line = self.places.starts[statement.lineno - 1]
        return self.text[line : self.start(statement)]

    # ------------------------------------------------------------------ edits

    def replaced(self, start: int, end: int, new: str, guilty: ast.stmt) -> Edit:
        """New text for a part of a statement, which is the planted one."""
        text = self.text[:start] + new + self.text[end:]
        return Edit(text, (Span(self.start(guilty), self.end(guilty) + len(new) - (end - start)),))

    def with_keyword(self, call: Call, name: str, value: str, *same: str) -> Edit:
        """The call with a keyword set; ``same`` are other names that matplotlib takes for it (size for fontsize)."""
        old = call.keyword(name, *same)
        if old is not None:
            return self.replaced(self.start(old.value), self.end(old.value), value, call.statement)
        close = self.end(call.node) - 1
        before = self.text[:close].rstrip()
        comma = "" if before.endswith(("(", ",")) else ", "
        return self.replaced(
            len(before), len(before), f"{comma}{' ' * before.endswith(',')}{name}={value}", call.statement
        )

    def with_argument(self, call: Call, position: int, new: str) -> Edit | None:
        """The call with another positional argument."""
        if position >= len(call.node.args) or isinstance(call.node.args[position], ast.Starred):
            return None
        old = call.node.args[position]
        return self.replaced(self.start(old), self.end(old), new, call.statement)

    def inserted(
        self, at: ast.stmt, lines: Sequence[str], *, before: bool = False, guilty: Sequence[int] = (0,)
    ) -> Edit:
        """Lines of their own before or after a statement, at its indentation; ``guilty`` are indices into them.

        Lines may be indented further; a planted span begins behind the indentation.
        """
        indent = self.indent(at)
        if before:
            position = self.places.starts[at.lineno - 1]
        else:
            line = at.end_lineno
            position = self.places.starts[line] if line < len(self.places.starts) else len(self.text)
        lead = "" if not position or self.text[position - 1] in "\r\n" else "\n"
        planted, new = [], lead
        for number, line in enumerate(lines):
            first = position + len(new) + len(indent) + len(line) - len(line.lstrip())
            if number in guilty:
                planted.append(Span(first, first + len(line.strip())))
            new += f"{indent}{line}\n"
        return Edit(self.text[:position] + new + self.text[position:], tuple(planted))

    def at_head(self, line: str) -> Edit | None:
        """A line of its own behind the last import at the head of the program."""
        imports = [s for s in self.tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
        if not imports or not self._alone(imports[-1]):
            return None
        return self.inserted(imports[-1], [line])

    def removed(self, statement: ast.stmt, body: Sequence[ast.stmt]) -> Edit | None:
        """The program without a statement; nothing planted remains to be blamed."""
        if len(body) < 2:
            return None
        starts = self.places.starts
        first = starts[statement.lineno - 1]
        last = starts[statement.end_lineno] if statement.end_lineno < len(starts) else len(self.text)
        return Edit(self.text[:first] + self.text[last:], ())

    # ------------------------------------------------------------------ finding

    def _calls(self, body: Sequence[ast.stmt], *, looped: bool, helper: bool) -> Iterator[Call]:
        for statement in body:
            nested = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
            if not any(nested):
                if isinstance(statement, (ast.Expr, ast.Assign)) and self._alone(statement):
                    yield from self._calls_of(statement, body, looped, helper)
                continue
            loops = looped or isinstance(statement, (ast.For, ast.While))
            helps = helper or isinstance(statement, (ast.FunctionDef, ast.ClassDef))
            for inner in nested:
                yield from self._calls(inner, looped=loops, helper=helps)

    def _calls_of(self, statement: ast.stmt, body: Sequence[ast.stmt], looped: bool, helper: bool) -> Iterator[Call]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield Call(node.func.attr, self.of(node.func.value), node, statement, body, looped, helper)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield Call(node.func.id, "", node, statement, body, looped, helper)

    def _alone(self, statement: ast.stmt) -> bool:
        """Nothing but indentation stands before it, nothing but a comment behind it, so that lines can be put there."""
        tail = self.text[self.end(statement) :].split("\n", 1)[0].strip()
        return not self.indent(statement).strip() and (not tail or tail.startswith("#"))
