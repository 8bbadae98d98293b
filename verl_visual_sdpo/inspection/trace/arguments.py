"""Which frame of a call chain chose a value: the helper that wrote it, or a caller that passed it in.

``def card(slide, left): slide.shapes.add_textbox(left, ...)`` writes what it is given: where a card stands wrong, what
has to change is the call, ``card(slide, Inches(12))``. Where the helper writes a value of its own, it is the helper.

Known limits: read from the text, not from the run. Names only (no attributes of ``self``, no items of containers); all
assignments to a name in its function count, whatever their order; functions that are called by another name than their
own count as having chosen themselves, unless a wrapper hands its ``*args, **kwargs`` on to them, as decorators do. A
call without keywords has all its values in one bag: the one that the defect is about cannot be told from the others.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from verl_visual_sdpo.inspection.program import SourceMap, syntax_tree
from verl_visual_sdpo.types import Program

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CONCERNS = {
    "size": frozenset({"size", "fontsize", "width", "height", "figsize", "s", "linewidth", "lw", "ms", "markersize"}),
    "color": frozenset({"color", "c", "facecolor", "fc", "edgecolor", "ec", "alpha", "fill", "cmap"}),
    "font": frozenset({"font", "fontname", "family", "fontfamily", "weight", "fontweight", "style", "fontstyle"}),
    "text": frozenset({"text", "s", "label", "labels", "title"}),
    "rotation": frozenset({"rotation", "angle"}),
    "order": frozenset({"zorder"}),
    "left": frozenset({"left", "x", "xy", "xytext", "loc", "bbox_to_anchor", "ha"}),
    "top": frozenset({"top", "y", "xy", "xytext", "loc", "bbox_to_anchor", "va", "pad"}),
}
"""Keywords of a drawing call that say what a property is to be."""
CONCERNS["position"] = CONCERNS["left"] | CONCERNS["top"]
_ANY = frozenset().union(*CONCERNS.values())


@dataclass
class _Function:
    """A function of the program: its name as called, its parameters in order, and what its local names come from."""

    name: str
    parameters: tuple[str, ...]
    bound: bool  # the first one is given by the call's object
    values: dict[str, list[ast.expr]] = field(default_factory=dict)

    def given(self, values: Iterable[ast.expr]) -> set[str]:
        """The parameters that values are made from, through local names too."""
        found: set[str] = set()
        front = {name for value in values for name in _names(value)}
        while front:
            found |= front
            front = {n for name in front for value in self.values.get(name, ()) for n in _names(value)} - found
        return found & set(self.parameters[1:] if self.bound else self.parameters)

    def passed(self, caller: ast.stmt, wanted: set[str]) -> list[ast.expr]:
        """What the calls of this function in a statement pass for the wanted parameters."""
        return [value for call in _calls(caller, self.name) for value in self._passed(call, wanted)]

    def _passed(self, call: ast.Call, wanted: set[str]) -> Iterator[ast.expr]:
        names = self.parameters[1:] if self.bound else self.parameters
        for at, value in enumerate(call.args):
            if isinstance(value, ast.Starred) or at >= len(names) or names[at] in wanted:
                yield value
        yield from (k.value for k in call.keywords if k.arg is None or k.arg in wanted or k.arg not in names)


class Arguments:
    """Reads a program once, when it is first asked."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def chosen_at(self, chain: Sequence[int], prop: str) -> int:
        """The depth in a call chain (statement ids, the deepest frame first) at which a value was chosen.

        ``prop`` is what was written (``Owner.prop``), "*" for anything. 0 for a program that does not parse.
        """
        depth, values = 0, None
        while depth + 1 < len(chain) and chain[depth] in self._places and chain[depth + 1] in self._places:
            node, function = self._places[chain[depth]]
            if function is None:
                break
            wanted = function.given(_written(node, prop) if values is None else values)
            caller = self._caller(chain, depth, function)
            values = function.passed(self._places[chain[caller]][0], wanted) if wanted else []
            if not values:
                break
            depth = caller
        return depth

    def _caller(self, chain: Sequence[int], depth: int, function: _Function) -> int:
        """The depth of the call of a function, past wrappers that only hand on what they were called with."""
        at = depth + 1
        while at + 1 < len(chain) and chain[at + 1] in self._places:
            node, wrapper = self._places[chain[at]]
            if wrapper is None or any(_calls(node, function.name)) or not _hands_on(node, wrapper.parameters):
                break
            at += 1
        return at

    @cached_property
    def _places(self) -> dict[int, tuple[ast.stmt, _Function | None]]:
        try:
            tree = syntax_tree(self._program.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}
        places, offset = SourceMap(self._program.source), self._program.offset
        ids = {statement.span.start: statement.id for statement in self._program.statements}
        found = {}
        for node, function in _statements(tree.body, None, None):
            at = ids.get(offset + places.offset(node.lineno, node.col_offset))
            if at is not None:
                found[at] = node, function
        return found


