"""What a parcelled figure may be made of: the classes and functions that its pickle may name.

A pickle is a program for the one who loads it. Loading here can make instances of the drawing libraries' own classes,
of numpy's arrays and of plain values, and call what those libraries define; it cannot import, or reach a module. The
packing side asks the same list, so that what is refused is known, and named, before it is sent.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import numpy as np


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DRAWING = _words(
    """
    artist axis category collections colorbar colorizer colors container contour dates figure gridspec hatch image
    inset layout_engine legend legend_handler lines markers offsetbox patches path patheffects quiver scale spines
    stackplot streamplot table text textpath ticker transforms units _enums bezier sankey
    axes axes._axes axes._base axes._secondary_axes projections projections.polar projections.geo tri tri._triangulation
    """
)
"""Modules of matplotlib whose classes and functions may occur."""
PREFIXES = ("matplotlib.tri.", "mpl_toolkits.mplot3d.", "mpl_toolkits.axes_grid1.", "mpl_toolkits.axisartist.")
CONVERTERS = "pandas.plotting._matplotlib.converter"
"""What pandas' own plots put on an axis; only classes that inherit from matplotlib's."""
NAMED: dict[str, frozenset[str]] = {
    module: frozenset(names.split())
    for module, names in {
        "builtins": "object set frozenset slice range complex bytearray bool int float str bytes list tuple dict",
        "collections": "OrderedDict deque defaultdict Counter",
        "itertools": "count",
        "functools": "partial",
        "copyreg": "_reconstructor",
        "datetime": "date datetime time timedelta timezone",
        "decimal": "Decimal",
        "fractions": "Fraction",
        "pathlib": "PosixPath PurePosixPath",
        "uuid": "UUID",
        "zoneinfo": "ZoneInfo._unpickle",
        "cycler": "Cycler",
        "dateutil.relativedelta": "relativedelta weekday",
        "dateutil.rrule": "rrule rruleset weekday",
        "dateutil.tz.tz": "tzutc tzlocal tzoffset",
        "pytz": "_UTC _p",
        "numpy": "ndarray dtype average mean median min max sum",
        "numpy.ma": "MaskedArray _mareconstruct",
        "numpy.ma.core": "MaskedArray _mareconstruct MaskedConstant",
        "numpy._core.multiarray": "_reconstruct scalar",
        "numpy.core.multiarray": "_reconstruct scalar",
        "numpy._core.numeric": "_frombuffer",
        "numpy.core.numeric": "_frombuffer",
        "matplotlib": "RcParams",
        "matplotlib.font_manager": "FontProperties",
        "matplotlib.cbook": "CallbackRegistry Grouper GrouperView _OrderedSet silent_list _exception_printer "
        "_picklable_class_constructor",
        "matplotlib.backend_bases": "_mouse_handler _key_handler",
        "pandas._libs.tslibs.timestamps": "Timestamp _unpickle_timestamp",
        "pandas._libs.tslibs.timedeltas": "Timedelta _timedelta_unpickle",
        "pandas._libs.tslibs.period": "Period _unpickle_period",
        "pandas._libs.tslibs.offsets": "Day Hour Minute Second MonthEnd YearEnd QuarterEnd",
        "PIL.Image": "Image",
    }.items()
}
"""Other classes, and the functions that plain values are put together by."""


CONSTRUCTORS = frozenset({"_create_empty_object_of_class", "_picklable_norm_constructor"})
"""Functions of matplotlib's that pickles of honest figures call: they make an instance of a class, and return it."""


def allowed(module: str, name: str) -> bool:
    """Whether a pickle may name this."""
    if name in NAMED.get(module, ()):
        return True
    if module.partition(".")[0] == "numpy":
        return isinstance(getattr(np, name, None), np.ufunc)
    if of_a_figure(module):  # functions, too: artists hold some to be called back; none changes the library
        return isinstance(_found(module, name), (type, FunctionType))
    if module == CONVERTERS:
        cls = _found(module, name)
        return isinstance(cls, type) and any(base.__module__.startswith("matplotlib.") for base in cls.__mro__)
    return False


def of_a_figure(module: Any) -> bool:
    """Whether the classes of a module may occur."""
    if not isinstance(module, str):
        return False
    head, _, tail = module.partition(".")
    return (head == "matplotlib" and tail in DRAWING) or module.startswith(PREFIXES)


@functools.cache
def _found(module: str, name: str) -> Any:
    if module not in sys.modules:
        try:
            __import__(module)
        except Exception:  # absent here
            return None
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if getattr(found, "__module__", None) == module else None


def method(owner: Any, name: str) -> Callable[..., Any]:
    """A bound method, as pickles fetch it with ``getattr``: of an instance, by the name its class knows it by."""
    cls = type(owner)
    if cls in (list, dict, set) and name == "remove":
        return owner.remove
    if isinstance(owner, type) or not (cls.__module__.startswith(("matplotlib.", "mpl_toolkits."))):
        raise ValueError(f"{name!r} of a {cls.__name__} may not be fetched")
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if type(found) is not FunctionType or name.startswith("__"):
        raise ValueError(f"{name!r} is not a method of {cls.__name__}")
    return MethodType(found, owner)
