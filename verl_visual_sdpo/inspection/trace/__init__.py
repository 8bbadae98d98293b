"""From elements to source: which statements answer for a defect."""

from verl_visual_sdpo.inspection.trace.blame import TIES_OURS, blame
from verl_visual_sdpo.inspection.trace.tracing import INTROSPECTION, MODES, Tracing, trace, tracing_of
from verl_visual_sdpo.inspection.trace.vlm import BLAME

__all__ = ["BLAME", "INTROSPECTION", "MODES", "TIES_OURS", "Tracing", "blame", "trace", "tracing_of"]
