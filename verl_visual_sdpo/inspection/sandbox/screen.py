"""The screen in front of the sandbox: what a chart program has no business with. A policy, not a wall.

It keeps honest programs honest (no network, no other process, no tampering with the recorder that shares their process)
and says which line to mend; the layers of ``jail.py`` hold whether or not it is fooled.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from verl_visual_sdpo.types import ProgramError

ALLOWED_IMPORTS = frozenset(
    # what charts are drawn with
    "matplotlib mpl_toolkits pylab numpy scipy pandas seaborn networkx squarify matplotlib_venn PIL cycler sklearn sympy "
    "statsmodels dateutil pytz tqdm "
    # the harmless part of the standard library
    "__future__ abc argparse array bisect calendar cmath collections colorsys contextlib copy csv dataclasses datetime "
    "decimal enum fractions functools glob hashlib heapq io itertools json locale logging math numbers operator os pathlib "
    "platform pprint random re secrets statistics string struct sys tempfile textwrap time timeit traceback types typing "
    "typing_extensions unicodedata urllib uuid warnings zoneinfo".split()
)
"""Top-level modules that programs may import by default."""

FORBIDDEN_NAMES = frozenset({"eval", "exec", "compile", "__import__", "breakpoint", "__builtins__", "__loader__"})
FORBIDDEN_ATTRIBUTES = frozenset(
    # processes and privileges
    "system popen fork forkpty execv execve execvp execvpe execl execle execlp execlpe spawnl spawnv posix_spawn kill killpg "
    "_exit abort setuid setgid chroot ptrace ctypeslib "
    # other people's frames and modules
    "_getframe _current_frames settrace setprofile modules meta_path path_hooks f_back f_globals f_locals f_builtins "
    "gi_frame tb_frame cr_frame ag_frame get_objects get_referrers "
    # pickles run code
    "load_module exec_module".split()
)
ALLOWED_DUNDERS = frozenset(
    [
        "__name__",
        "__file__",
        "__doc__",
        "__init__",
        "__class__",
        "__len__",
        "__version__",
        "__call__",
        "__str__",
        "__repr__",
        "__iter__",
        "__next__",
        "__add__",
        "__sub__",
        "__mul__",
        "__eq__",
        "__hash__",
        "__getitem__",
        "__setitem__",
        "__contains__",
        "__enter__",
        "__exit__",
        "__post_init__",
        "__all__",
        "__annotations__",
        "__slots__",
        "__format__",
        "__bool__",
        "__lt__",
        "__gt__",
        "__le__",
        "__ge__",
        "__missing__",
        "__main__",
    ]
)


def screen(source: str, allowed_imports: Collection[str] = ALLOWED_IMPORTS) -> ProgramError | None:
    """The first thing in a program that the policy forbids, or None. The source must parse."""
    tree = ast.parse(source)
    findings = [*_forbidden_imports(tree, allowed_imports), *_forbidden_names(tree), *_tampering(tree)]
    if not findings:
        return None
    line, message = min(findings)
    return ProgramError("Forbidden", message, line)


def imported_modules(source: str) -> list[str]:
    """Every module that a program imports, dotted, in the order of appearance. The source must parse."""
    names: dict[str, None] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names[node.module] = None
    return list(names)


Finding = tuple[int, str]


def _forbidden_imports(tree: ast.AST, allowed: Collection[str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." if node.level else node.module or ""]
        for name in names:
            if name.split(".")[0] not in allowed:
                yield node.lineno, f"import of {name!r} is not allowed; allowed are the plotting and data libraries"


def _forbidden_names(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.lineno, f"use of {node.id!r} is not allowed"
        elif isinstance(node, ast.Attribute):
            dunder = node.attr.startswith("__") and node.attr.endswith("__") and node.attr not in ALLOWED_DUNDERS
            if dunder or node.attr in FORBIDDEN_ATTRIBUTES:
                yield node.lineno, f"use of attribute {node.attr!r} is not allowed"


def _tampering(tree: ast.Module) -> Iterator[Finding]:
    """Assignments to attributes of modules: the recorder lives in the same modules."""
    modules = {name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in _bound(node)}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [getattr(node, "target", None)]
        for target in (t for top in targets if top is not None for t in _written(top)):
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in modules:
                owner = f"{target.value.id}.{target.attr}"
                yield target.lineno, f"assignment to {owner!r}, an attribute of a module, is not allowed"


def _written(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _written(item)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def _bound(node: ast.Import) -> Iterator[str]:
    for alias in node.names:
        yield alias.asname or alias.name.split(".")[0]
