"""Clean chart programs of all common kinds, written by a seed.

``GENERATORS[i](random.Random(seed))`` is a :class:`Chart`: an ordinary matplotlib program (pyplot or objects, loops,
helper functions, classes, data frames) that draws a chart without defects. To add one: a function that returns a
``Draft``, and its name in ``_DRAFTS``.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from verl_visual_sdpo.benchmarks.defectbench.programs import bars, curves, distributions, fields, panels, rounds
from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Chart, Draft, written

__all__ = ["GENERATORS", "Chart"]

_DRAFTS: tuple[Callable[[random.Random], Draft], ...] = (
    *(bars.bar, bars.barh, bars.grouped, bars.stacked, bars.with_errors, bars.with_style, bars.from_frame),
    *(curves.line, curves.several, curves.marked, curves.band, curves.area, curves.step, curves.errorbar),
    *(curves.dates, curves.logarithmic, curves.twin, curves.points, curves.groups, curves.fitted),
    *(distributions.histogram, distributions.two_histograms, distributions.boxes, distributions.violins),
    *(distributions.stems, distributions.hexagons),
    *(fields.heatmap, fields.contours, fields.isolines, fields.mesh, fields.arrows, fields.surface),
    *(rounds.pie, rounds.donut, rounds.radar, rounds.rose),
    *(panels.four, panels.row, panels.column, panels.mosaic, panels.shared, panels.pictures, panels.inset),
    *(panels.report, panels.two_figures),
)


def _generator(draft: Callable[[random.Random], Draft]) -> Callable[[random.Random], Chart]:
    def generate(rng: random.Random) -> Chart:
        return written(draft(rng), rng)

    generate.__name__, generate.__doc__ = draft.__name__, draft.__doc__
    return generate


GENERATORS: tuple[Callable[[random.Random], Chart], ...] = tuple(_generator(draft) for draft in _DRAFTS)
