"""A figure made ready to be drawn elsewhere: pickled just before it would be drawn, with whose its artists are.

Three pickles one after the other, which share their objects: the figure and how to draw it; who wrote what
(``Recorder``) and which plotting calls returned what, of the artists that the first one held; and what the program's
own functions answered.

A function of the program (of a formatter, a scale) does not travel. A copy of the figure is drawn here while its
answers are written down, and there they are given again, in the same order, for the same arguments.
"""

from __future__ import annotations

import copy
import io
import pickle
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

import matplotlib
import matplotlib.dates
import numpy as np
from chart_allowed import allowed
from chart_provenance import Recorder, Write
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from program_run import Chain

MAX_DEPTH = 10_000
"""How deep artists, transforms and their parents may be linked; a pickler follows them one inside the other."""
MAX_ANSWERS = 100_000
"""Answers of the program's functions that are written down for one figure."""
MAX_BYTES = 40 << 20
"""Of all figures of a program together; half a result's limit (``Limits.result_mib``) stays for what goes with them."""
_FUNCTIONS = (FunctionType, np.ufunc, type(np.average))
_BASES = (str, bytes, int, float, complex)


class UnfitError(Exception):
    """The figure cannot be drawn elsewhere; the message says what of it cannot travel."""


class Recall:
    """Stands for a function of the program: writes down its answers here, gives them again there."""

    def __init__(self, number: int, function: Callable[..., Any] | None = None) -> None:
        self.number, self.function = number, function
        self.answers: dict[Any, list[Any]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key = (_key(args), _key(sorted(kwargs.items())))
        if self.function is not None:
            answer = self.function(*args, **kwargs)
            self.answers.setdefault(key, []).append(copy.copy(answer))  # whoever asks may work on in place
            return answer
        answers = self.answers.get(key)
        if not answers:
            raise UnfitError("a function of the program is asked what it was not asked in its own process")
        return answers.pop(0) if len(answers) > 1 else copy.copy(answers[0])


def recall(number: int) -> Recall:
    """Named by the pickles; whoever loads them puts their own in its place."""
    raise UnfitError(f"function {number} of the program is not at hand")


class Parcel:
    """Packs figures of one program. ``warm`` are the settings (rcParams) and fonts before it ran."""

    def __init__(self, recorder: Recorder, calls: Any) -> None:
        self.recorder, self.calls = recorder, calls
        self.settings = dict(matplotlib.rcParams)
        self.fonts = len(fontManager.ttflist)
        self.packed = 0

    def pack(
        self,
        figure: Figure,
        dpi: float,
        options: Mapping[str, Any],
        chains: dict[Chain, int],
        draw: Callable[[Figure, float, Mapping[str, Any], list[Any]], Any],
    ) -> bytes:
        """The figure as it is. ``draw`` draws and reads a copy of it, with its plotting calls, when its
        program's functions must be asked.

        Raises UnfitError naming what cannot travel.
        """
        if len(fontManager.ttflist) != self.fonts:
            raise UnfitError("a font that the program adds")
        before = self.settings
        changed = {k: v for k, v in dict(matplotlib.rcParams).items() if k != "backend" and not _same(before.get(k), v)}
        head = {"figure": figure, "dpi": dpi, "options": dict(options), "settings": changed}
        head["epoch"] = matplotlib.dates._epoch
        buffer = io.BytesIO()
        pickler, depth = _Packer(buffer), sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(max(depth, MAX_DEPTH))
            pickler.dump(head)
            travelled = pickler.memo.copy()
            pickler.dump(self._owners(figure, travelled, chains))
            pickler.dump(_answers(buffer.getvalue(), pickler.functions, draw))
        except UnfitError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # an object may refuse to be pickled in any way it likes
            raise UnfitError(f"{type(error).__name__}: {error}") from error
        finally:
            sys.setrecursionlimit(depth)
        self.packed += buffer.tell()
        if self.packed > MAX_BYTES:
            raise UnfitError(f"figures with more than {MAX_BYTES >> 20} MiB of data")
        return buffer.getvalue()

    def _owners(self, figure: Figure, travelled: Mapping[int, Any], chains: dict[Chain, int]) -> dict[str, Any]:
        def plain(write: Write) -> tuple[int, str, int, str]:
            return chains.setdefault(write.chain, len(chains)), write.prop, write.order, write.function

        def artists(writes: Mapping[int, Any]) -> list[tuple[Any, Any]]:
            return [(travelled[key][1], writes[key]) for key in writes if key in travelled]

        return {
            "created": [(artist, plain(write)) for artist, write in artists(self.recorder.created)],
            "written": [(artist, [plain(w) for w in ws.values()]) for artist, ws in artists(self.recorder.written)],
            "settings": [(chains.setdefault(c, len(chains)), key, at) for (c, key), at in self.recorder.rc.items()],
            "calls": [
                (name, axes, [artist for artist in drawn if id(artist) in travelled])
                for name, axes, drawn in self.calls.drawn_by(figure)
                if id(axes) in travelled
            ],
        }


class _Packer(pickle.Pickler):
    """A pickler that replaces the program's functions, and names what may not travel."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self.functions: list[Callable[..., Any]] = []
        self._numbers: dict[int, int] = {}

    def reducer_override(self, thing: Any) -> Any:
        kind = type(thing)
        if isinstance(thing, type):
            if not allowed(thing.__module__, thing.__qualname__):
                raise UnfitError(f"the class {thing.__module__}.{thing.__qualname__}".replace("__main__.", ""))
        elif kind in _FUNCTIONS:
            name = getattr(thing, "__qualname__", thing.__name__)
            if not (thing is recall or allowed(getattr(thing, "__module__", None) or "numpy", name)):
                return self._replaced(thing)
        elif kind is MethodType:
            if not type(thing.__self__).__module__.startswith(("matplotlib", "mpl_toolkits")):
                return self._replaced(thing)
        elif isinstance(thing, ModuleType):
            raise UnfitError(f"the module {thing.__name__}")
        elif isinstance(thing, _BASES) and kind.__module__ == "__main__":
            base = next(base for base in _BASES if isinstance(thing, base))
            return base, (base(base.__str__(thing) if base is str else base.__add__(thing, base())),)
        return NotImplemented

    def _replaced(self, function: Callable[..., Any]) -> Any:
        number = self._numbers.setdefault(id(function), len(self.functions))
        if number == len(self.functions):
            self.functions.append(function)
        return recall, (number,)


def _answers(packed: bytes, functions: list[Callable[..., Any]], draw: Callable[..., Any]) -> list[Any]:
    """What each function answered while a copy of the figure was drawn, as (arguments, answers in order)."""
    if not functions:
        return []
    recalls = [Recall(number, function) for number, function in enumerate(functions)]

    class Unpacker(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == (__name__, "recall"):
                return recalls.__getitem__
            return super().find_class(module, name)

    unpacker = Unpacker(io.BytesIO(packed))
    head, owners = unpacker.load(), unpacker.load()
    draw(head["figure"], head["dpi"], head["options"], owners["calls"])
    if sum(len(answers) for r in recalls for answers in r.answers.values()) > MAX_ANSWERS:
        raise UnfitError(f"more than {MAX_ANSWERS} answers of the program's functions")
    return [list(r.answers.items()) for r in recalls]


def _key(value: Any) -> Any:
    """A hashable stand-in for an argument, the same in every process."""
    if value is None or isinstance(value, (bool, str, bytes)):
        return value
    if isinstance(value, (int, float, np.number)):
        return repr(float(value)) if not isinstance(value, complex) else repr(complex(value))
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcMmSU":
        filled = np.ma.filled(value) if isinstance(value, np.ma.MaskedArray) else value
        return ("array", value.shape, filled.tobytes(), bytes(np.ma.getmaskarray(value).tobytes()))
    if isinstance(value, (list, tuple)):
        return tuple(_key(item) for item in value)
    return type(value).__name__  # an artist, a renderer: its answers are told apart by their order only


def _same(one: Any, other: Any) -> bool:
    try:
        return one is other or bool(one == other)
    except Exception:  # arrays, and objects of the program's own making
        return False
