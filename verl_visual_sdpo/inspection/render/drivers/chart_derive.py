"""The other side of ``chart_parcel``: draws parcelled figures in a process in which no program ever ran.

What is drawn and read here is what counts. The parcel comes out of the program's process and may have been made up
there; then it is a figure like any other, drawn as it is, and nothing is won. It may only be made of what
``chart_allowed`` lists, has no say in what the library's methods do, and must leave the library as it is.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gc
import io
import pickle
import traceback
import warnings
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import chart_drawing
import chart_record
import matplotlib
import matplotlib.dates
from chart_allowed import CONSTRUCTORS, allowed, method, of_a_figure
from chart_ink import DrawLog
from chart_owners import Owners
from chart_parcel import Recall, UnfitError
from chart_provenance import Recorder, Write
from chart_seal import Seal
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import TransformWrapper


class ForgedError(Exception):
    """The parcel does what no packing of a figure does; the message says what."""


def derive(payload: dict[str, Any], log: DrawLog) -> tuple[dict[str, Any], list[bytes]]:
    """(report, pictures) of ``{"parcels": [base64], "max_pixels", "max_figures"}``.

    The report's ``refused`` says why the figures could not be drawn here, ``forged`` what gives a made-up parcel away.
    """
    report: dict[str, Any] = {"scenes": [], "record": {}, "refused": "", "forged": ""}
    seal = Seal()
    try:
        found = [_draw(base64.b64decode(parcel), payload["max_pixels"], log, seal) for parcel in payload["parcels"]]
        _check(seal)
    except MemoryError:
        raise
    except ForgedError as error:
        return report | {"forged": str(error)}, []
    except Exception as error:
        traceback.print_exc()
        return report | {"refused": f"{type(error).__name__}: {error}"[:500]}, []
    scenes = chart_drawing.counting(found, payload["max_figures"])
    return report | chart_drawing.reported(scenes), [scene["png"] for scene in scenes]


def _draw(parcel: bytes, max_pixels: float, log: DrawLog, seal: Seal) -> dict[str, Any]:
    unpacker = _Unpacker(io.BytesIO(parcel), seal)
    gc.disable()  # what is loaded stays
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head = unpacker.load()
        recorder, calls = _owners(unpacker.load())
        unpacker.answer(unpacker.load())
    _check(seal)
    figure = head["figure"]
    if not isinstance(figure, Figure):
        raise UnfitError(f"what was parcelled is a {type(figure).__name__}")
    _unmask()
    taken: dict[str, Any] = {}

    def read(canvas: FigureCanvasAgg) -> None:
        owners = Owners(recorder, {i: i for i in _chains(recorder)})
        taken.update(chart_drawing.read(figure, canvas, log, owners, chart_record.KnownCalls(calls)))

    with _settings(head["settings"], head["epoch"]):
        options = {k: v for k, v in head["options"].items() if k in chart_drawing.PRINT_OPTIONS}
        chart_drawing.draw(figure, chart_drawing.bounded(figure, head["dpi"], max_pixels), options, read)
    return taken


def _check(seal: Seal) -> None:
    for change in seal.changes():
        raise ForgedError(f"it changes {change}")


class _Unpacker(pickle.Unpickler):
    """An unpickler that knows what ``chart_allowed`` lists, and gives the program's functions a memory for a body.

    What it hands out of the library, for the parcel to put together, is put under the seal first. Functions that a
    figure holds are not to be called before it is loaded: what they return, a class perhaps, would not be sealed.
    """

    def __init__(self, file: io.BytesIO, seal: Seal) -> None:
        super().__init__(file)
        self._seal, self._loaded = seal, False
        self._recalls: dict[int, Recall] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return self._method
        if (module, name) == ("chart_parcel", "recall"):
            return lambda number: self._recalls.setdefault(number, Recall(number))
        if not allowed(module, name):
            raise UnfitError(f"{module}.{name} is not part of a figure")
        found = super().find_class(module, name)
        if isinstance(found, FunctionType) and of_a_figure(module) and name not in CONSTRUCTORS:
            return self._gate(found)
        self._seal.keep(found)
        return found

    def _gate(self, function: FunctionType) -> FunctionType:
        @functools.wraps(function)
        def gate(*args: Any, **kwargs: Any) -> Any:
            if not self._loaded:
                raise ForgedError(f"it calls {function.__qualname__} while it is loaded")
            return function(*args, **kwargs)

        return gate

    def _method(self, owner: Any, name: str) -> Any:
        found = method(owner, name)
        self._seal.keep(getattr(found, "__func__", found))
        return found

    def answer(self, answers: list[list[tuple[Any, list[Any]]]]) -> None:
        for number, given in enumerate(answers):
            self._recalls.setdefault(number, Recall(number)).answers = dict(given)
        self._loaded = True


def _owners(plain: dict[str, Any]) -> tuple[Recorder, list[tuple[str, Axes, list[Artist]]]]:
    """The log of the program's writes as ``Owners`` reads it, a chain being its number; and the plotting calls."""
    recorder = Recorder()
    for artist, write in plain["created"]:
        recorder.created[id(artist)] = Write(*write)
    for artist, writes in plain["written"]:
        recorder.written[id(artist)] = {(w[0], w[1]): Write(*w) for w in writes}
    recorder.rc = {(chain, key): order for chain, key, order in plain["settings"]}
    return recorder, plain["calls"]


def _chains(recorder: Recorder) -> Iterator[int]:
    for write in recorder.created.values():
        yield write.chain
    for writes in recorder.written.values():
        yield from (chain for chain, _ in writes)
    yield from (chain for chain, _ in recorder.rc)


@contextlib.contextmanager
def _settings(changed: dict[str, Any], epoch: Any) -> Iterator[None]:
    """The program's settings, for one figure."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
        for key, value in changed.items():
            matplotlib.rcParams[key] = value
        before, matplotlib.dates._epoch = matplotlib.dates._epoch, epoch
        try:
            yield
        finally:
            matplotlib.dates._epoch = before


# --------------------------------------------------------------------------- what was loaded


def _unmask() -> None:
    """Take away what stands, in an instance, in the place of a method of the library: it could make an artist lie about
    where it lies or what it says. What honest programs put there (``format_coord``) is not for a picture."""
    for thing in gc.get_objects():  # what the warm parent had is frozen, so that this is what was loaded
        hidden = _methods(type(thing))
        if hidden is None or not (own := getattr(thing, "__dict__", None)):
            continue
        for name in hidden & own.keys():
            del own[name]
        if isinstance(thing, Text) and type(own.get("_text")) is not str:
            own["_text"] = str(own.get("_text"))


OWN_BY_DESIGN = {
    TransformWrapper: frozenset(
        {"transform", "transform_affine", "transform_non_affine", "transform_path", "transform_path_affine"}
        | {"transform_path_non_affine", "get_affine", "inverted", "get_matrix"}
    )
}
"""Names that the library itself sets on instances in the place of methods."""


@functools.cache
def _methods(cls: type) -> frozenset[str] | None:
    """Names of a class that an attribute of an instance would hide; None for a class that no figure is made of."""
    if not of_a_figure(cls.__module__):
        return None
    hidden = (FunctionType, classmethod, staticmethod, functools.partialmethod)
    names = (name for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, hidden))
    return frozenset(names) - OWN_BY_DESIGN.get(cls, frozenset())
