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
DRIVER = ("chart", "program_")
"""How the names of the driver's own modules begin."""
_BOOKKEEPING = frozenset({"__abstractmethods__", "__doc__", "__annotations__", "_abc_impl", "__parameters__"})
_DATA = (type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, ModuleType)
_PARTS = tuple(map(operator.attrgetter, ("__code__", "__defaults__", "__kwdefaults__")))


class Seal:
    """Identities of what is sealed, as it is when it is put under the seal.

    Looking at an object writes to it (its reference count), so a forked process that compares everything copies most
    of its parent's memory, some 25 ms: a seal covers what its holder can be harmed by, and is checked where it counts.
    """

    def __init__(self) -> None:
        self._spaces: list[tuple[str, Mapping[str, Any], dict[str, Any], list[int]]] = []
        self._functions: dict[int, FunctionType] = {}
        self._parts: list[tuple[Any, ...]] = []
        self._cells: list[tuple[FunctionType, Any, Any]] = []
        self._classes: dict[int, type] = {}

    @classmethod
    def of_libraries(cls) -> Seal:
        """Of all that is loaded of ``PACKAGES``, ``MODULES`` and the driver."""
        seal = cls()
        for name, module in list(sys.modules.items()):
            if isinstance(module, ModuleType) and _sealed(name):
                seal._space(name, vars(module))
        return seal

    def keep(self, thing: Any) -> None:
        """Put one class or function under the seal; whatever else it is has no code that could be changed."""
        if isinstance(thing, FunctionType):
            self._function(thing)
        elif isinstance(thing, type) and id(thing) not in self._classes:
            self._classes[id(thing)] = thing
            self._space(f"{thing.__module__}.{thing.__qualname__}", vars(thing))

    def changes(self) -> Iterator[str]:
        """Dotted names of what is not what it was."""
        for name, space, before, identities in self._spaces:
            if list(map(id, space.values())) != identities:
                for key in before.keys() | space.keys():
                    old, new = before.get(key), space.get(key)
                    if old is not new and key not in _BOOKKEEPING and not (_is_data(old) and _is_data(new)):
                        yield f"{name}.{key}"
        for function, parts in zip(self._functions.values(), self._parts):
            if any(read(function) is not part for read, part in zip(_PARTS, parts)):
                yield _name(function)
        for function, cell, content in self._cells:
            if not _filled(cell) or (cell.cell_contents is not content and not _is_data(content)):
                yield _name(function)

    def _space(self, name: str, space: Mapping[str, Any]) -> None:
        before = dict(space)
        self._spaces.append((name, space, before, list(map(id, before.values()))))
        for value in before.values():
            if isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            elif isinstance(value, property):
                for accessor in (value.fget, value.fset):
                    if isinstance(accessor, FunctionType):
                        self._function(accessor)
            if isinstance(value, FunctionType):
                self._function(value)
            elif isinstance(value, type) and _sealed(value.__module__):
                self.keep(value)

    def _function(self, function: FunctionType) -> None:
        if id(function) not in self._functions:
            self._functions[id(function)] = function
            self._parts.append(tuple(read(function) for read in _PARTS))
            self._cells += [(function, c, c.cell_contents) for c in function.__closure__ or () if _filled(c)]


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
