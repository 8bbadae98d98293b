"""Forging: whatever a program does to the recorder that shares its process, its score is that of what it draws.

Each program of ``hostile/forging`` is a trick behind an honest, sloppy chart. It is run behind the whole policy, and
again without screen and guard, where the drawing apart stands alone and what cannot be drawn apart is refused. Either
time it is forbidden, or fails, or is worth no more than the chart without the trick.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rain_chart import CLEAN, SLOPPY

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.pipeline import analyse_program
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.audit import Audit, contradiction
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Task

TASK = Task("chart", reference=CLEAN)
FORGING = sorted((Path(__file__).parent / "hostile" / "forging").glob("*.py"))


def expected(path):
    what, expect = path.read_text().splitlines()[:2]
    assert what.startswith("# forging: ") and expect in ("# expect: forbidden", "# expect: harmless"), path
    return expect.removeprefix("# expect: ")


@pytest.fixture(scope="module")
def screened():
    with ChartRenderer(workers=2, timeout=60) as renderer:
        yield renderer


@pytest.fixture(scope="module")
def bare():
    with ChartRenderer(workers=2, timeout=60, screened=False, unverified="refuse") as renderer:
        yield renderer


@pytest.fixture(scope="module")
def drawing_itself():
    with ChartRenderer(timeout=60, screened=False, audit=0.0) as renderer:
        yield renderer


def analysed(renderer, source):
    return analyse_program(bare_program(source), TASK, renderer)


@pytest.fixture(scope="module")
def runs(screened, bare):
    """{(name of a trick, renderer): its analysis}, all at once; the chart without a trick under the name ""."""
    sources = {"": SLOPPY} | {path.stem: SLOPPY + path.read_text() for path in FORGING}
    jobs = [(name, renderer) for name in sources for renderer in (screened, bare)]
    with ThreadPoolExecutor(4) as threads:
        done = threads.map(lambda job: analysed(job[1], sources[job[0]]), jobs)
        return dict(zip(jobs, done, strict=True))


def test_there_are_tricks_enough():
    assert len(FORGING) >= 25


def test_the_chart_without_a_trick_is_drawn_apart(runs, screened, bare):
    for renderer in (screened, bare):
        honest = runs["", renderer]
        assert (honest.execution.status, honest.execution.audit) == ("ok", "derived")
        assert 0.2 < honest.reward.score < 0.9


@pytest.mark.parametrize("path", FORGING, ids=lambda path: path.stem)
def test_behind_the_whole_policy(runs, screened, path):
    seen = runs[path.stem, screened]
    if expected(path) == "forbidden":
        assert seen.execution.status == "forbidden", seen.execution
        assert seen.execution.error.message
    assert seen.reward.score <= runs["", screened].reward.score + 1e-6, seen.execution


@pytest.mark.parametrize("path", FORGING, ids=lambda path: path.stem)
def test_without_screen_and_guard(runs, bare, path):
    seen = runs[path.stem, bare]
    assert seen.reward.score <= runs["", bare].reward.score + 1e-6, seen.execution


@pytest.mark.parametrize(
    ("trick", "named"),
    [
        ("patch_an_extent", "matplotlib.text.Text.get_window_extent"),
        ("swap_the_defaults", "matplotlib.text.Text.get_window_extent"),
        ("patch_numpy", "numpy.asarray"),
        ("patch_by_update_wrapper", "matplotlib.text.Text.draw"),
        ("patch_the_driver", "chart_record.facts"),
    ],
)
def test_where_a_program_draws_its_own_picture_the_seal_names_what_was_changed(drawing_itself, trick, named):
    source = SLOPPY + (Path(__file__).parent / "hostile" / "forging" / f"{trick}.py").read_text()
    execution = analysed(drawing_itself, source).execution
    assert execution.status == "forbidden" and named.rpartition(".")[0].split(".")[-1] in execution.error.message


@pytest.mark.parametrize(
    ("trick", "named"),
    [
        ("write_a_parcel_that_patches", "changes matplotlib.text.Text.get_window_extent"),
        ("write_a_parcel_that_calls", "calls get_projection_class while it is loaded"),
    ],
)
def test_a_parcel_written_by_hand_is_seen_through_where_it_is_loaded(runs, bare, trick, named):
    execution = runs[trick, bare].execution
    assert execution.status == "forbidden" and named in execution.error.message


# --------------------------------------------------------------------------- honest programs

FORMATTER = SLOPPY + "ax.yaxis.set_major_formatter(lambda value, position: f'{value:.0f} mm')\n"
OWN_CLASS = SLOPPY + "class Note(Text):\n    pass\nax.add_artist(Note(2, 2, 'by hand'))\n"


def texts(analysis):
    return [element.text for element in analysis.scene.elements if element.text]


def test_functions_of_the_program_are_asked_where_it_runs_and_quoted_where_it_is_drawn(screened):
    seen = analysed(screened, FORMATTER)
    assert seen.execution.audit == "derived" and "4 mm" in texts(seen)


def test_what_cannot_be_drawn_apart_is_unverified_with_a_reason_and_may_be_refused(screened, bare):
    seen, refused = analysed(screened, OWN_CLASS), analysed(bare, OWN_CLASS)
    assert (seen.execution.status, seen.execution.audit) == ("ok", "unverified")
    assert "Note" in seen.execution.audit_note and "by hand" in texts(seen)
    assert refused.execution.status == "forbidden" and "Note" in refused.execution.error.message


def test_owners_settings_and_other_figures_travel(screened):
    source = "import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 7\nplt.title('one')\nplt.figure()\n"
    source += "plt.plot([1, 2])\nplt.xkcd()\nplt.title('two')\n"
    source += "plt.savefig('a.png', dpi=50, bbox_inches='tight')\nplt.show()\n"
    program = bare_program(source)
    apart = screened.render(program)
    with ChartRenderer(timeout=60, audit=0.0) as renderer:
        inside = renderer.render(program)
    assert (apart.execution.audit, inside.execution.audit) == ("derived", "")
    assert contradiction(inside, apart) == "" and apart.record == inside.record
    owners = [
        [element.owners for scene in rendering.scenes for element in scene.elements] for rendering in (apart, inside)
    ]
    assert owners[0] == owners[1] and any(owners[0])


NORMS = (
    "import matplotlib.pyplot as plt\nfrom matplotlib.colors import FuncNorm, LogNorm, SymLogNorm\nimport numpy as np\n"
)
NORMS += "values = np.arange(1, 10).reshape(3, 3)\nfig, axes = plt.subplots(1, 3)\n"
NORMS += "for ax, norm in zip(axes, (LogNorm(), SymLogNorm(1), FuncNorm((np.sqrt, np.square)))):\n"
NORMS += "    fig.colorbar(ax.pcolormesh(values, norm=norm))\n"


def test_figures_whose_pickles_call_the_library_are_drawn_apart(screened):
    seen = screened.render(bare_program(NORMS))
    assert (seen.execution.status, seen.execution.audit) == ("ok", "derived"), seen.execution
    assert [element.kind for element in seen.scenes[0].elements].count("colorbar") == 3


def test_a_share_is_drawn_by_a_lot_that_the_salt_decides():
    sources = [f"x = {i}" for i in range(400)]
    chosen = [Audit(0.25, salt="a").chosen(source, {}) for source in sources]
    assert 60 < sum(chosen) < 140 and chosen == [Audit(0.25, salt="a").chosen(source, {}) for source in sources]
    assert chosen != [Audit(0.25, salt="b").chosen(source, {}) for source in sources]
    assert all(Audit(1.0).chosen(source, {}) for source in sources)
    assert not any(Audit(0.0).chosen(source, {}) for source in sources)


def test_a_contradiction_is_seen_and_the_drawing_apart_counts():
    hidden = (
        SLOPPY + "draw = Text.draw\nText.draw = lambda text, renderer: None\nfig.savefig('a.png')\nText.draw = draw\n"
    )
    with ChartRenderer(timeout=60, audit=0.999999, screened=False) as renderer:
        seen = renderer.render(bare_program(hidden))
    assert seen.execution.status == "forbidden"


@pytest.mark.parametrize("settings", [{"audit": 1.5}, {"audit": -0.1}, {"unverified": "perhaps"}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(InvalidInputError, match="audit|unverified"):
        ChartRenderer(**settings)
