"""The screen in front of the sandbox: what a chart program has no business with. A policy, not a wall.

It keeps honest programs honest (no network, no other process, no tampering with the recorder that shares their process)
and says which line to mend; the layers of ``jail.py`` hold whether or not it is fooled, and the picture that counts is
drawn where the program never ran (``render/audit.py``). It reads the source and nothing else: what is made up while
running, ``render/drivers/program_guard.py`` asks again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from verl_visual_sdpo.inspection.program import syntax_tree
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
FORBIDDEN_SUBMODULES = _words("""
    logging.config logging.handlers numpy.ctypeslib numpy.f2py numpy.distutils matplotlib.testing matplotlib._api
    pandas.io.pickle pandas.io.clipboard PIL.ImageMath
""")
"""Parts of allowed packages that run code from texts or files, start processes, or patch classes."""

FORBIDDEN_NAMES = _words("eval exec compile __import__ breakpoint __builtins__ __loader__ __spec__")
REACHING = _words("getattr setattr delattr vars globals locals")
"""Builtins that reach things by name: to be called, never handed on."""
FORBIDDEN_ATTRIBUTES = _words("""
    __globals__ __code__ __closure__ __bases__ __base__ __mro__ __subclasses__ __builtins__ __import__ __loader__
    __spec__ __getattribute__ __reduce__ __reduce_ex__ __dict__ __setattr__ __delattr__ __self__ __func__ __defaults__
    __kwdefaults__ __traceback__ __context__ __cause__ __setstate__ cell_contents
    _exit _getframe _current_frames settrace setprofile get_objects get_referrers get_referents addaudithook
    f_back f_globals f_locals f_builtins f_code tb_frame tb_next gi_frame cr_frame ag_frame gi_code cr_code
    currentframe walk_stack walk_tb getouterframes getinnerframes
    read_pickle Unpickler unsafe_eval get_field get_type_hints ForwardRef FunctionType LambdaType CodeType CellType
    FileIO open_code fdopen ctypeslib f2py _setattr_cm define_aliases
""")
"""Ways to other people's frames, modules and processes, and to code out of data, wherever they are asked for."""
ALLOWED_MEMBERS = {
    "os": _words("""
        path makedirs mkdir getcwd listdir scandir walk environ getenv sep linesep pathsep altsep curdir extsep devnull
        remove unlink rename replace rmdir removedirs stat name cpu_count getpid urandom fspath PathLike access
        F_OK R_OK W_OK X_OK get_terminal_size uname expanduser chdir DirEntry error
    """),
    "sys": _words("""
        argv exit stdout stderr stdin version version_info maxsize float_info int_info platform executable byteorder
        path prefix getsizeof getrecursionlimit setrecursionlimit getdefaultencoding getfilesystemencoding maxunicode
        implementation flags hexversion exc_info ps1
    """),
}
"""Members of the modules that hold much else besides."""
MODULES = _words("""
    sys os gc inspect ctypes subprocess importlib builtins pickle threading _thread socket shutil atexit copyreg marshal
    runpy multiprocessing asyncio concurrent weakref
""")
"""Modules that nearly every module of a library has imported, and hands on under these names."""
_PATCHERS = _words("update_wrapper dataclass total_ordering")
_FORMAT_OF_DUNDER = re.compile(r"\{[^{}]*[.\[]\s*_")


def screen(source: str, allowed_imports: Collection[str] = ALLOWED_IMPORTS) -> ProgramError | None:
    """The first thing in a program that the policy forbids, or None. The source must parse."""
    tree = syntax_tree(source)
    names = _Names(tree)
    findings = [
        *_forbidden_imports(tree, allowed_imports),
        *_forbidden_names(tree, names),
        *_reached_by_text(tree, names),
        *_tampering(tree, names),
    ]
    if not findings:
        return None
    line, message = min(findings)
    return ProgramError("Forbidden", message, line)


