"""The main path on real programs in the real sandbox: every way a response can end is an Analysis."""

import asyncio
import io
import json
import threading

import pytest
from PIL import Image
from waiting import PATIENCE

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.pipeline import analyse, analyse_async, default_renderer, gather_evidence
from verl_visual_sdpo.inspection.reference import record_reference, reference_of
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Analysis, Task

GOOD = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9], label='squares')
plt.title('Growth')
plt.xlabel('n')
plt.ylabel('n squared')
plt.legend()
"""
OVERLAP = GOOD + "plt.text(2, 4, 'here it is')\nplt.text(2, 4, 'and here too')\n"


def fenced(source):
    return f"The chart:\n```python\n{source}```\n"


@pytest.fixture(scope="module")
def renderer():
    with ChartRenderer(workers=2, timeout=5.0) as renderer:
        yield renderer


def test_a_clean_chart_against_itself_is_worth_one(renderer):
    analysis = analyse(fenced(GOOD), Task("chart", reference=GOOD), renderer)
    assert analysis.execution.ok and analysis.defects == ()
    assert analysis.fidelity == {"text": 1.0, "layout": 1.0, "type": 1.0, "color": 1.0, "low": 1.0, "data": 1.0}
    assert analysis.reward.score == pytest.approx(1.0)


def test_a_defect_costs_and_the_rubric_and_the_blame_name_it(renderer):
    response = fenced(OVERLAP)
    analysis = analyse(response, Task("chart", reference=GOOD), renderer)
    overlap = next(i for i, d in enumerate(analysis.defects) if d.detector == "text-overlap")
    assert 0 < analysis.reward.score < 0.9
    assert json.loads(analysis.feedback.rubric)["defects"][0]["severity"] > 0
    spans = {s.id: s.span for s in analysis.program.statements}
    guilty = {
        response[spans[b.statement].start : spans[b.statement].end] for b in analysis.blames if b.defect == overlap
    }
    assert guilty & {"plt.text(2, 4, 'here it is')", "plt.text(2, 4, 'and here too')"}
    assert not guilty & {"plt.title('Growth')", "import matplotlib.pyplot as plt"}


def test_drawing_less_is_worth_less_than_drawing_it_badly(renderer):
    task = Task("chart", reference=OVERLAP)
    bad = analyse(fenced(OVERLAP), task, renderer).reward.score
    bare = analyse(fenced("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3], [1, 4, 9])\n"), task, renderer)
    empty = analyse(fenced("import matplotlib.pyplot as plt\nplt.figure()\n"), task, renderer)
    assert bad > bare.reward.score > empty.reward.score == 0.0


@pytest.mark.parametrize(
    ("response", "status", "line"),
    [
        ("I cannot draw.", "no_program", None),
        (fenced("import matplotlib.pyplot as plt\nplt.plot([1, 2\n"), "syntax_error", 2),
        (fenced("import matplotlib.pyplot as plt\n\nplt.plot(missing)\n"), "runtime_error", 3),
        (fenced("x = 1\n"), "no_output", None),
        (fenced("while True:\n    pass\n"), "timeout", None),
    ],
)
def test_every_failure_is_an_analysis_with_status_words_and_no_reward(response, status, line):
    with ChartRenderer(workers=1, timeout=2.0) as renderer:
        analysis = analyse(response, Task("chart", reference=GOOD), renderer)
    assert (analysis.execution.status, analysis.reward.score) == (status, 0.0)
    assert analysis.fidelity["low"] == 0.0 and analysis.feedback.words
    assert json.loads(analysis.feedback.rubric)["status"] == status
    if line is not None:
        assert analysis.execution.error.line == line
        assert f"Line {line}:" in analysis.feedback.words
        assert max(analysis.responsibilities().values()) == 1.0


def test_the_same_response_gives_the_same_analysis_and_survives_json(renderer):
    once, twice = (analyse(fenced(OVERLAP), Task("chart", reference=GOOD), renderer) for _ in range(2))
    assert (once.defects, once.blames, once.reward, once.feedback) == (
        twice.defects,
        twice.blames,
        twice.reward,
        twice.feedback,
    )
    assert once.scenes == twice.scenes
    assert Analysis.from_json(once.to_json()) == once


def test_a_recorded_reference_is_worth_what_its_code_is(renderer):
    recorded = record_reference(GOOD, renderer)
    from_code = analyse(fenced(OVERLAP), Task("chart", reference=GOOD), renderer)
    from_record = analyse(fenced(OVERLAP), Task("chart", reference=recorded), renderer)
    assert (from_record.reward, from_record.fidelity) == (from_code.reward, from_code.fidelity)
    assert reference_of(Task("chart", reference=fenced(GOOD)), renderer).record["texts"]


@pytest.mark.parametrize("reference", ["1/0\n", "x = 1\n", '{"record": 3}', '{"execution": {"status": "ok"}}'])
def test_a_reference_that_cannot_be_used_is_the_callers_error(renderer, reference):
    with pytest.raises(InvalidInputError, match="reference"):
        analyse(fenced(GOOD), Task("chart", reference=reference), renderer)


def test_an_unknown_domain_is_refused():
    with pytest.raises(InvalidInputError, match="'sculpture'"):
        analyse(fenced(GOOD), Task("sculpture"))


def test_the_default_renderer_is_one_per_settings():
    one = default_renderer("chart", timeout=4.0)
    assert default_renderer("chart", timeout=4.0) is one
    assert analyse(fenced(GOOD), Task("chart"), one).execution.ok


async def test_a_slow_program_does_not_block_the_event_loop(renderer):
    """The slow one is let go on only when the quick one is done: were the loop blocked by it, neither would end."""
    begun, go = threading.Event(), threading.Event()

    class Held:
        def render(self, program, options):
            begun.set()
            assert go.wait(PATIENCE), "the event loop was blocked"
            return renderer.render(program, options)

    slow = asyncio.create_task(analyse_async(fenced("while True:\n    pass\n"), Task("chart"), Held()))
    while not begun.is_set():
        await asyncio.sleep(0.01)
    quick = await analyse_async(fenced(GOOD), Task("chart", reference=GOOD), renderer)
    assert quick.execution.ok and not slow.done()
    go.set()
    assert (await slow).execution.status == "timeout"


def test_evidence_scales_its_picture_down_and_never_up(renderer):
    analysis = analyse(fenced(GOOD), Task("chart"), renderer)
    small = gather_evidence(analysis, picture_max_pixels=20_000)
    width, height = Image.open(io.BytesIO(small.image)).size
    full_width, full_height = analysis.scene.size
    assert 0.9 * 20_000 < width * height <= 20_000
    assert width / height == pytest.approx(full_width / full_height, rel=0.02)
    assert gather_evidence(analysis, picture_max_pixels=10**7).image == analysis.scene.image
