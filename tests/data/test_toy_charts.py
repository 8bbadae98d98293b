"""The toy charts: prompts say every number too, rewording keeps the picture, slips break the program."""

import json
import random

from verl_visual_sdpo.data.toy_charts import KINDS, TYPOS, draw_chart, good_knobs, reword, write_program, write_prompt
from verl_visual_sdpo.data.toy_feedback import break_program


def charts(count: int):
    rng = random.Random(7)
    return [draw_chart(rng, KINDS[n % len(KINDS)]) for n in range(count)]


def test_the_prompt_names_every_word_and_number_of_the_program():
    for chart in charts(10):
        prompt, program = write_prompt(chart), write_program(chart, good_knobs(chart))
        for word in (chart.title, chart.color, *chart.labels, *chart.names, chart.mark):
            assert word in prompt and word in program
        for row in chart.series:
            assert json.dumps(list(row)) in prompt and json.dumps(list(row)) in program


def test_rewording_keeps_what_the_picture_shows():
    rng = random.Random(3)
    for chart in charts(10):
        other = reword(chart, rng)
        assert other.series == chart.series
        assert (len(other.labels), len(other.names)) == (len(chart.labels), len(chart.names))


def test_broken_programs_differ_in_one_slip():
    rng = random.Random(0)
    for chart in charts(10):
        program = write_program(chart, good_knobs(chart))
        broken = break_program(program, rng, TYPOS)
        assert broken != program
        assert any(broken.replace(wrong, right, 1) == program or right in program for right, wrong in TYPOS)
        assert abs(len(broken) - len(program)) <= 1
