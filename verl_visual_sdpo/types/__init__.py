"""The vocabulary every wing speaks: what a response is, what was seen when it ran, and what that is worth.

Standard library (and ``serial``) only. Every type is a frozen dataclass; an :class:`Analysis` goes to JSON and back
without loss. Users take all names from here.
"""

from verl_visual_sdpo.types.analysis import (
    Analysis,
    Blame,
    Defect,
    Evidence,
    Feedback,
    Reward,
    Task,
    Undetermined,
    telling_page,
)
from verl_visual_sdpo.types.picture import MAPPED, TIES, Box, Element, Owner, Rendering, Scene
from verl_visual_sdpo.types.program import STATUSES, Execution, Program, ProgramError, Span, Statement

__all__ = [
    "MAPPED",
    "STATUSES",
    "TIES",
    "Analysis",
    "Blame",
    "Box",
    "Defect",
    "Element",
    "Evidence",
    "Execution",
    "Feedback",
    "Owner",
    "Program",
    "ProgramError",
    "Rendering",
    "Reward",
    "Scene",
    "Span",
    "Statement",
    "Task",
    "Undetermined",
    "telling_page",
]
