"""What the trainer makes of the reward's rows, where no run is needed to see it."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence


def test_opsd_without_references_is_refused():
    """Else no rollout would have a teacher, and the run would be GRPO by another name."""
    from verl_visual_sdpo.verl_plugin.trainer import _check_references

    bare = Evidence(determined=True, status="ok")
    known = Evidence(determined=True, status="ok", reference="plt.plot([1, 2])")
    with pytest.raises(InvalidInputError, match="OPSD.*no row of this batch has reward_model.ground_truth"):
        _check_references([bare, bare], ("reference",))
    _check_references([bare, known], ("reference",))
    _check_references([bare, bare], ("image", "reference"))
