"""The renderer of pages: statuses, options, determinism, caching, several pages at once, and what it survives."""

from __future__ import annotations

import base64
import html
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image
from waiting import wait_until

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.render.web import WebRenderer, chromium, page
from verl_visual_sdpo.inspection.render.web.network import PLACEHOLDER_SIZE, size_of

pytestmark = pytest.mark.browser

LIVELY = """<!doctype html><style>@keyframes k { from { left: 0 } to { left: 300px } }
p { position: relative; animation: k 3s infinite alternate; transition: all 1s }</style>
<h1 id=a></h1><p>moves</p><input autofocus value="caret"><canvas id=c width=50 height=50></canvas><script>
document.getElementById("a").textContent = [new Date(), Date.now() > 0, Math.random(), performance.now() > 0].join(" ");
let n = 0; setInterval(() => { document.getElementById("a").title = n++ }, 7);
setTimeout(() => document.body.append("late"), 900); requestAnimationFrame(() => { document.body.id = "framed" });
</script>"""


@pytest.fixture(scope="module")
def renderer():
    with WebRenderer(workers=2, timeout=20.0, cache_size=8) as made:
        yield made


def show(renderer: WebRenderer, source: str, **options):
    return renderer.render(bare_program(source, "web"), options)


def test_it_is_a_renderer_with_all_layers(renderer):
    assert isinstance(renderer, Renderer)
    wanted = {"environment", "interception", "deadline", "memory", "privileges", "landlock", "seccomp"}
    assert wanted <= set(renderer.layers)


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ("no code at all", "no_program"),
        ("```html\n\n```", "no_program"),
        ("```html\n<script>const nothing = 1</script>\n```", "no_output"),
        ("```html\n<div></div><p style='opacity:0'>unseen</p>\n```", "no_output"),
        ("```html\n<p>seen\n```", "ok"),
        ("```html\n<div style='width:5px;height:5px;background:red'></div>\n```", "ok"),
        ("```\n<p>no tag on the fence</p>\n```", "ok"),
    ],
)
def test_the_status_of_a_response(renderer, response, status):
    assert renderer.render(extract_program(response, "web")).execution.status == status


def test_owners_point_into_the_response(renderer):
    response = "Here you are \N{ROCKET}:\n```html\n<h1 style='color: red'>Title</h1>\n```\nDone."
    program = extract_program(response, "web")
    element = next(e for e in renderer.render(program).scenes[0].elements if e.text == "Title")
    spans = {o.prop: program.statements[o.statement].span for o in element.owners}
    assert response[spans["color"].start : spans["color"].end] == "color: red"
    assert response[spans["text"].start : spans["text"].end] == "Title"
    assert response[spans["*"].start : spans["*"].end] == "<h1 style='color: red'>"


def test_the_whole_page_or_what_is_in_view(renderer):
    page = "<body style='margin:0'><div style='height:3000px;background:#eee'>tall</div><p>foot</p>"
    whole, view = show(renderer, page).scenes[0], show(renderer, page, full_page=False).scenes[0]
    assert whole.size[0] == 1280 and whole.size[1] > 3000 and view.size == (1280, 800)
    for scene in (whole, view):
        with Image.open(io.BytesIO(scene.image)) as picture:
            assert picture.size == scene.size
    assert "foot" in {e.text for e in whole.elements} and "foot" not in {e.text for e in view.elements}
    narrow = show(renderer, page, viewport_width=400, viewport_height=300, full_page=False).scenes[0]
    assert narrow.size == (400, 300)


def test_a_page_beyond_the_bound_is_cut_at_the_foot(renderer):
    page = "<body style='margin:0'>head<div style='height:90000px'></div><p>foot</p>"
    rendering = show(renderer, page, max_pixels=1280 * 1000)
    assert rendering.scenes[0].size == (1280, 1000) and rendering.record["cut"] is True
    assert {e.text for e in rendering.scenes[0].elements if e.text} == {"head"}
    assert rendering.record["page"][1] > 90000


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"viewport_width": 0}, "viewport_width=0"),
        ({"viewport_height": True}, "viewport_height=True"),
        ({"viewport_width": 99999}, "viewport_width=99999"),
        ({"max_pixels": 10}, "max_pixels=10"),
    ],
)
def test_options_that_do_not_fit_are_refused(renderer, options, told):
    with pytest.raises(InvalidInputError, match=told):
        show(renderer, "<p>x", **options)


def test_the_same_page_gives_the_same_rendering():
    with WebRenderer(workers=1, timeout=20.0, cache_size=0) as renderer:
        one, other = (show(renderer, LIVELY) for _ in range(2))
    assert one.execution.ok and one.scenes[0].image == other.scenes[0].image
    assert one.scenes[0].elements == other.scenes[0].elements and one.record == other.record
    texts = {e.text for e in one.scenes[0].elements}
    assert any("Jan 01 2026" in text for text in texts) and any("late" in text for text in texts)


