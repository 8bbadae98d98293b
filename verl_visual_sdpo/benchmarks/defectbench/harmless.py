"""What a detector must stay silent about: clean programs, and controls made from them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from verl_visual_sdpo.benchmarks.defectbench import controls
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.judgement import CLEAN, CONTROL
from verl_visual_sdpo.benchmarks.defectbench.kinds import Plant
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.twins import (
    TRIES,
    Clean,
    Workshop,
    changed,
    newly,
    offences_by_kind,
    shuffled,
)


@dataclass(frozen=True, slots=True)
class Harmless:
    """A clean program (``kind`` CLEAN), or one with a change that is no defect (CONTROL)."""

    id: str
    kind: str
    clean: Clean
    facts: Facts
    source: str
    change: str = "as it is"
    mechanism: str = "none"


def make_harmless(workshop: Workshop, number: int) -> list[Harmless]:
    """The ``number``-th clean program and a control made from it; fewer where it fails or leaves no room."""
    program = workshop.draw(CLEAN, number)
    clean = workshop.clean(program) if program else None
    if clean is None or not clean.usable:
        return []
    if workshop.spotless and any(offences_by_kind(clean.facts).values()):
        return []
    made = [Harmless(f"{CLEAN}-{number:03d}", CLEAN, clean, clean.facts, clean.program.source)]
    rng = random.Random(f"{workshop.seed}/{CONTROL}/{number}")
    for plant in shuffled(list(controls.propose(clean.source, rng)), rng)[:TRIES]:
        control = _control(workshop, clean, plant, number)
        if control is not None:
            return [*made, control]
    return made


def _control(workshop: Workshop, clean: Clean, plant: Plant, number: int) -> Harmless | None:
    """The control, where its picture has changed and the gauge sees nothing new that is wrong."""
    facts = workshop.gauge.measure(plant.edit.text)
    if not facts.ok or not changed(clean.facts, facts) or any(newly(k, clean.facts, facts) for k in KINDS.values()):
        return None
    return Harmless(f"{CONTROL}-{number:03d}", CONTROL, clean, facts, plant.edit.text, plant.change, plant.mechanism)
