"""What other installed packages add, by entry points; nothing of theirs is imported until it is asked for.

    [project.entry-points."verl_visual_sdpo.domains"]      name -> inspection.domains.Domain
    [project.entry-points."verl_visual_sdpo.languages"]    the same name -> a module: NAME, TAGS, read(source, offset)
    [project.entry-points."verl_visual_sdpo.detectors"]    DOMAIN.anything -> inspection.detect.detector.Detector

``examples/extension`` is a package that adds one of each. Standard library only.
"""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError

DOMAINS, LANGUAGES, DETECTORS = (f"verl_visual_sdpo.{name}" for name in ("domains", "languages", "detectors"))


def extension(group: str, name: str) -> Any:
    """The object that a package registered under ``name``, or None. Raises InvalidInputError where it does not load."""
    return next((_loaded(point) for point in _points(group) if point.name == name), None)


def extensions_of(group: str, domain: str) -> tuple[Any, ...]:
    """Every object under a name that begins with ``domain`` and a dot, in the order of the names."""
    points = sorted((p for p in _points(group) if p.name.startswith(f"{domain}.")), key=lambda point: point.name)
    return tuple(_loaded(point) for point in points)


def names(group: str) -> tuple[str, ...]:
    """What is registered, for messages."""
    return tuple(sorted(point.name for point in _points(group)))


@functools.cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


@functools.cache
def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        where = f" of {point.dist.name}" if point.dist else ""
        raise InvalidInputError(
            f"the entry point {point.name} = {point.value}{where} ({point.group}) does not load: {error!r}; mend or "
            "uninstall that package"
        ) from error
