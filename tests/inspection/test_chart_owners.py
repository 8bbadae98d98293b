"""Who drew what: every element of a chart leads to the statements that made or changed it."""

import pytest
from drawn_chart import HEAD, Drawn

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
