"""Feedback is made short by whole pieces, the most severe kept."""

from __future__ import annotations

import json

import pytest

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.budgets import LEAST_PIXELS, LEAST_RUBRIC_CHARS, cut_rubric, last_lines, shorter

ROWS = [{"what": f"defect-{n}", "severity": severity} for n, severity in enumerate((0.2, 0.9, 0.5, 0.7))]
RUBRIC = json.dumps({"defects": ROWS, "likeness": {"text": 0.8}}, separators=(",", ":"))


@pytest.mark.parametrize(("chars", "kept"), [(len(RUBRIC), 4), (160, 3), (120, 2), (85, 1), (5, 1)])
def test_the_most_severe_stay_and_the_others_are_counted(chars, kept):
    found = json.loads(cut_rubric(RUBRIC, chars))
    told = [row["severity"] for row in found["defects"]]
    assert sorted(told, reverse=True) == [0.9, 0.7, 0.5, 0.2][:kept]
    assert found.get("more", 0) == 4 - kept and found["likeness"] == {"text": 0.8}
    assert kept == 1 or len(cut_rubric(RUBRIC, chars)) <= chars


def test_what_was_left_out_before_is_counted_too():
    told = json.dumps({"defects": ROWS[:2], "more": 5})
    assert json.loads(cut_rubric(told, 60))["more"] == 6


@pytest.mark.parametrize(
    "text", ["not json " * 9, '{"status": "timeout", "error": "' + "x" * 80 + '"}', "[1, 2, 3]" * 8]
)
def test_what_is_no_rubric_is_cut_and_says_so(text):
    assert cut_rubric(text, 30) == f"{text[:30]} [{len(text) - 30} more characters]"


def test_a_traceback_keeps_its_end():
    assert last_lines("a\nb\nc", 2) == "[1 more lines]\nb\nc" and last_lines("a\nb\n", 2) == "a\nb"


def test_texts_are_given_up_before_the_picture_and_each_step_is_smaller():
    config, seen = DistillationConfig(), []
    while config := shorter(config):
        seen.append((config.rubric_chars, config.traceback_lines, config.image_max_pixels))
    assert all(sum(b) < sum(a) and all(y <= x for x, y in zip(a, b)) for a, b in zip(seen, seen[1:]))
    first_smaller_picture = next(
        i for i, budgets in enumerate(seen) if budgets[2] < DistillationConfig().image_max_pixels
    )
    assert seen[first_smaller_picture - 1][0] == LEAST_RUBRIC_CHARS and seen[-1][2] == LEAST_PIXELS
    small = DistillationConfig(rubric_chars=100, traceback_lines=2, image_max_pixels=50)
    assert shorter(small) is None, "a budget below the least is kept, not raised"
