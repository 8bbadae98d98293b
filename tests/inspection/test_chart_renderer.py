"""Charts through the whole road: program in, pictures with extents, style and owners out."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from waiting import PATIENCE

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.render.chart import ChartRenderer

HEAD = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(4, 3), dpi=100)\n"


@pytest.fixture(scope="module")
def renderer():
    with ChartRenderer(timeout=20) as renderer:
        yield renderer


class Drawn:
    """A rendering with the questions that the tests ask."""

    def __init__(self, renderer, source, **options):
        self.program = bare_program(source)
        self.rendering = renderer.render(self.program, options)
        assert self.rendering.execution.ok, self.rendering.execution
        self.scenes = self.rendering.scenes

    def all(self, kind, scene=0):
        return [e for e in self.scenes[scene].elements if e.kind == kind]

    def one(self, kind, text=None):
        (found,) = [e for e in self.all(kind) if text is None or e.text == text]
        return found

    def owners(self, element):
        """{(line, tie, prop)}"""
        line = {s.id: s.line for s in self.program.statements}
        return {(line[o.statement], o.tie, o.prop) for o in element.owners}

    def lines(self, element):
        return {line for line, _, _ in self.owners(element)}


def pixels(scene):
    return np.asarray(Image.open(io.BytesIO(scene.image)).convert("RGB")).astype(int)


def ink(scene, color):
    """The box of the pixels that have just this colour."""
    ys, xs = np.nonzero((pixels(scene) == color).all(axis=2))
    return xs.min(), ys.min(), xs.max() + 1, ys.max() + 1


# --------------------------------------------------------------------------- how programs end


@pytest.mark.parametrize(
    ("source", "status", "line"),
    [
        ("import matplotlib.pyplot as plt\nplt.plot([1, 2)\n", "syntax_error", 2),
        ("def f():\n    return 1 / 0\n\nf()\n", "runtime_error", 2),
        ("import numpy as np\n\nnp.zeros(3).reshape(2)\n", "runtime_error", 3),
        ("x = 1\nimport sys\nsys.exit(3)\n", "runtime_error", 3),
        ("def f(n):\n    return f(n + 1)\nf(0)", "runtime_error", 2),
        ("x = 1\ny = bytearray(4 << 30)\n", "memory", 2),
        ("import socket\n", "forbidden", 1),
        ("x = 1\n", "no_output", None),
        ("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.close()\n", "no_output", None),
    ],
)
def test_programs_that_fail_are_results_with_a_line(renderer, source, status, line):
    rendering = renderer.render(bare_program(source))
    assert (rendering.execution.status, rendering.execution.error.line) == (status, line)
    assert rendering.scenes == () and rendering.execution.error.message


def test_no_program(renderer):
    assert renderer.render(extract_program("no code")).execution.status == "no_program"


def test_a_program_that_hangs_is_stopped():
    with ChartRenderer(timeout=0.5) as renderer:
        execution = renderer.render(bare_program("while True:\n    pass")).execution
    assert execution.status == "timeout" and 0.5 <= execution.seconds < PATIENCE


def test_the_traceback_is_the_programs_own(renderer):
    execution = renderer.render(bare_program("def f(x):\n    return x.nothing\n\nf(1)\n")).execution
    assert "return x.nothing" in execution.error.traceback and "chart.py" not in execution.error.traceback
    assert execution.error.type == "AttributeError"


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "import os\nos.write(3, b'x' * 99)\nos._exit(0)"])
def test_a_spoilt_report_is_the_programs_failure(code):
    with ChartRenderer(screened=False) as renderer:
        rendering = renderer.render(bare_program(code))
    assert (rendering.execution.status, rendering.execution.error.type) == ("runtime_error", "BrokenReport")


def test_exit_zero_and_printing_are_fine(renderer):
    drawn = Drawn(renderer, HEAD + "print('said')\nplt.show()\nimport sys\nsys.exit(0)")
    assert drawn.rendering.execution.output == "said\n"
    assert "seccomp" in drawn.rendering.execution.layers


# --------------------------------------------------------------------------- which picture


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("", (400, 300)),
        ("plt.show()", (400, 300)),
        ("plt.savefig('a.png')", (400, 300)),
        ("plt.savefig('a.png', dpi=50)", (200, 150)),
        ("plt.savefig('a.pdf', dpi=50)\nplt.show()", (200, 150)),
        ("plt.savefig('no/such/folder/a.svg', dpi=50)\nplt.close()", (200, 150)),
        ("import os\nos.makedirs('/tmp/no/entry')\nplt.savefig('/tmp/no/entry/a.png', dpi=50)", (200, 150)),
        ("plt.savefig('a.png', dpi=50)\nplt.savefig('b.png', dpi=75)", (300, 225)),
        ("plt.rcParams['savefig.dpi'] = 50\nfig.savefig('a.png')", (200, 150)),
        ("import io\nfig.savefig(io.BytesIO(), dpi=50)", (200, 150)),
        ("fig.canvas.print_png('a.png')", (400, 300)),
        ("import matplotlib\nmatplotlib.use('TkAgg')\nplt.switch_backend('Qt5Agg')\nplt.show()", (400, 300)),
    ],
)
def test_the_picture_is_the_one_the_program_made(renderer, code, size):
    (scene,) = Drawn(renderer, HEAD + "ax.plot([1, 2])\n" + code).scenes
    assert scene.size == size
    assert pixels(scene).shape[1::-1] == size


def test_a_saved_file_can_be_read_back(renderer):
    code = "fig.savefig('a.png')\nfrom PIL import Image\nassert Image.open('a.png').size == (400, 300)\n"
    Drawn(renderer, HEAD + code)


def test_huge_pictures_are_drawn_smaller(renderer):
    drawn = Drawn(renderer, HEAD + "ax.set_title('T')\nplt.savefig('a.png', dpi=2000)", max_pixels=30_000)
    assert drawn.scenes[0].size == (200, 150)
    assert drawn.one("title").box.top >= 0 and drawn.one("title").box.right <= 200


def test_several_figures_are_several_scenes_and_empty_ones_do_not_count(renderer):
    code = (
        "import matplotlib.pyplot as plt\nplt.figure()\nfor i in range(3):\n    plt.figure()\n    plt.title(f'T{i}')\n"
    )
    drawn = Drawn(renderer, code + "plt.show()", max_figures=4)
    assert [drawn.all("title", i)[0].text for i in range(len(drawn.scenes))] == ["T0", "T1", "T2"]
    assert drawn.rendering.record["figures"] == 3


def test_unseeded_random_numbers_give_the_same_picture(renderer):
    code = "import numpy as np, random\nax.plot(np.random.rand(9))\nax.plot([random.random(), 1])\n"
    code += "one, two = np.random.default_rng(), np.random.default_rng()\nax.scatter(one.random(5), two.random(5))\n"
    first, second = (Drawn(renderer, HEAD + code + f"# {i}").scenes[0].image for i in range(2))
    assert first == second


# --------------------------------------------------------------------------- where things are


@pytest.mark.parametrize("tight", ["", ", bbox_inches='tight'", ", bbox_inches='tight', pad_inches=0.7"])
def test_boxes_lie_on_the_ink(renderer, tight):
    code = (
        "ax.set_position([0.2, 0.2, 0.6, 0.6])\nax.bar([0], [1], color='#123456', width=0.5)\n"
        "ax.text(1.2, 0.5, 'HHH', transform=ax.transAxes, color='#00ff00', size=20, clip_on=False)\n"
        "ax.axis('off')\n"
    )
    drawn = Drawn(renderer, HEAD + code + f"plt.savefig('a.png'{tight})")
    (scene,) = drawn.scenes
    bar = drawn.one("bar").box
    assert np.allclose(ink(scene, (0x12, 0x34, 0x56)), (bar.left, bar.top, bar.right, bar.bottom), atol=1.5)
    text = drawn.one("text").box
    left, top, right, bottom = ink(scene, (0, 255, 0))
    assert text.left - 1 <= left and text.top - 1 <= top and bottom <= text.bottom + 1
    if tight:  # the whole text is in the picture then; without, it runs over the edge and keeps its extent
        assert right <= text.right + 1 <= scene.size[0] + 1
    else:
        assert text.right > scene.size[0]


def test_slanted_text_has_its_corners(renderer):
    drawn = Drawn(renderer, HEAD + "ax.text(0.5, 0.5, 'a long label', rotation=45)\n")
    text = drawn.one("text")
    corners = np.array(text.outline)
    assert np.allclose(corners.min(axis=0), (text.box.left, text.box.top), atol=1)
    assert np.allclose(corners.max(axis=0), (text.box.right, text.box.bottom), atol=1)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    assert sides.max() > 4 * sides.min()
    assert corners[1][1] < corners[0][1]  # reads upwards


def test_data_are_clipped_to_their_axes_and_text_is_not(renderer):
    drawn = Drawn(renderer, HEAD + "ax.plot([0, 9], [0, 9])\nax.set_xlim(0, 1)\nax.text(5, 5, 'out')\n")
    axes, line, text = drawn.one("axes"), drawn.one("line"), drawn.one("text")
    assert line.clip == axes.box and line.box.right > axes.box.right and text.clip is None
    assert len(line.outline) == 2 and line.panel == text.panel == axes.id


def test_outlines_are_thinned_to_what_is_in_sight(renderer):
    code = "import numpy as np\nx = np.linspace(0, 100, 100_000)\nax.plot(x, np.sin(x))\nax.set_xlim(0, 10)\n"
    drawn = Drawn(renderer, HEAD + code)
    line = drawn.one("line")
    assert 100 < len(line.outline) <= 500
    assert sum(line.clip.left - 1 <= x <= line.clip.right + 1 for x, _ in line.outline) > 190


def test_what_cannot_be_seen_is_no_element(renderer):
    code = (
        "ax.set_title('hidden', visible=False)\nax.text(0, 0, 'ghost', alpha=0)\nax.text(0, 0, '  ')\n"
        "ax.plot([1], [1], linestyle='none')\nax.bar([1], [1], color='none')\n"
        "ax.set_xticks([])\nax.yaxis.set_visible(False)\n"
        "other = fig.add_axes([0, 0, 1, 1])\nother.set_visible(False)\nother.set_title('gone')\n"
    )
    kinds = {e.kind for e in Drawn(renderer, HEAD + code).scenes[0].elements}
    assert kinds == {"figure", "axes"}


def test_kinds_style_and_containers(renderer):
    code = (
        "ax.bar(['a', 'b'], [1, 2], color='red', label='bars')\nax.plot([0, 1], [1, 2], 'k--', lw=2, label='line')\n"
        "points = ax.scatter([0, 1], [1, 2], s=[36, 36], c=[1, 2], cmap='magma')\nax.axvspan(0, 1)\n"
        "ax.annotate('peak', (1, 2), (0.5, 1.5), arrowprops={'arrowstyle': '->'})\nax.legend(title='Key')\n"
        "ax.set(title='Title', xlabel='across', ylabel='up')\nfig.suptitle('Over')\n"
        "fig.colorbar(points).set_label('bar')\n"
        "ax.fill_between([0, 1], [0, 1])\nplt.figure(1).text(0.1, 0.1, 'boxed', bbox={'facecolor': 'yellow'})\n"
    )
    drawn = Drawn(renderer, HEAD + code)
    assert {e.text for e in drawn.all("title")} == {"Title", "Over"}
    assert {(e.text, e.style["axis"]) for e in drawn.all("axis-label")} == {("across", "x"), ("up", "y"), ("bar", "y")}
    assert [e.style["face"] for e in drawn.all("bar")] == ["#ff0000"] * 2
    line = drawn.one("line")
    assert (line.style["color"], line.style["line_style"]) == ("#000000", "--")
    assert line.style["line_width"] == pytest.approx(2 * 100 / 72, abs=0.01)
    scatter = drawn.one("scatter")
    assert scatter.style["cmap"] == "magma" and scatter.style["marker_size"] == pytest.approx(6 * 100 / 72, abs=0.01)
    assert len(scatter.outline) == 2
    legend = drawn.one("legend")
    assert {e.text for e in drawn.all("legend-text")} == {"Key", "bars", "line"}
    assert all(e.parent == legend.id for e in drawn.all("legend-text"))
    colorbar = drawn.one("colorbar")
    assert any(e.panel == colorbar.id for e in drawn.all("tick-label"))
    assert drawn.one("annotation").text == "peak" and drawn.one("collection").style["face"]
    assert {e.style.get("role") for e in drawn.all("patch")} == {None, "arrow"}
    assert drawn.one("text").style["background"] == "#ffff00"
    assert {e.text for e in drawn.all("tick-label") if e.style["axis"] == "x"} == {"a", "b"}


@pytest.mark.parametrize("projection", ["polar", "3d", "mollweide"])
def test_tick_labels_of_every_projection_are_seen_and_owned(renderer, projection):
    drawn = Drawn(
        renderer, f"import matplotlib.pyplot as plt\nax = plt.subplot(projection='{projection}')\nax.plot([1], [1])"
    )
    ticks = drawn.all("tick-label")
    assert len(ticks) > 5 and all(2 in drawn.lines(tick) for tick in ticks)


# --------------------------------------------------------------------------- who drew it

PROGRAM = """\
import matplotlib.pyplot as plt
plt.rcParams["axes.titlesize"] = 20
def note(ax, x):
    ax.text(x, 1, "n\\u00f6te")
