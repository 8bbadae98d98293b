"""Frozen dataclasses to plain JSON values and back, by their own type hints. Standard library only."""

from __future__ import annotations

import base64
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any


def to_plain(value: Any, *, images: bool = True) -> Any:
    """Dataclasses, mappings, tuples and bytes to what ``json`` knows; bytes become base64 text.

    ``images=False`` writes every ``bytes`` as "" instead (a dump without pictures).
    """
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii") if images else ""
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name), images=images) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, images=images) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, images=images) for item in value]
    return value


def from_plain(hint: Any, value: Any, where: str = "$") -> Any:
    """Rebuild ``hint`` (a dataclass or a type hint) from what :func:`to_plain` wrote.

    Raises ValueError naming the path (``$.scenes[0].size``) of the first value that does not fit.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _from_union(arguments, value, where)
    if is_dataclass(hint):
        return _from_dataclass(hint, value, where)
    if origin is tuple:
        _expect(isinstance(value, list), "a list", value, where)
        if len(arguments) == 2 and arguments[1] is ...:
            return tuple(from_plain(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
        _expect(len(value) == len(arguments), f"{len(arguments)} values", value, where)
        return tuple(from_plain(a, item, f"{where}[{i}]") for i, (a, item) in enumerate(zip(arguments, value)))
    if origin in (dict, Mapping):
        _expect(isinstance(value, dict), "an object", value, where)
        return {key: from_plain(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is bytes:
        _expect(isinstance(value, str), "base64 text", value, where)
        return base64.b64decode(value)
    if hint is float:
        _expect(isinstance(value, (int, float)) and not isinstance(value, bool), "a number", value, where)
        return float(value)
    _expect(isinstance(value, hint) and not (hint is int and isinstance(value, bool)), hint.__name__, value, where)
    return value


def _from_union(options: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in options:
        return None
    (only,) = [option for option in options if option is not type(None)]
    return from_plain(only, value, where)


def _from_dataclass(cls: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), f"an object ({cls.__name__})", value, where)
    hints = _hints(cls)
    unknown = set(value) - set(hints)
    _expect(not unknown, f"only fields of {cls.__name__}, not {sorted(unknown)}", value, where)
    known = {}
    for f in fields(cls):
        if f.name in value:
            known[f.name] = from_plain(hints[f.name], value[f.name], f"{where}.{f.name}")
        else:
            optional = f.default is not MISSING or f.default_factory is not MISSING
            _expect(optional, f"field {f.name!r} of {cls.__name__}", value, where)
    return cls(**known)


_hints = functools.lru_cache(maxsize=None)(typing.get_type_hints)


def _expect(condition: bool, wanted: str, got: Any, where: str) -> None:
    if not condition:
        raise ValueError(f"{where}: expected {wanted}, got {str(got)[:80]!r}")
