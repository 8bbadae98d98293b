"""Defects of pages traced to their statements, from the response to the blame: the declaration, the tag, the text or
the line of script that did it is named first."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.inspection.pipeline import analyse
from verl_visual_sdpo.inspection.render.web import WebRenderer
from verl_visual_sdpo.types import Task

pytestmark = pytest.mark.browser

FRAME = """<!doctype html><html><head><style>
body {{ margin: 0; font: 16px/1.5 sans-serif; color: #222; background: #fff; }}
main {{ width: 900px; margin: 0 auto; padding: 24px; }}
.cards {{ display: flex; gap: 20px; }} .card {{ flex: 1; padding: 16px; background: #f2f4f8; }}
{css}
</style></head><body><main><h1>Quarterly report</h1>
{body}
</main></body></html>"""
CARDS = """<div class="cards"><div class="card"><h2>North</h2><p>Sales rose by four percent in spring.</p></div>
<div class="card"><h2>South</h2><p>Sales fell, as had been expected by all.</p></div></div>"""

CASES = {
    "a faint colour in a rule": (".card p { color: #d8dade; }", CARDS, "low-contrast", "color: #d8dade;"),
    "a faint colour inline": ("", '<p style="color: #e4e4e4">hardly to be seen</p>', "low-contrast", "color: #e4e4e4"),
    "a faint colour that is inherited": (
        ".cards { color: #d0d4da; }", CARDS, "low-contrast", "color: #d0d4da;",
    ),
    "a faint colour of what is put before a text": (
        ".card p::before { content: 'New: '; color: #d8dade; }", CARDS, "low-contrast", "color: #d8dade;",
    ),
    "a ground as dark as the text": (".card { background: #333; }", CARDS, "low-contrast", "background: #333;"),
    "a rule that is overruled is not to blame": (
        ".card p { color: #eeeeee; } .cards .card p { color: #dddddd; }", CARDS, "low-contrast", "color: #dddddd;",
    ),
    "a box that is too low": (
        ".card { height: 60px; overflow: hidden; }", CARDS, "text-cut", ("height: 60px;", "overflow: hidden;"),
    ),
    "letters too small to read": (".card p { font-size: 6px; }", CARDS, "tiny-text", "font-size: 6px;"),
    "letters scaled down in a box around them": (
        ".cards { transform: translateX(5px) scale(.4); } .card p { font-size: 20px; }", CARDS, "tiny-text",
        "transform: translateX(5px) scale(.4);",
    ),
    "letters zoomed down": (".card p { zoom: .4; }", CARDS, "tiny-text", "zoom: .4;"),
    "letters scaled down twice, once more so": (
        ".cards { scale: .6; } .card { zoom: .8; }", CARDS, "tiny-text", "scale: .6;",
    ),
    "an element as wide as two windows": (
        ".cards { width: 2600px; }", CARDS, "horizontal-scroll", "width: 2600px;",
    ),
    "a script that fades a text": (
        "", '<p id="a">hardly to be seen</p><script>\n'
        'let x = 1;\ndocument.getElementById("a").style.color = "#eaeaea";\n</script>',
        "low-contrast", 'document.getElementById("a").style.color = "#eaeaea";',
    ),
    "a faint colour by an attribute": (
        "", '<p><font color="#e5e5e5">hardly to be seen</font></p>', "low-contrast", '<font color="#e5e5e5">',
    ),
    "a faint colour on what a script made": (
        "", "<script>\nconst p = document.createElement('p');\np.textContent = 'hardly to be seen';\n"
        "p.style.color = '#e3e3e3';\ndocument.querySelector('main').append(p);\n</script>",
        "low-contrast", "p.style.color = '#e3e3e3';",
    ),
    "a faint colour in a shadow tree": (
        "", "<div></div><script>\nconst tree = document.querySelector('main div').attachShadow({mode: 'open'});\n"
        "tree.innerHTML = '<style>p { color: #dddddd }</style><p>hardly to be seen</p>';\n</script>",
        "low-contrast", "tree.innerHTML = '<style>p { color: #dddddd }</style><p>hardly to be seen</p>';",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def renderer():
    with WebRenderer(workers=1, timeout=30.0) as made:
        yield made


@pytest.mark.parametrize("name", CASES)
def test_the_guilty_statement_is_named_first(name, renderer):
    css, body, detector, guilty = CASES[name]
    response = f"Here is the page.\n```html\n{FRAME.format(css=css, body=body)}\n```\n"
    analysis = analyse(response, Task("web"), renderer)
    assert analysis.execution.ok
    (index, *_) = [i for i, d in enumerate(analysis.defects) if d.detector == detector] or pytest.fail(
        f"{detector} was not found, but {[d.detector for d in analysis.defects]}"
    )
    first = next(blame for blame in analysis.blames if blame.defect == index)
    span = analysis.program.statements[first.statement].span
    assert response[span.start : span.end] in guilty or response[span.start : span.end] == guilty


def test_a_clean_page_has_nothing_to_blame(renderer):
    analysis = analyse(f"```html\n{FRAME.format(css='', body=CARDS)}\n```", Task("web"), renderer)
    assert analysis.execution.ok and not analysis.defects and not analysis.blames
    assert analysis.reward.score == 1.0