fig, axes = plt.subplots(1, 2)
left, right = axes
left.bar(["p", "q"], [1, 2], label="\\u00e4"); left.set_title("T", fontsize=30)
for x in range(2):
    note(left, x)
left.legend()
left.tick_params(axis="x", labelrotation=90)
left.tick_params(axis="x", labelsize=5)
left.set_ylim(0, 3)
plt.setp(right.get_xticklabels(), color="red")
for label in right.get_yticklabels():
    label.set_rotation(10)
left.texts[0].set_position((0.5, 0.5))
fig.subplots_adjust(left=0.3)
plt.tight_layout()
plt.savefig("x.png", bbox_inches="tight")
"""


@pytest.fixture(scope="module")
def owned(renderer):
    return Drawn(renderer, PROGRAM)


def test_everything_has_an_owner_and_never_the_line_that_only_draws(owned):
    elements = owned.scenes[0].elements
    assert all(element.owners for element in elements)
    assert not any(20 in owned.lines(element) for element in elements)


def test_two_statements_on_one_line_are_told_apart(owned):
    by_statement = {s.id: owned.program.source[s.span.start : s.span.end] for s in owned.program.statements}
    title = [by_statement[o.statement] for o in owned.one("title").owners if o.tie == "mutated"]
    assert set(title) == {'left.set_title("T", fontsize=30)'}
    bars = [by_statement[e.owners[0].statement] for e in owned.all("bar")]
    assert set(bars) == {'left.bar(["p", "q"], [1, 2], label="\\u00e4")'}


def test_the_title_belongs_to_its_axes_its_writer_and_the_setting(owned):
    assert {(5, "created", "*"), (7, "mutated", "text"), (7, "mutated", "size"), (2, "styled", "size")} <= owned.owners(
        owned.one("title")
    )


def test_helpers_and_their_callers_both_own(owned):
    note = owned.all("text")[1]
    line = {s.id: s.line for s in owned.program.statements}
    assert [(line[o.statement], o.depth) for o in note.owners] == [(4, 0), (9, 1)]


def test_later_moves_are_kept_by_property(owned):
    assert (17, "mutated", "position") in owned.owners(owned.all("text")[0])
    assert (17, "mutated", "position") not in owned.owners(owned.all("text")[1])


def test_all_tick_params_are_kept_and_reach_their_axis_only(owned):
    left = owned.all("axes")[0].id
    of_x, of_y = (
        [t for t in owned.all("tick-label") if t.panel == left and t.style["axis"] == axis] for axis in ("x", "y")
    )
    assert {(11, "styled", "rotation"), (12, "styled", "size"), (7, "mutated", "text")} <= owned.owners(of_x[0])
    assert not {11, 12} & owned.lines(of_y[0])
    assert (13, "mutated", "limits") in owned.owners(of_y[0])


def test_tick_labels_that_were_changed_one_by_one(owned):
    right = owned.all("axes")[1].id
    ticks = [t for t in owned.all("tick-label") if t.panel == right]
    assert all((14, "mutated", "color") in owned.owners(t) for t in ticks if t.style["axis"] == "x")
    assert all((16, "mutated", "rotation") in owned.owners(t) for t in ticks if t.style["axis"] == "y")


def test_legend_text_leads_back_to_the_labelled_artist(owned):
    assert {(10, "created", "*"), (7, "data", "text")} <= owned.owners(owned.one("legend-text"))


def test_layout_writes_reach_axes_and_figure(owned):
    for element in (*owned.all("axes"), owned.one("figure")):
        assert {(18, "mutated", "layout"), (19, "styled", "layout")} <= owned.owners(element)
    latest = max(owned.all("axes")[0].owners, key=lambda owner: owner.order)
    assert owned.program.statements[latest.statement].line == 19


def test_libraries_on_top_of_matplotlib(renderer):
    drawn = Drawn(
        renderer,
        "import pandas as pd, seaborn as sns, matplotlib.pyplot as plt\n"
        "sns.set_theme(style='darkgrid')\n"
        "frame = pd.DataFrame({'k': list('aabb'), 'x': [1, 2, 3, 4], 'g': [1, 2, 1, 2]})\n"
        "fig, (left, right) = plt.subplots(1, 2)\n"
        "sns.barplot(frame, x='k', y='x', hue='g', ax=left)\n"
        "frame.plot(x='x', y='g', ax=right, title='pandas')\n",
    )
    assert all(element.owners for element in drawn.scenes[0].elements)
    assert all(5 in drawn.lines(bar) for bar in drawn.all("bar"))
    assert (6, "mutated", "text") in drawn.owners(drawn.one("title"))
    assert any((2, "styled", "color") in drawn.owners(axes) for axes in drawn.all("axes"))
    assert 6 in drawn.lines(drawn.one("line"))


def test_a_layout_engine_is_a_layout_write(renderer):
    drawn = Drawn(renderer, HEAD + "fig.set_layout_engine('constrained')\n")
    assert (3, "styled", "layout") in drawn.owners(drawn.one("figure"))


# --------------------------------------------------------------------------- what it is made of


def test_the_record_is_what_likeness_is_measured_on(renderer):
    code = (
        "import matplotlib.pyplot as plt\nimport numpy as np\nfig, axes = plt.subplots(2, 2)\n"
        "axes[0, 0].hist([1, 2, 2], color='#112233')\naxes[0, 1].plot([1, 2], 'r')\naxes[0, 1].plot([2, 1], 'r')\n"
        "image = axes[1, 0].imshow(np.eye(2), cmap='magma')\naxes[1, 1].scatter([1], [1], c='lime')\n"
        "axes[0, 0].set_title('One\\nTwo')\naxes[0, 0].text(1, 1, 'free')\nfig.colorbar(image, ax=axes[1, 1])\n"
    )
    record = Drawn(renderer, code).rendering.record
    assert sorted(record["texts"]) == ["One", "Two", "free"]
    assert record["types"] == {"hist": 1, "plot": 2, "imshow": 1, "scatter": 1}
    assert record["colors"] == {
        "hist": ["#112233"],
        "plot": ["#ff0000"],
        "imshow": ["cmap:magma"],
        "scatter": ["#00ff00"],
    }
    assert [2, 2, 0, 0, 0, 0] in record["layout"] and [2, 2, 1, 1, 0, 0] in record["layout"]
    assert record["figures"] == 1 and record["versions"]["matplotlib"]


# --------------------------------------------------------------------------- the renderer itself


def test_it_is_a_renderer(renderer):
    assert isinstance(renderer, Renderer) and "landlock" in renderer.layers


def test_the_same_program_is_rendered_once_even_at_the_same_time(renderer):
    program = bare_program(HEAD + "import time\ntime.sleep(0.2)\n")
    elsewhere = extract_program("some words\n```python\n" + program.source + "```")
    with ThreadPoolExecutor(4) as threads:
        renderings = list(threads.map(renderer.render, [program, program, elsewhere, program]))
    assert all(rendering.scenes is renderings[0].scenes for rendering in renderings)
    costs = sorted((one.execution.cached, one.execution.attempts) for one in renderings)
    assert costs == [(False, 1), (True, 0), (True, 0), (True, 0)]
    assert not renderer.render(program, {"max_pixels": 10_000}).execution.cached


def test_the_cache_forgets_the_oldest():
    with ChartRenderer(cache_size=1) as renderer:
        first, other = bare_program(HEAD), bare_program(HEAD + "x = 1")
        cached = [renderer.render(program).execution.cached for program in (first, first, other, first)]
        assert cached == [False, True, False, False]
        found = renderer.statistics
        assert (found.cache.hits, found.cache.misses, found.cache.statuses) == (1, 3, {"ok": 4})
        assert found.pool.answered == 2 * 3  # run here, drawn there


def test_a_timeout_is_tried_again():
    program = bare_program(HEAD + "import time\ntime.sleep(60)\n")
    with ChartRenderer(timeout=0.3) as renderer:
        assert [renderer.render(program).execution.cached for _ in range(2)] == [False, False]


def test_a_closed_renderer_says_so():
    renderer = ChartRenderer()
    renderer.close()
    with pytest.raises(SandboxError, match="closed"):
        renderer.render(bare_program(HEAD))
