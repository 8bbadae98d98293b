"""What is seen in a chart: every visible artist with its extent, its looks and its container."""

import numpy as np
import pytest
from drawn_chart import HEAD, Drawn, pixels


def ink(scene, color):
    """The box of the pixels that have just this colour."""
    ys, xs = np.nonzero((pixels(scene) == color).all(axis=2))
    return xs.min(), ys.min(), xs.max() + 1, ys.max() + 1


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
