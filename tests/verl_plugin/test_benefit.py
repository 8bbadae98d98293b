"""What is made of both answers; that they are asked for is tested through Ray (test_end_to_end.py)."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.verl_plugin.benefit import benefit, measure


def test_the_benefit_is_the_mean_difference_of_the_rewards():
    found = benefit([(0.2, 0.5), (0.6, 0.5), (0.4, 0.8)])
    assert found["teacher/benefit"] == pytest.approx(0.2)
    assert found["teacher/benefit_student"] == pytest.approx(0.4) and found["teacher/benefit_prompts"] == 3


def test_without_questions_nobody_is_asked():
    assert measure([], None, None, 3) == {} and benefit([]) == {}
