"""The kinds of planted defects. To add one: a file with a ``KIND``, and its name in ``KINDS``."""

from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind
from verl_visual_sdpo.benchmarks.defectbench.planters import (
    covered,
    crowded_ticks,
    cut_data,
    cut_text,
    empty_panel,
    faint_text,
    legend_on_data,
    off_canvas,
    overlapping_panels,
    overlapping_text,
    repeated_ticks,
    shifted_panel,
    text_on_data,
    tiny_text,
)

_MODULES = (
    overlapping_text,
    off_canvas,
    cut_text,
    cut_data,
    legend_on_data,
    text_on_data,
    crowded_ticks,
    repeated_ticks,
    faint_text,
    tiny_text,
    shifted_panel,
    overlapping_panels,
    empty_panel,
    covered,
)

KINDS: dict[str, Kind] = {module.KIND.id: module.KIND for module in _MODULES}