def imported_modules(source: str) -> list[str]:
    """Every module that a program imports, dotted, in the order of appearance. The source must parse."""
    names: dict[str, None] = {}
    for node in ast.walk(syntax_tree(source)):
        if isinstance(node, ast.Import):
            names.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names[node.module] = None
    return list(names)


Finding = tuple[int, str]


class _Names:
    """What names of the program stand for things of the libraries: imported ones, and plain aliases of those."""

    def __init__(self, tree: ast.AST) -> None:
        self.modules: dict[str, str] = {}  # name -> what was imported, dotted
        self.classes: set[str] = set()  # names for type(...) or ....__class__
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.modules.update(_bound(node))
            elif isinstance(node, ast.ImportFrom):
                self.modules.update((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
        for node in ast.walk(tree):  # in the order of the source, so that aliases of aliases are known
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._alias(target, node.value)

    def _alias(self, target: ast.expr, value: ast.expr) -> None:
        if not isinstance(target, ast.Name):
            return
        dotted = self.dotted(value)
        if _is_type_of(value) or _last(dotted or "")[:1].isupper():
            self.classes.add(target.id)
        elif dotted is not None and isinstance(value, ast.Name):
            self.modules.setdefault(target.id, dotted)

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name of an attribute chain that begins at an import, else None."""
        if isinstance(node, ast.Attribute):
            head = self.dotted(node.value)
            return None if head is None else f"{head}.{node.attr}"
        return self.modules.get(node.id) if isinstance(node, ast.Name) else None


def _forbidden_imports(tree: ast.AST, allowed: Collection[str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." if node.level else node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            if any(alias.name == "*" for alias in node.names) and module in (*ALLOWED_MEMBERS, "io", "types"):
                yield node.lineno, f"import of everything from {module!r} is not allowed"
        for name in names:
            if name.split(".")[0] not in allowed:
                yield node.lineno, f"import of {name!r} is not allowed; allowed are the plotting and data libraries"
            elif any(name == part or name.startswith(part + ".") for part in FORBIDDEN_SUBMODULES):
                yield node.lineno, f"import of {name!r} is not allowed"


def _forbidden_names(tree: ast.AST, names: _Names) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.lineno, f"use of {node.id!r} is not allowed"
        elif isinstance(node, ast.Attribute) and not _is_of_super(node) and _is_forbidden(node, names):
            yield node.lineno, f"use of attribute {node.attr!r} is not allowed"
        elif isinstance(node, ast.ImportFrom):
            members = ALLOWED_MEMBERS.get(node.module or "")
            for alias in node.names:
                inside = alias.name in FORBIDDEN_ATTRIBUTES | MODULES
                if inside or (members is not None and alias.name not in members):
                    yield node.lineno, f"import of {alias.name!r} from {node.module!r} is not allowed"


def _is_forbidden(node: ast.Attribute, names: _Names) -> bool:
    if node.attr in FORBIDDEN_ATTRIBUTES:
        return True
    owner = names.dotted(node.value)
    if owner in ALLOWED_MEMBERS:
        return node.attr not in ALLOWED_MEMBERS[owner]
    return owner is not None and node.attr.lstrip("_") in MODULES


def _reached_by_text(tree: ast.AST, names: _Names) -> Iterator[Finding]:
    """Things asked for by a text: ``getattr``, ``attrgetter``, ``"{0.__class__}".format``, pickles, ``timeit``."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    asked = {id(side) for node in ast.walk(tree) if isinstance(node, ast.Compare) for side in node.comparators}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in REACHING and id(node) not in called:
            yield node.lineno, f"handing on {node.id!r} is not allowed; call it"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _FORMAT_OF_DUNDER.search(node.value):
            yield node.lineno, "a format that asks for private attributes is not allowed"
        elif isinstance(node, ast.Call):
            yield from _calls(node, names, asked)


def _calls(node: ast.Call, names: _Names, asked: set[int]) -> Iterator[Finding]:
    function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    by_name = isinstance(node.func, ast.Name)
    if by_name and function in ("globals", "locals") and id(node) not in asked:
        yield node.lineno, f"use of {function!r} is not allowed, but in a test such as 'x' in {function}()"
    if by_name and function in ("getattr", "setattr", "delattr"):
        reached = ast.Attribute(node.args[0], texts[0], ast.Load()) if node.args and texts else None
        if reached is not None and _is_forbidden(reached, names):
            yield node.lineno, f"use of attribute {texts[0]!r} is not allowed"
        if function != "getattr" and node.args and _is_library(node.args[0], names):
            yield node.lineno, f"{function} on {ast.unparse(node.args[0])!r}, which is the library's, is not allowed"
    if function in ("attrgetter", "methodcaller"):
        parts = {part for text in texts for part in text.split(".")}
        if len(texts) < 1 or (function == "attrgetter" and len(texts) != len(node.args)):
            yield node.lineno, f"{function!r} of a name that is not spelled out is not allowed"
        elif wrong := parts & (FORBIDDEN_ATTRIBUTES | MODULES):
            yield node.lineno, f"use of attribute {min(wrong)!r} is not allowed"
    if any(k.arg == "allow_pickle" and getattr(k.value, "value", True) is not False for k in node.keywords):
        yield node.lineno, "reading pickles (allow_pickle) is not allowed: they run what is in them"
    if function in _PATCHERS and any(_is_library(argument, names) for argument in node.args[:1]):
        yield node.lineno, f"{function!r} of {ast.unparse(node.args[0])!r}, which is the library's, is not allowed"
    if (names.dotted(node.func) or "").startswith("timeit.") and (texts or _has_built_text(node)):
        yield node.lineno, "timing code that is given as a text is not allowed; give a function"
    if function == "open" and node.args and isinstance(node.args[0], ast.Constant) and type(node.args[0].value) is int:
        yield node.lineno, "opening a descriptor by its number is not allowed"


def _tampering(tree: ast.Module, names: _Names) -> Iterator[Finding]:
    """Assignments to attributes of modules and of the libraries' classes: the recorder lives in the same ones."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [getattr(node, "target", None)]
        targets += [item.optional_vars for item in getattr(node, "items", ())] if isinstance(node, ast.With) else []
        for target in (t for top in targets if isinstance(top, ast.expr) for t in _written(top)):
            if not isinstance(target, ast.Attribute):
                continue
            spelled = ast.unparse(target)
            if target.attr == "__class__":
                yield target.lineno, f"assignment to {spelled!r} is not allowed"
            elif _is_library(target.value, names) and not _is_setting(target, names):
                what = "an attribute of a module" if isinstance(target.value, ast.Name) else "which is the library's"
                yield target.lineno, f"assignment to {spelled!r}, {what}, is not allowed"


def _is_library(node: ast.expr, names: _Names) -> bool:
    """Whether an expression is a module or a class that the program has not made (as far as the source tells)."""
    if isinstance(node, ast.Name) and node.id in names.classes:
        return True
    return names.dotted(node) is not None or _is_type_of(node)


def _is_type_of(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "__class__"
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "type"
        and len(node.args) == 1
    )


def _is_setting(target: ast.Attribute, names: _Names) -> bool:
    """``Image.MAX_IMAGE_PIXELS = None``, ``pd.options.display.width = 80``: there to be set."""
    return target.attr.isupper() or ".options." in (names.dotted(target) or "")


def _is_of_super(node: ast.Attribute) -> bool:
    """``super().__setattr__(...)``: a class of the program's own, about its own instances."""
    value = node.value
    own = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    return own and node.attr in ("__setattr__", "__delattr__", "__setstate__")


def _has_built_text(node: ast.Call) -> bool:
    return any(isinstance(a, (ast.JoinedStr, ast.BinOp)) for a in node.args)


def _written(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _written(item)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _bound(node: ast.Import) -> Iterator[tuple[str, str]]:
    """(name in the program, module it stands for)"""
    for alias in node.names:
        yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