def test_a_script_that_waits_by_the_clock_comes_to_an_end(renderer):
    page = (
        "<h1>x</h1><script>const end = Date.now() + 500; while (Date.now() < end); const p = performance.now() + 200;"
    )
    rendering = show(
        renderer, page + "while (performance.now() < p); document.querySelector('h1').append('y')</script>"
    )
    assert rendering.execution.ok and "y" in {e.text for e in rendering.scenes[0].elements}


def test_a_page_is_shown_once_and_kept(renderer):
    before = renderer.statistics.pool.answered
    one, other = show(renderer, "<p>kept page"), show(renderer, "<p>kept page")
    assert renderer.statistics.pool.answered == before + 1
    assert not one.execution.cached and other.execution.cached and other.scenes == one.scenes


def test_several_pages_at_once(renderer):
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda n: show(renderer, f"<h1>page {n}</h1>"), range(12)))
    assert [r.scenes[0].elements[-1].text for r in found] == [f"page {n}" for n in range(12)]
    assert renderer.statistics.pool.started <= 2


def test_pictures_are_placeholders_of_the_size_asked_for(renderer):
    page = """<img src="https://via.placeholder.com/300x150"><img src="pictures/cat.jpg">
    <img src="data:image/png;base64,xx"><div style="background:url(https://x.org/b.png);height:9px"></div>"""
    rendering = show(renderer, page)
    images = [e for e in rendering.scenes[0].elements if e.kind == "image"]
    sizes = [(e.style["natural_width"], e.style["natural_height"]) for e in images]
    assert sizes == [(300, 150), (0, 0), (0, 0)], "what was made up is not known"
    assert [e.style["broken"] for e in images] == [False, False, True]
    assert rendering.record["answered"] == 3 and rendering.record["blocked"] == 0


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("https://via.placeholder.com/640x480.png?text=a", (640, 480)),
        ("https://picsum.photos/400/300", (400, 300)),
        ("https://picsum.photos/200", (200, 200)),
        ("https://placehold.co/600x400/png", (600, 400)),
        ("https://example.org/2024-report.png", PLACEHOLDER_SIZE),
        ("https://example.org/99999x99999", PLACEHOLDER_SIZE),
    ],
)
def test_the_size_that_an_address_asks_for(address, size):
    assert size_of(address) == size


def test_the_record_says_what_likeness_needs(renderer):
    page = """<title>T</title><body style="background:#f0f0f0"><p>one <b style="color:#ff0000">two</b></p>
    <img src="a.png" width="50" height="40"><script>fetch("https://example.org")</script>"""
    record = show(renderer, page).record
    assert record["title"] == "T" and record["background"] == "#f0f0f0" and record["viewport"] == [1280, 800]
    one, two = record["texts"]
    assert (one["text"], two["text"], two["color"], two["background"]) == ("one", "two", "#ff0000", "#f0f0f0")
    assert one["block"] == two["block"] and one["box"][2] <= two["box"][0] + 5
    (picture,) = record["pictures"]
    assert picture["box"][2] - picture["box"][0] == 50 and record["blocked"] == 1
    assert record["thumbnail"]["size"][0] == 320


def test_a_local_tailwind_is_served_to_those_who_ask(tmp_path):
    build = tmp_path / "tailwind.js"
    build.write_text("document.head.insertAdjacentHTML('beforeend', '<style>.p-8{padding:32px}</style>')")
    page = "<script src='https://cdn.tailwindcss.com'></script><body style='margin:0'><div class=p-8>inside</div>"
    with WebRenderer(timeout=20.0, tailwind=str(build)) as renderer:
        text = next(e for e in show(renderer, page).scenes[0].elements if e.text == "inside")
        assert text.box.left == 32
    with pytest.raises(InvalidInputError, match="tailwind='/no/such/file'"):
        WebRenderer(tailwind="/no/such/file")


def test_a_page_that_begins_at_the_right_is_drawn_where_it_is_measured(renderer):
    wide, red = "<div style='width:1500px'>wide</div>", "<div style='width:40px;height:40px;background:red'></div>"
    (scene,) = show(renderer, f"<!doctype html><html dir=rtl><body style='margin:0'>{wide}{red}").scenes
    box = next(e.box for e in scene.elements if e.style.get("background") == "#ff0000")
    assert (box.left, box.right) == (1240, 1280)
    with Image.open(io.BytesIO(scene.image)) as picture:
        assert picture.convert("RGB").getpixel((1260, round(box.top) + 20)) == (255, 0, 0)


def test_a_drawing_may_be_a_document_of_its_own(renderer):
    drawing = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"
    rendering = show(renderer, f'<h1>beside it</h1><embed src="{drawing}">')
    assert rendering.execution.ok and "beside it" in {e.text for e in rendering.scenes[0].elements}


