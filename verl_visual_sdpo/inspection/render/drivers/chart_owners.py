"""Whose an artist is: from the log of writes to owners ``[chain, tie, prop, order]``.

``chain`` is an index into a table of chains that all figures of a program share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import chart_style
from chart_provenance import Recorder, Write
from program_run import Chain

Owner = list[Any]
CONTAINERS = frozenset({"axes", "colorbar", "figure"})
"""Kinds that everything added to them touches; only writes of a known property count."""


class Owners:
    """Reads one program's recorder for one figure."""

    def __init__(self, recorder: Recorder, chains: dict[Chain, int]) -> None:
        self.recorder, self.chains = recorder, chains
        self._rc = {kind: list(chart_style.rc_writes(recorder.rc, kind)) for kind in chart_style.RC_PREFIXES}

    def known(self, artist: Any) -> bool:
        return id(artist) in self.recorder.created or id(artist) in self.recorder.written

    def of(self, artist: Any, kind: str) -> list[Owner]:
        """Who made the artist and who wrote to it later."""
        writes: Iterable[Write] = self.writes(artist)
        if kind in CONTAINERS:
            writes = [write for write in writes if write.prop != "*"]
        if kind == "axes":  # limits are written on the axis objects and decide where everything in the axes stands
            writes += list(self._limits(artist))
        return self.creator(artist) + self.listed(writes)

    def creator(self, artist: Any, tie: str = "created", prop: str = "*") -> list[Owner]:
        created = self.recorder.created.get(id(artist))
        return [] if created is None else self.listed([created._replace(prop=prop)], tie)

    def styled(self, artist: Any, kind: str) -> list[Owner]:
        """The settings that reached it; those written after it was made did not."""
        created = self.recorder.created.get(id(artist))
        before = math.inf if created is None or kind == "figure" else created.order
        return [[self._chain(c), "styled", prop, order] for c, prop, order in self._rc.get(kind, ()) if order < before]

    def writes(self, artist: Any) -> Iterator[Write]:
        """Later writes by others than the creating call itself, oldest first."""
        created = self.recorder.created.get(id(artist))
        for write in self.recorder.written.get(id(artist), {}).values():
            if created is None or write.chain != created.chain:
                yield write

    def _limits(self, axes: Any) -> Iterator[Write]:
        """Writes of an axes' limits, as those of one direction: ``x-limits``, ``y-limits``."""
        for name, axis in _deciding_axis(axes):
            yield from (w._replace(prop=f"{name}-limits") for w in self.writes(axis) if "limits" in w.prop)

    def listed(self, writes: Iterable[Write], tie: str | None = None) -> list[Owner]:
        found = []
        for write in writes:
            how = tie or ("styled" if write.function in chart_style.STYLING_FUNCTIONS else "mutated")
            found.append([self._chain(write.chain), how, write.prop, write.order])
        return found

    def _chain(self, chain: Chain) -> int:
        return self.chains.setdefault(chain, len(self.chains))


def _deciding_axis(axes: Any) -> Iterator[tuple[str, Any]]:
    """(name, axis) of the axis objects that decide the limits of an axes: its own and those it shares."""
    for name in axes._axis_names:
        yield from ((name, a._axis_map[name]) for a in axes._shared_axes[name].get_siblings(axes))
