"""Charts through the whole road: how programs end, which picture counts, and the renderer itself.

Where things are in it, and whose they are: test_chart_scene.py, test_chart_owners.py.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from drawn_chart import HEAD, Drawn, pixels
from waiting import PATIENCE

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.render.chart import ChartRenderer

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
