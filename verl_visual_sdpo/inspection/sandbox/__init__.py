"""Where untrusted programs run: a warm fork server behind layers of isolation. See ``jail.py`` for what they stop."""

from verl_visual_sdpo.inspection.sandbox.layers import NAMES as LAYERS
from verl_visual_sdpo.inspection.sandbox.pool import SandboxPool, Upkeep
from verl_visual_sdpo.inspection.sandbox.statistics import PoolStatistics
from verl_visual_sdpo.inspection.sandbox.worker import Limits, Outcome

__all__ = ["LAYERS", "Limits", "Outcome", "PoolStatistics", "SandboxPool", "Upkeep"]
