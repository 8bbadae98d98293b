"""ChartMimic's definitions and the quirks of its public scorer, one by one, on programs that are really drawn."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verl_visual_sdpo.benchmarks.chartmimic.quirks import ALL, QUIRKS, quirks_without
from verl_visual_sdpo.benchmarks.chartmimic.scores import summarise, terms
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer


def saved(body: str) -> str:
    head = "import matplotlib.pyplot as plt\nimport numpy as np\n"
    return f"{head}{body}plt.tight_layout()\nplt.savefig('x.pdf', bbox_inches='tight')\n"


@pytest.fixture(scope="module")
def notes():
    with ChartRenderer(workers=1, timeout=120) as renderer:

        def notes(body: str) -> dict:
            rendering = renderer.render(bare_program(saved(body)), {"chartmimic": True})
            assert rendering.execution.ok, rendering.execution.error
            return rendering.record["chartmimic"]

        yield notes


PLOT = "plt.plot([1, 2])\n"
MANY = "plt.bar(range(12), 1, color=[f'#0000{n:02x}' for n in range(200, 212)])\n"
# quirk: (what is drawn, what is wanted, the term, its score with the quirk and without)
CASES = {
    "empty-is-zero": (PLOT, PLOT, "text", 0.0, 1.0),
    "ticks-cleared": (PLOT, PLOT + "plt.title('up')\n", "text", 0.0, pytest.approx(24 / 25)),
    "ticks-left": (
        "ax = plt.subplot(projection='3d')\nax.set_zticks([1], ['one'])\n",
        "ax = plt.subplot(projection='3d')\nax.set_zticks([1], ['one'])\nax.set_title('three')\n",
        "text",
        pytest.approx(2 / 3),
        0.0,
    ),
    "last-figure": (PLOT + "plt.figure()\nplt.subplot()\n", PLOT, "layout", 1.0, pytest.approx(2 / 3)),
    "graph-layout": ("plt.subplot(1, 2, 1)\n", PLOT, "layout", 1.0, 0.0),
    "unhooked-calls": (PLOT + "plt.pcolormesh(np.eye(2))\n", PLOT, "type", 1.0, pytest.approx(2 / 3)),
    "shapes-are-charts": (PLOT + "plt.Circle((0, 0), 1)\n", PLOT, "type", pytest.approx(2 / 3), 1.0),
    "last-artist": (
        "a, = plt.plot([1], color='red')\nb, = plt.plot([2], color='red')\na.set_color('blue')\n",
        "plt.plot([1], color='red')\n",
        "color",
        1.0,
        pytest.approx(2 / 3),
    ),
    "unreadable-color": (
        "plt.bar([1], [1])[0].set_color('red')\n",
        "plt.bar([1], [1], color='red')\n",
        "color",
        0.0,
        1.0,
    ),
    "thinned-colors": (MANY, "plt.bar([1], [1], color='#0000c8')\n", "color", 1.0, pytest.approx(2 / 13)),
}


@pytest.mark.parametrize("quirk", CASES)
def test_each_quirk_can_be_switched_off(notes, quirk):
    drawn, wanted, term, there, without = CASES[quirk]
    name, pair = "graph_1" if quirk == "graph-layout" else "bar_1", (notes(drawn), notes(wanted))
    assert terms(*pair, name)[term] == there
    assert terms(*pair, name, ALL - {quirk})[term] == without


def test_every_quirk_has_its_test_and_a_name_that_is_refused_when_it_is_wrong():
    assert set(CASES) | {"first-block"} == set(QUIRKS)
    with pytest.raises(InvalidInputError, match="quirk tidy is not known"):
        quirks_without(["tidy"])


RICH = """\
fig = plt.figure(figsize=(8, 4))
ax = fig.add_subplot(1, 3, 1)
ax.bar(['a', 'b'], [1, 2], color=['red', 'navy'])
ax.errorbar([0, 1], [1, 2], yerr=0.2, label='error')
ax.set_yscale('log')
ax.legend(title='two\\nlines')
polar = fig.add_subplot(1, 3, 2, projection='polar')
polar.plot([0, 1], [1, 2], c='g')
space = fig.add_subplot(1, 3, 3, projection='3d')
space.scatter([1, 2], [1, 2], [1, 2], c='m')
space.plot_surface(np.eye(2), np.eye(2), np.eye(2), cmap='magma')
for x in (ax, polar): x.axhline(1, color='0.5')
ax.stem([1, 2]); ax.hist([1, 2, 2]); ax.violinplot([1, 2, 3]); ax.pie([1, 2]); ax.imshow(np.eye(3))
ax.add_patch(plt.Circle((0, 0), 1, color='pink'))
fig.suptitle('all $x^2$')
"""


def test_one_run_notes_what_four_runs_behind_plain_hooks_find(notes, tmp_path):
    """The straight reading of ``chartmimic_straight.py``; ``chartmimic_agreement.py`` has hundreds of programs."""
    script = Path(__file__).with_name("chartmimic_straight.py")
    (tmp_path / "program.py").write_text(saved(RICH))

    def straight(kind):
        out = tmp_path / f"{kind}.json"
        command = [sys.executable, str(script), kind, "program.py", str(out)]
        subprocess.run(command, cwd=tmp_path, check=True, env={"MPLBACKEND": "Agg", "PATH": ""}, capture_output=True)
        return json.loads(out.read_text())

    with ThreadPoolExecutor(2) as threads:
        texts, layout, types, colors = threads.map(straight, ("text", "layout", "type", "color"))
    ours = notes(RICH)
    assert sorted(texts) == sorted(ours["texts"]["plain"] + ours["texts"]["kept tick"])
    assert layout == ours["layout"]["last"]
    assert sorted(types.values()) == sorted(ours["types"].values()) and len(types) > 12
    assert [c.replace("map ", "cmap:") for _, c in colors] == [c for _, c in ours["colors"]["kept"]]


def test_failed_programs_count_and_intervals_hold_the_mean():
    good = {"status": "ok", "text": 1.0, "layout": 1.0, "type": 0.5, "color": 0.5, "low": 0.75, "high": 0.5}
    bad = {**dict.fromkeys(good, 0.0), "status": "timeout"}
    found = summarise([good] * 3 + [bad])
    assert found["execution"].value == 75.0 and found["low"].value == pytest.approx(56.25)
    assert found["overall"].value == pytest.approx(0.75 * 62.5)
    assert found["low"].low < 56.25 < found["low"].high and summarise([good, bad]) == summarise([good, bad])
    assert summarise([good, {**good, "high": None}])["overall"].value is None
