"""The screen in front of the sandbox: what a chart program has no business with. A policy, not a wall.

It keeps honest programs honest (no network, no other process, no tampering with the recorder that shares their process)
and says which line to mend; the layers of ``jail.py`` hold whether or not it is fooled.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from verl_visual_sdpo.types import ProgramError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALLOWED_IMPORTS = _words("""
    matplotlib mpl_toolkits pylab numpy scipy pandas seaborn networkx squarify matplotlib_venn PIL cycler sklearn sympy
    statsmodels dateutil pytz tqdm
    __future__ abc argparse array bisect calendar cmath collections colorsys contextlib copy csv dataclasses datetime
    decimal enum fractions functools glob hashlib heapq io itertools json locale logging math numbers operator os
    pathlib platform pprint random re secrets statistics string struct sys tempfile textwrap time timeit traceback types
    typing typing_extensions unicodedata urllib uuid warnings zoneinfo
""")
"""Top-level modules that programs may import by default: what charts are drawn with, and harmless standard ones."""

FORBIDDEN_NAMES = _words("eval exec compile __import__ breakpoint __builtins__ __loader__ __spec__")
FORBIDDEN_ATTRIBUTES = _words("""
    __globals__ __code__ __closure__ __bases__ __base__ __mro__ __subclasses__ __builtins__ __import__ __loader__
    __spec__ __getattribute__ __reduce__ __reduce_ex__ __dict__
    _exit _getframe _current_frames settrace setprofile get_objects get_referrers
    f_back f_globals f_locals f_builtins tb_frame gi_frame cr_frame ag_frame
""")
"""Ways to other people's frames, modules and processes, wherever they are asked for."""
FORBIDDEN_MEMBERS = {
    "os": _words("""
        system popen fork forkpty kill killpg abort setuid setgid chroot posix_spawn posix_spawnp execl execle execlp
        execlpe execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe
    """),
    "sys": _words("modules meta_path path_hooks"),
}
"""Members of single modules, whose names mean other things elsewhere."""


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
    aliases = dict(pair for node in ast.walk(tree) if isinstance(node, ast.Import) for pair in _bound(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.lineno, f"use of {node.id!r} is not allowed"
        elif isinstance(node, ast.Attribute):
            module = aliases.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if node.attr in FORBIDDEN_ATTRIBUTES | FORBIDDEN_MEMBERS.get(module, frozenset()):
                yield node.lineno, f"use of attribute {node.attr!r} is not allowed"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in FORBIDDEN_ATTRIBUTES | FORBIDDEN_MEMBERS.get(node.module, frozenset()):
                    yield node.lineno, f"import of {alias.name!r} from {node.module!r} is not allowed"


def _tampering(tree: ast.Module) -> Iterator[Finding]:
    """Assignments to attributes of modules: the recorder lives in the same modules."""
    modules = {name for node in ast.walk(tree) if isinstance(node, ast.Import) for name, _ in _bound(node)}
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


def _bound(node: ast.Import) -> Iterator[tuple[str, str]]:
    """(name in the program, module it stands for)"""
    for alias in node.names:
        yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
