"""Slots: literals of a program that something on a slide depends on, found by changing them.

A number, a colour or a text that stands in a simple statement is changed a little, the program runs once more, and what
differs in the deck that it saves is what that statement decides. So whose fault a change is, is known without tracing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from verl_visual_sdpo.benchmarks.defectbench.editing import Edit, Source
from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Shape
from verl_visual_sdpo.benchmarks.defectbench.slide.real import SavedDeck
from verl_visual_sdpo.inspection.program import syntax_tree

NUMBER, COLOR, TEXT, LAYOUT = "number", "color", "text", "layout"
NAMED = "named value"
UNITS = frozenset({"Inches", "Pt", "Emu", "Cm", "Mm"})
SIZES = ("left", "top", "width", "height", "size")
MOST_TOUCHED = 12
"""A literal that more shapes depend on is left alone: one mistake should not spoil a whole deck."""
_HEX = re.compile(r"#?[0-9A-Fa-f]{6}")
_PROBE_TEXT = "Some other words"


@dataclass(frozen=True, eq=False)
class Slot:
    """A literal. ``mechanism`` is how its value reaches the slide: a call of python-pptx, an assignment to a property,
    a call of a function of the program, or a named value (a constant, a list) that others use."""

    role: str
    node: ast.expr
    statement: ast.stmt
    mechanism: str
    unit: str = ""

    @property
    def value(self) -> float | str:
        return self.node.value if isinstance(self.node, ast.Constant) else ast.unparse(self.node)


@dataclass(frozen=True, slots=True)
class Effect:
    """A shape that depends on a slot: ``prop`` of it changes, by ``slope`` a unit of the number (0: not a number)."""

    page: int
    index: int
    prop: str
    slope: float = 0.0


class Slots:
    """The slots of a program. Raises SyntaxError where it does not parse."""

    def __init__(self, text: str) -> None:
        self.source = Source(text)
        self._functions = {n.name for n in ast.walk(self.source.tree) if isinstance(n, ast.FunctionDef)}

    @cached_property
    def all(self) -> tuple[Slot, ...]:
        simple = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)
        nodes = [node for node in ast.walk(self.source.tree) if isinstance(node, simple) and node.value is not None]
        return tuple(slot for statement in nodes for slot in self._of(statement, statement.value, ""))

    def edit(self, slot: Slot, literal: str) -> Edit:
        """The program with another literal in a slot."""
        start, end = self.source.start(slot.node), self.source.end(slot.node)
        return self.source.replaced(start, end, literal, slot.statement)

    def users(self, slot: Slot, edit: Edit) -> tuple[int, ...]:
        """Of a named value the lines (of the edited program) that use the name: they share its fault."""
        if slot.mechanism != NAMED:
            return ()
        names = {n.id for n in ast.walk(slot.statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        uses = (n for n in ast.walk(syntax_tree(edit.text)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        return tuple(sorted({n.lineno for n in uses if n.id in names}))

    def probe(self, slot: Slot) -> tuple[str, float]:
        """Another literal, and by how much the number is larger (0: not a number)."""
        if slot.role == COLOR:
            return colored(slot, (1, 2, 3)), 0.0
        if slot.role == TEXT:
            return repr(_PROBE_TEXT), 0.0
        by = 0.1 * abs(slot.value) + 0.1
        if isinstance(slot.value, int) and not slot.unit:
            by = max(round(by), 1)
        return repr(slot.value + by), by

    # ------------------------------------------------------------------ finding

    def _of(self, statement: ast.stmt, node: ast.AST, unit: str, helper: bool = False) -> Iterator[Slot]:
        if isinstance(node, (ast.JoinedStr, ast.Lambda, ast.comprehension)):
            return
        if isinstance(node, ast.Subscript):
            yield from self._layout(statement, node)
            yield from self._of(statement, node.value, unit, helper)
            return
        role = self._role(node)
        if role:
            yield Slot(role, node, statement, self._mechanism(statement, helper), unit)
            return
        if isinstance(node, ast.Call):
            name = _called(node)
            if name == "range":
                return
            unit, helper = name if name in UNITS else unit, helper or name in self._functions
        for child in ast.iter_child_nodes(node):
            yield from self._of(statement, child, unit, helper)

    def _layout(self, statement: ast.stmt, node: ast.Subscript) -> Iterator[Slot]:
        if getattr(node.value, "attr", "") == "slide_layouts" and isinstance(node.slice, ast.Constant):
            yield Slot(LAYOUT, node.slice, statement, "call")

    @staticmethod
    def _role(node: ast.AST) -> str:
        if isinstance(node, ast.Call) and _called(node) == "RGBColor" and len(node.args) == 3:
            return COLOR if all(isinstance(arg, ast.Constant) for arg in node.args) else ""
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            return ""
        if isinstance(node.value, (int, float)):
            return NUMBER
        if not isinstance(node.value, str):
            return ""
        return COLOR if _HEX.fullmatch(node.value) else TEXT if len(node.value.split()) >= 2 else ""

    def _mechanism(self, statement: ast.stmt, helper: bool) -> str:
        if helper:
            return "helper call"
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if all(isinstance(target, (ast.Name, ast.Tuple)) for target in targets):
            calls = {_called(n) for n in ast.walk(statement.value) if isinstance(n, ast.Call)}
            return NAMED if calls <= UNITS | {"RGBColor", "from_string"} else "call"
        return "call" if isinstance(statement, ast.Expr) else "assignment"


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def colored(slot: Slot, color: tuple[int, int, int]) -> str:
    """The literal of another colour, written as the slot's is."""
    if isinstance(slot.node, ast.Call):
        return f"{ast.unparse(slot.node.func)}({', '.join(map(str, color))})"
    return repr("#" * slot.value.startswith("#") + "{:02X}{:02X}{:02X}".format(*color))


def numbered(slot: Slot, value: float) -> str:
    """The literal of another number: whole where the slot's is and no unit says that it need not be."""
    whole = isinstance(slot.value, int) and (not slot.unit or slot.unit == "Emu")
    return repr(round(value) if whole else round(value, 3))


def effects(before: SavedDeck, after: SavedDeck, by: float) -> tuple[Effect, ...]:
    """What differs between two decks of the same shapes; nothing where they have other shapes, or too much differs."""
    found: list[Effect] = []
    if [len(page) for page in before.slides] != [len(page) for page in after.slides]:
        return ()
    touched = 0
    for page, (old, new) in enumerate(zip(before.slides, after.slides)):
        for index, (a, b) in enumerate(zip(old, new)):
            if a.mark != b.mark:
                touched += 1
                found += [Effect(page, index, prop, by and change / by) for prop, change in _changed(a, b)]
    return tuple(found) if touched <= MOST_TOUCHED else ()


def _changed(a: Shape, b: Shape) -> Iterator[tuple[str, float]]:
    if a.words != b.words:
        yield "text", 0.0
    if a.colors != b.colors:
        yield "color", 0.0
    for prop in SIZES:
        change = current(b, prop) - current(a, prop)
        if abs(change) > 0.02:
            yield prop, change


def current(shape: Shape, prop: str) -> float:
    """The number that a property has, px or pt; 0 for one that is no number."""
    if prop == "size":
        return max(shape.sizes, default=0.0)
    return float(getattr(shape.box, prop, 0.0))