def test_a_browser_that_is_killed_is_replaced_and_the_page_shown_again(monkeypatch):
    look, struck = page.look, []

    async def struck_down(handle, *rest):
        """The first time, the browser dies with a page open."""
        if not struck:
            await (await handle.browser.new_context()).new_page()
            struck.append(browser.kill())
        return await look(handle, *rest)

    with WebRenderer(workers=1, timeout=30.0, cache_size=0) as renderer:
        show(renderer, "<p>first")
        (browser,) = renderer._farm._idle
        monkeypatch.setattr(page, "look", struck_down)
        rendering = show(renderer, "<h1>after all</h1>")
        assert struck and rendering.execution.ok and rendering.execution.attempts == 2
        assert renderer.statistics.pool.retries == 1
        (browser,) = renderer._farm._idle
        browser.kill()  # while idle
        wait_until(lambda: not browser.alive, "it has ended")
        assert show(renderer, "<p>second").execution.ok
        assert renderer.statistics.pool.died_idle == 1


@pytest.mark.parametrize("way", ["sheet", "script", "frame"])
def test_letters_are_those_of_our_fonts(renderer, way):
    """Else a page could draw the same box for every letter, and have any text."""
    address = f"data:font/ttf;base64,{base64.b64encode(blank_font()).decode()}"
    plain = "<p style='font: 30px Own, monospace'>Harbour</p>"
    sheet = f"<style>@font-face {{ font-family: Own; src: url({address}) }}</style>"
    script = f"""<script>fetch("{address}").then(r => r.arrayBuffer()).then(data => new FontFace("Own", data).load())
    .then(face => document.fonts.add(face))</script>"""
    pages = {"sheet": sheet + plain, "script": plain + script}
    pages["frame"] = f'<iframe srcdoc="{html.escape(pages["sheet"])}"></iframe>'
    bare = f'<iframe srcdoc="{html.escape(plain)}"></iframe>' if way == "frame" else plain
    found, wanted = show(renderer, pages[way]), show(renderer, bare)
    assert found.record["texts"][0]["box"] == wanted.record["texts"][0]["box"]
    assert found.scenes[0].image == wanted.scenes[0].image


def blank_font() -> bytes:
    """A font whose every letter is wide and empty."""
    font, letters = FontBuilder(1000), range(32, 127)
    font.setupGlyphOrder([".notdef", "blank"])
    font.setupCharacterMap(dict.fromkeys(letters, "blank"))
    font.setupGlyf({name: TTGlyphPen(None).glyph() for name in (".notdef", "blank")})
    font.setupHorizontalMetrics(dict.fromkeys((".notdef", "blank"), (2000, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Own", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    font.setupPost()
    font.save(out := io.BytesIO())
    return out.getvalue()


def test_pictures_in_a_closed_shadow_are_not_told_to_be_broken(renderer):
    picture = "<img width=40 height=40 src='data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>'>"
    shadow = f"<div id=h></div><script>h.attachShadow({{mode: 'closed'}}).innerHTML = {picture!r}</script>"
    images = [e for e in show(renderer, shadow).scenes[0].elements if e.kind == "image"]
    assert len(images) == 1 and not images[0].style["broken"]


def test_a_layer_that_is_left_out_is_missed():
    with WebRenderer(without=("landlock",)) as renderer, pytest.raises(SandboxUnavailableError, match="landlock"):
        show(renderer, "<p>x")
    with WebRenderer(without=("seccomp",), policy="permissive") as renderer:
        with pytest.warns(RuntimeWarning, match="seccomp"):
            rendering = show(renderer, "<p>x")
        assert rendering.execution.ok and "seccomp" not in rendering.execution.layers


def test_a_browser_that_cannot_be_found_is_named(monkeypatch, tmp_path):
    with WebRenderer(chromium="/no/such/browser") as renderer, pytest.raises(InvalidInputError, match="/no/such/brow"):
        show(renderer, "<p>x")
    monkeypatch.setenv(chromium.VARIABLE, "/nor/this")
    with pytest.raises(InvalidInputError, match="VISUAL_SDPO_CHROMIUM='/nor/this'"):
        chromium.find(None, None)
    monkeypatch.delenv(chromium.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidInputError, match="no Chromium was found.*apt install"):
        chromium.find(None, None)
    assert issubclass(chromium.NoBrowserError, SandboxUnavailableError), "no page can be shown, so a run must not go on"


def test_after_closing_it_refuses():
    renderer = WebRenderer()
    renderer.close()
    with pytest.raises(SandboxError, match="closed"):
        show(renderer, "<p>x")
    with pytest.raises(InvalidInputError, match="workers|worker"):
        WebRenderer(workers=0)
    with pytest.raises(InvalidInputError, match="policy"):
        WebRenderer(policy="lax")
