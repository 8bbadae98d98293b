"""Has the program changed what its figures are drawn and read with? Identities before it ran, compared afterwards.

Sealed are the functions and classes of the modules named below, what their classes hold, and the code, defaults and
captured variables of their functions. Data (caches, registries, rcParams) is not: it changes honestly.

Known limits: the seal shares the program's process, so a program can put things back in time, or patch the seal. The
picture that counts is therefore drawn elsewhere (``chart_derive``); the seal names, early, what honest programs never
do.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PACKAGES = frozenset({"matplotlib", "mpl_toolkits", "numpy", "PIL", "cycler", "kiwisolver"})
"""Sealed with all their modules that are loaded."""
MODULES = _words(
    """
    builtins io json json.encoder json.scanner pickle copyreg struct zlib os posix functools operator itertools types
    math gc copy contextlib threading collections re weakref
    """
)
"""Sealed one by one. ``sys``, ``warnings``, ``random`` and ``logging`` are there to be set."""
DRIVER = "chart"
"""How the names of the driver's own modules begin."""
_BOOKKEEPING = frozenset({"__abstractmethods__", "__doc__", "__annotations__", "_abc_impl", "__parameters__"})
_DATA = (type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, ModuleType)
_PARTS = tuple(map(operator.attrgetter, ("__code__", "__defaults__", "__kwdefaults__")))


class Seal:
    """Identities of what is sealed, as it is when this is made."""

    def __init__(self) -> None:
        self.loaded = len(sys.modules)
        self._spaces: list[tuple[str, Mapping[str, Any], dict[str, Any], list[int]]] = []
        self._functions: dict[int, FunctionType] = {}
        self._classes: dict[int, type] = {}
        for name, module in list(sys.modules.items()):
            if isinstance(module, ModuleType) and _sealed(name):
                self._keep(name, vars(module))
        functions = list(self._functions.values())
        self._parts = [list(map(read, functions)) for read in _PARTS]
        self._identities = [list(map(id, parts)) for parts in self._parts]
        self._cells = [(f, c, c.cell_contents) for f in functions for c in f.__closure__ or () if _filled(c)]

    def changes(self) -> Iterator[str]:
        """Dotted names of what is not what it was."""
        for name, space, before, identities in self._spaces:
            if list(map(id, space.values())) != identities:
                for key in before.keys() | space.keys():
                    old, new = before.get(key), space.get(key)
                    if old is not new and key not in _BOOKKEEPING and not (_is_data(old) and _is_data(new)):
                        yield f"{name}.{key}"
        functions = self._functions.values()
        for read, identities in zip(_PARTS, self._identities):
            now = list(map(id, map(read, functions)))
            if now != identities:
                yield from (_name(f) for f, old, new in zip(functions, identities, now) if old != new)
        for function, cell, content in self._cells:
            if not _filled(cell) or (cell.cell_contents is not content and not _is_data(content)):
                yield _name(function)

    def _keep(self, name: str, space: Mapping[str, Any]) -> None:
        before = dict(space)
        self._spaces.append((name, space, before, list(map(id, before.values()))))
        for value in before.values():
            if isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            elif isinstance(value, property):
                for accessor in (value.fget, value.fset):
                    if isinstance(accessor, FunctionType):
                        self._functions[id(accessor)] = accessor
            if isinstance(value, FunctionType):
                self._functions[id(value)] = value
            elif isinstance(value, type) and id(value) not in self._classes and _sealed(value.__module__):
                self._classes[id(value)] = value
                self._keep(f"{value.__module__}.{value.__qualname__}", vars(value))


def _sealed(module: str) -> bool:
    return module in MODULES or module.partition(".")[0] in PACKAGES or module.startswith(DRIVER)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _is_data(value: Any) -> bool:
    return isinstance(value, _DATA) or not (callable(value) or hasattr(type(value), "__get__"))


def _name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"
