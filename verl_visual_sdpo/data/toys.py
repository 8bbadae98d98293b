"""The toy task of each domain, behind one set of names.

A toy is a module with ``DATA_SOURCE``, ``NOUN``, ``OPTIONS`` (of a task's rendering), ``KINDS``, ``FENCE``, ``LONGEST``
(tokens a response may take), ``TYPOS`` (slips that break a program), ``KNOBS`` of each kind with their ``CHOICES`` and
``HABITS``, and ``draw(rng, kind)``, ``reword``, ``words_of``, ``from_plain``, ``write_prompt``, ``write_program``,
``write_response``, ``good_knobs``. What it draws is a frozen dataclass with a ``kind``; its careful and its sloppy
program differ in the values of single lines only.
"""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

from verl_visual_sdpo.data import toy_charts, toy_pages, toy_slides
from verl_visual_sdpo.errors import InvalidInputError

TOYS: dict[str, ModuleType] = {"chart": toy_charts, "web": toy_pages, "slide": toy_slides}
"""By domain."""


def toy_of(domain: str) -> ModuleType:
    """The toy of a domain. Raises InvalidInputError for one that has none."""
    if domain not in TOYS:
        raise InvalidInputError(f"there is no toy task for domain {domain!r}; there are {', '.join(TOYS)}")
    return TOYS[domain]


def sloppy_knobs(
    toy: ModuleType, item: Any, rng: random.Random, habit: float = 0.4, noise: float = 0.1
) -> dict[str, object]:
    """Knobs as the untrained author sets them: each is the habit with probability ``habit``, any value with
    probability ``noise``, else what a careful author would choose."""
    knobs = toy.good_knobs(item)
    for knob in knobs:
        fate = rng.random()
        if fate < habit:
            knobs[knob] = toy.HABITS[knob]
        elif fate < habit + noise:
            knobs[knob] = rng.choice(toy.CHOICES[knob])
    return knobs


def sample_texts(toy: ModuleType, seed: int = 0, count: int = 400) -> list[str]:
    """Prompts and responses of ``count`` random items: what a tokenizer of this task has to cover."""
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        item = toy.draw(rng)
        texts += [toy.write_prompt(item), toy.write_response(item, sloppy_knobs(toy, item, rng))]
    return texts
