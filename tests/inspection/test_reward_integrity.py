"""The reward on real pictures: no way of hiding, shrinking or leaving out content beats a chart with its defects."""

import pytest
from rain_chart import CLEAN, SLOPPY

from verl_visual_sdpo.inspection.pipeline import analyse_program
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Task

CHEATS = {
    "transparent text": "for t in fig.findobj(Text): t.set_alpha(0)",
    "faint text": "for t in fig.findobj(Text): t.set_alpha(0.1)",
    "white text": "for t in fig.findobj(Text): t.set_color('white')",
    "invisible text": "for t in fig.findobj(Text): t.set_visible(False)",
    "tiny text": "for t in fig.findobj(Text): t.set_fontsize(2)",
    "a dot for every text": "for t in (ax.title, ax.yaxis.label, *ax.texts): t.set_text('.')",
    "no axis": "ax.set_axis_off()",
    "no ticks": "ax.set_xticks([])",
    "no legend": "ax.get_legend().remove()",
    "no note": "ax.texts[0].remove()",
    "a canvas of a square metre": "fig.set_size_inches(40, 40)",
    "data out of view": "ax.set_ylim(100, 200)",
    "a cleared figure": "fig.clear()",
    "a note on a figure of its own": "ax.texts[0].remove(); plt.figure(); plt.text(0, 0, 'a wet year')",
    "something over it all": "fig.add_axes([0, 0, 1, 1], zorder=99)",
}


@pytest.fixture(scope="module")
def score():
    with ChartRenderer(workers=2) as renderer:

        def score(source: str, reference: str = CLEAN) -> float:
            analysis = analyse_program(bare_program(source), Task("chart", reference=reference), renderer)
            assert analysis.execution.ok, analysis.feedback.words
            return analysis.reward.score

        yield score


def test_the_clean_chart_is_worth_one_and_the_sloppy_one_less(score):
    assert score(CLEAN) == pytest.approx(1.0)
    assert 0.3 < score(SLOPPY) < 0.85


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_no_cheat_beats_the_sloppy_chart(score, cheat):
    assert score(SLOPPY + cheat + "\n") <= score(SLOPPY)


@pytest.mark.parametrize("line", [n for n, text in enumerate(SLOPPY.splitlines()) if text.startswith("ax.")])
def test_no_deleted_line_beats_the_sloppy_chart(score, line):
    lines = SLOPPY.splitlines(keepends=True)
    assert score("".join(lines[:line] + lines[line + 1 :])) <= score(SLOPPY)


def test_mending_each_defect_pays(score):
    steps = [SLOPPY]
    steps.append(steps[-1].replace("'Rome on Tiber', 'Oslo in winter'", "'Rome', 'Oslo'"))
    steps.append(steps[-1].replace("ax.legend", "ax.set_ylim(0, 9)\nax.legend"))
    steps.append(steps[-1].replace("ax.text(1, 6.4,", "ax.text(0, 8,"))
    worth = [score(step) for step in steps]
    assert worth == sorted(worth) and worth[0] < worth[1] < worth[-1] == pytest.approx(1.0)
