"""The toy task of each domain, behind one set of names.

A toy is a module with ``DATA_SOURCE``, ``NOUN``, ``OPTIONS`` (of a task's rendering), ``KINDS``, ``FENCE``, ``TYPOS``
(slips that break a program) and ``draw(rng, kind)``, ``reword``, ``words_of``, ``from_plain``, ``write_prompt``,
``write_program``, ``write_response``, ``good_knobs``, ``sloppy_knobs``, ``sample_texts``. What it draws is a frozen
dataclass with a ``kind``; its careful and its sloppy program differ in the values of single lines only.
"""

from __future__ import annotations

from types import ModuleType

from verl_visual_sdpo.data import toy_charts, toy_pages, toy_slides
from verl_visual_sdpo.errors import InvalidInputError

TOYS: dict[str, ModuleType] = {"chart": toy_charts, "web": toy_pages, "slide": toy_slides}
"""By domain."""


def toy_of(domain: str) -> ModuleType:
    """The toy of a domain. Raises InvalidInputError for one that has none."""
    if domain not in TOYS:
        raise InvalidInputError(f"there is no toy task for domain {domain!r}; there are {', '.join(TOYS)}")
    return TOYS[domain]
