"""Second thoughts at run time on what the screen cannot see in the source: names that are made up while running.

The program's own ``getattr``, ``setattr``, ``delattr``, ``vars`` and ``open`` refuse what the screen refuses when it
is spelled out. Like the screen, a policy: it keeps honest programs honest and says so early.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any


class ForbiddenAccessError(Exception):
    """Raised in the program where it does what the policy forbids."""


class Guard:
    """Notes each violation, whether or not the program catches what is raised."""

    def __init__(self, forbidden: Collection[str]) -> None:
        self.forbidden = frozenset(forbidden)
        self.violations: list[str] = []

    def builtins(self) -> dict[str, Any]:
        """What the program finds as its builtins."""
        guarded = (self._getattr(), self._setattr(), self._delattr(), self._vars(), self._open())
        return vars(builtins) | {function.__name__: function for function in guarded}

    def _refuse(self, what: str) -> None:
        self.violations.append(what)
        raise ForbiddenAccessError(f"{what} is not allowed")

    def _check(self, name: Any) -> None:
        if isinstance(name, str) and str.__str__(name) in self.forbidden:
            self._refuse(f"use of attribute {str.__str__(name)!r}")

    def _check_owner(self, owner: Any, name: Any) -> None:
        self._check(name)
        if isinstance(owner, (type, ModuleType)) and getattr(owner, "__module__", "") != "__main__":
            self._refuse(f"assignment to {name!r} of {getattr(owner, '__name__', owner)}, which is the library's,")

    def _getattr(self) -> Callable[..., Any]:
        def getattr(owner: Any, name: str, *default: Any) -> Any:  # noqa: A001
            self._check(name)
            found = builtins.getattr(owner, name, *default)
            if isinstance(found, ModuleType) and _package(found) != _package(owner):
                self._refuse(f"reaching the module {found.__name__} through another")
            return found

        return getattr

    def _setattr(self) -> Callable[..., Any]:
        def setattr(owner: Any, name: str, value: Any) -> None:  # noqa: A001
            self._check_owner(owner, name)
            builtins.setattr(owner, name, value)

        return setattr

    def _delattr(self) -> Callable[..., Any]:
        def delattr(owner: Any, name: str) -> None:  # noqa: A001
            self._check_owner(owner, name)
            builtins.delattr(owner, name)

        return delattr

    def _vars(self) -> Callable[..., Any]:
        def vars(*owner: Any) -> Any:  # noqa: A001
            if not owner:
                return sys._getframe(1).f_locals
            if isinstance(owner[0], (type, ModuleType)):
                self._refuse("vars() of a class or a module")
            return builtins.vars(*owner)

        return vars

    def _open(self) -> Callable[..., Any]:
        def open(file: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A001
            if isinstance(file, int):
                self._refuse("opening a descriptor by its number")
            return builtins.open(file, *args, **kwargs)

        return open


def _package(module: Any) -> str:
    return str(builtins.getattr(module, "__name__", "")).partition(".")[0]


def quiet() -> str:
    """Stop what of the program could run while its figure is read; names what cannot be stopped, or "".

    Its ``atexit`` handlers never run (the process ends by ``_exit``); destructors may.
    """
    sys.settrace(None)
    sys.setprofile(None)
    gc.callbacks.clear()
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
    monitor = getattr(sys.modules.get("tqdm._monitor"), "TMonitor", None)
    for thread in threading.enumerate():
        if type(thread) is monitor:
            thread.exit()
    return "left a thread running" if len(sys._current_frames()) > 1 else ""