def _statements(
    body: list[ast.stmt], function: _Function | None, owner: str | None
) -> Iterator[tuple[ast.stmt, _Function | None]]:
    """All statements with the function that they run in; ``owner`` is the class around them."""
    for node in body:
        yield node, function
        if isinstance(node, _FUNCTIONS):
            inner = _function(node, owner)
            yield from _statements(node.body, inner, None)
            continue
        if function is not None:
            for name, value in _defined(node):
                function.values.setdefault(name, []).append(value)
        inside = node.name if isinstance(node, ast.ClassDef) else owner
        for block in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, block, None) or [], function, inside)
        for case in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(case.body, function, inside)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str | None) -> _Function:
    arguments = node.args
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    rest = [a.arg for a in (arguments.vararg, *arguments.kwonlyargs, arguments.kwarg) if a is not None]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    name = owner if owner is not None and node.name == "__init__" else node.name
    return _Function(name, (*named, *rest), owner is not None and not static)


def _defined(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Names that a statement gives a value, each with the expression it comes from."""
    pairs: list[tuple[ast.expr, ast.expr | None]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        pairs = [(node.target, node.value)]
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
    for expression in _expressions(node):
        for part in ast.walk(expression):
            if isinstance(part, ast.comprehension):
                pairs.append((part.target, part.iter))
            elif isinstance(part, ast.NamedExpr):
                pairs.append((part.target, part.value))
    for target, value in pairs:
        if value is not None:
            yield from ((n.id, value) for n in ast.walk(target) if isinstance(n, ast.Name) and _stores(n))


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _expressions(node: ast.stmt) -> list[ast.AST]:
    """The expressions of a statement itself, without the statements in its blocks."""
    blocks = (ast.stmt, ast.ExceptHandler, ast.match_case)
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, blocks)]


def _names(value: ast.AST) -> set[str]:
    """Names that a value is made from: not those of the functions that it goes through."""
    called = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and id(n) not in called}


def _calls(node: ast.stmt, name: str) -> Iterator[ast.Call]:
    for expression in _expressions(node):
        for part in ast.walk(expression):
            if isinstance(part, ast.Call) and name in (getattr(part.func, "id", ""), getattr(part.func, "attr", "")):
                yield part


def _hands_on(node: ast.stmt, parameters: Collection[str]) -> bool:
    """Whether a statement calls something with all the ``*args`` and ``**kwargs`` of the function that it stands in."""
    calls = (n for expression in _expressions(node) for n in ast.walk(expression) if isinstance(n, ast.Call))
    for call in calls:
        starred = [a.value for a in call.args if isinstance(a, ast.Starred)]
        starred += [k.value for k in call.keywords if k.arg is None]
        if len(starred) == 2 and all(isinstance(one, ast.Name) and one.id in parameters for one in starred):
            return True
    return False


def _written(node: ast.stmt, prop: str) -> list[ast.expr]:
    """The values that a statement writes: the right side of ``shape.left = ...``, the arguments of a call.

    Of a call with keywords that concern the property, those only; else all but what concerns another one.
    """
    value = getattr(node, "value", None)
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not all(isinstance(target, (ast.Name, ast.Tuple)) for target in targets):
            return [node.value]
    found: list[ast.expr] = []
    while isinstance(value, (ast.Call, ast.Attribute)):  # a chain: shapes.add_textbox(...).text_frame
        if isinstance(value, ast.Call):
            about = [k.value for k in value.keywords if k.arg in CONCERNS.get(prop, ())]
            others = [k.value for k in value.keywords if prop == "*" or k.arg not in _ANY]
            found += about or [*value.args, *others]
            value = value.func
        else:
            value = value.value
    return found
