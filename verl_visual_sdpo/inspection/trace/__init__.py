"""From elements to source: which statements answer for a defect."""

from verl_visual_sdpo.inspection.trace.blame import TIES_OURS, blame

__all__ = ["TIES_OURS", "blame"]
