"""Who wrote what: the owners of an element, those it inherits from its axes and figure included, and the culprit
among them for a defect.

"Touched" is not "responsible": a title is written by ``set_title``, moved by ``tight_layout`` and restyled by
``rcParams``; for one defect one of them matters most, the last writer of the property the defect is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verl_visual_sdpo.types import Defect, Element, Owner, Scene

# What is written on an axes, a legend or the figure and moves everything inside it.
INHERITED = frozenset({"layout", "limits", "position", "size"})
# Kinds that a program places itself: creating one decides all of its properties. The others come with an axes, empty
# or derived, so whoever created the axes has not chosen their text or font.
PLACED = frozenset(
    {"text", "annotation", "legend", "legend-text", "line", "bar", "patch", "scatter", "collection", "image"}
)


@dataclass(frozen=True, slots=True)
class Tied:
    """An owner of the ``rank``-th element of a defect; ``inherited`` when it wrote on that element's container."""

    owner: Owner
    element: Element
    rank: int
    inherited: bool = False


def owners_of(defect: Defect, scene: Scene) -> list[Tied]:
    """All who are tied to the defect's elements, in the order of the elements, inherited ones last."""
    by_id = {e.id: e for e in scene.elements}
    figures = [e for e in scene.elements if e.kind == "figure"]
    tied = []
    for rank, element_id in enumerate(defect.element_ids):
        element = by_id.get(element_id)
        if element is None:
            continue
        tied += [Tied(owner, element, rank) for owner in element.owners]
        for container in _containers(element, by_id, figures):
            tied += [
                Tied(owner, element, rank, inherited=True)
                for owner in container.owners
                if owner.tie != "created" and owner.prop in INHERITED
            ]
    return tied


def culprits(defect: Defect, tied: Sequence[Tied]) -> list[Tied]:
    """The last writer of the most telling property, with its call chain (same ``order``); [] when nobody is tied.

    The properties are asked in the defect's order. For each: an explicit write on the first element, then on the
    others, then (for elements that the program places itself) the creation of the first. When none of the properties
    was written, whoever created the first owned element answers.
    """
    for prop in defect.props:
        written = [t for t in tied if t.owner.prop == prop and t.owner.tie != "created"]
        if written:
            return _last(written, tied)
        created = [t for t in tied if t.rank == 0 and t.owner.tie == "created" and t.element.kind in PLACED]
        if created:
            return _last(created, tied)
    created = [t for t in tied if t.owner.tie == "created" and not t.inherited]
    return _last(created or list(tied), tied)


def _last(candidates: list[Tied], tied: Sequence[Tied]) -> list[Tied]:
    if not candidates:
        return []
    first = min(t.rank for t in candidates)
    chosen = max((t for t in candidates if t.rank == first), key=lambda t: (not t.inherited, t.owner.order))
    return [
        t for t in tied if t.rank == first and t.owner.order == chosen.owner.order and t.owner.tie == chosen.owner.tie
    ]


def _containers(element: Element, by_id: dict[int, Element], figures: list[Element]) -> Iterator[Element]:
    """Parent, panel and figure of an element, each once."""
    seen = {element.id}
    for container_id in (element.parent, element.panel, *(f.id for f in figures)):
        if container_id is not None and container_id not in seen and container_id in by_id:
            seen.add(container_id)
            yield by_id[container_id]
