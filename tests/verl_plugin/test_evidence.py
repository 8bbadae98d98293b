"""What is made of the reward's rows."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence


def test_opsd_without_references_is_refused():
    """Else no rollout would have a teacher, and the run would be GRPO by another name."""
    from verl_visual_sdpo.verl_plugin.evidence import check_references

    bare = Evidence(determined=True, status="ok")
    known = Evidence(determined=True, status="ok", reference="plt.plot([1, 2])")
    with pytest.raises(InvalidInputError, match="OPSD.*no row of this batch has reward_model.ground_truth"):
        check_references([bare, bare], ("reference",))
    check_references([bare, known], ("reference",))
    check_references([bare, bare], ("image", "reference"))
