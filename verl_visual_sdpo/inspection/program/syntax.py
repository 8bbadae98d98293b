"""Python source to its syntax tree, for every thread of a process.

CPython 3.11 counts the depth of a tree under construction in one place for all threads, and raises SystemError when a
second one gets in between. Programs are read in threads, so all of ours take turns here, and a tree that a library's
own ``ast.parse`` disturbed is built again.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from threading import Lock

FILENAME = "<program>"
"""What tracebacks and warnings call the program; the drivers know its frames by it."""

# Invalid escapes and "is" with a literal are the program's own business. A standing filter for this one name, because
# ``catch_warnings`` is not thread-safe and programs are read in threads.
warnings.filterwarnings("ignore", module=FILENAME)

_ATTEMPTS = 10
_turn = Lock()


def syntax_tree(source: str) -> ast.Module:
    """The tree of a program, the same object for the same source: to be read, never changed. Raises what
    ``ast.parse`` raises: SyntaxError, and for null bytes or absurd nesting ValueError, RecursionError, MemoryError."""
    with _turn:
        return _tree(source)


@lru_cache(maxsize=16)  # one analysis reads its program several times: statements, screen, imports, arguments, values
def _tree(source: str) -> ast.Module:
    for _ in range(_ATTEMPTS - 1):
        try:
            return ast.parse(source, FILENAME)
        except SystemError:
            continue
    return ast.parse(source, FILENAME)
