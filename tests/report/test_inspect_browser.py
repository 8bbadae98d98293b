"""The pages of ``inspect`` in a real browser: nothing is fetched, nothing overflows, everything can be reached."""

import io

import pytest
from browser import LOW_CONTRAST, OVERFLOWING, chromium
from PIL import Image
from waiting import PATIENCE

from verl_visual_sdpo.cli import main

FAULTY = """\
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(4, 3))
ax.bar(["a rather long name", "another rather long name", "c"], [3, 5, 2])
ax.text(1, 2, "a note"); ax.text(1, 2, "another note")
ax.set_title("A title that goes on and on and leaves the picture", fontsize=18)
"""
TWO = "for n in (1, 2):\n    plt.figure(figsize=(3, 2))\n    plt.plot([1, n])\n    plt.title('pale', color='#eee')\n"
PROGRAMS = {
    "faulty.py": FAULTY,
    "clean.py": "import matplotlib.pyplot as plt\nplt.figure(layout='constrained')\nplt.plot([1, 2])\n"
    "plt.title('T')\nplt.xlabel('x')\n",
    "fails.py": "import matplotlib.pyplot as plt\n\ndef draw():\n    plt.plot(missing)\n\ndraw()\n",
    "two.md": f"Two figures:\n\n```python\nimport matplotlib.pyplot as plt\n{TWO}```\n",
    "talk.txt": "I would rather not draw. " * 20,
}
PAGES = ("index", *(f"pages/programs-{name}" for name in PROGRAMS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    (folder / "programs").mkdir()
    for name, text in PROGRAMS.items():
        (folder / "programs" / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["inspect", "programs", "--out", "out", "--jobs", "2"]) == 1
    return folder / "out"


@pytest.fixture(scope="module")
def browser(folder):
    with chromium() as found:
        yield found


@pytest.fixture
def open_page(browser, folder):
    """Opens a page by name; what it says on the console or fetches beyond itself ends in ``page.said``."""
    contexts = []

    def opened(name, width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        page, address = context.new_page(), (folder / f"{name}.html").as_uri()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.said.append(request.url) if _foreign(request.url, folder) else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def _foreign(url, folder):
    return not url.startswith(("data:", folder.as_uri()))


def lit(page, kind):
    """Numbers of what is lit up: ``span`` frames, ``a`` numbers, ``tr`` rows, ``li`` lines."""
    return page.eval_on_selector_all(f"{kind}[data-n].on", "nodes => nodes.map(n => n.id || n.dataset.n)")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_fits_every_width_and_can_be_read(open_page, name):
    page = open_page(name)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for width, scheme, paper in ((360, "light", (251, 251, 249)), (800, "dark", (19, 21, 25)), (1400, "dark", None)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOWING) == [], width
        assert page.evaluate(LOW_CONTRAST) == [], scheme
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        assert len(picture.getcolors(1 << 24)) > 20 and picture.getpixel((1, 1)) == (paper or picture.getpixel((1, 1)))
    assert page.said == []


def test_the_checks_of_contrast_and_width_can_fail(open_page):
    page = open_page(PAGES[2])
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<p style=\"color:#aaa\">faint</p>')"
    )
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=\"width:2000px\">wide</div>')")
    assert len(page.evaluate(LOW_CONTRAST)) == 1 and "DIV." in page.evaluate(OVERFLOWING)


def test_a_click_lights_up_frame_row_and_line_and_escape_clears(open_page):
    page = open_page(PAGES[1])
    page.click("#frame-1")
    assert lit(page, "tr") == ["defect-1"] and lit(page, "a") == ["frame-1"]
    lines = lit(page, "li")
    assert lines and all("1" in page.get_attribute(f"#{line}", "data-n").split() for line in lines)
    assert page.evaluate("document.activeElement.closest('tr').id") == "defect-1"
    assert page.evaluate(LOW_CONTRAST) == []
    page.click("#defect-2 td:nth-child(3)")
    assert lit(page, "tr") == ["defect-2"] and set(lit(page, "span")) == {"2"}
    page.keyboard.press("Escape")
    assert not lit(page, "tr") + lit(page, "a") + lit(page, "li") + lit(page, "span")
    line = page.get_attribute("li[data-n]", "id")
    page.click(f"#{line} .no")
    assert lit(page, "li")[0] == line and lit(page, "tr") and lit(page, "a")
    assert page.said == []


def test_an_address_may_point_at_a_defect(open_page):
    page = open_page(PAGES[1])
    page.goto(page.url + "#defect-2")
    page.reload()
    assert lit(page, "tr") == ["defect-2"] and lit(page, "a") == ["frame-2"]


def test_the_keyboard_reaches_the_same(open_page):
    page = open_page(PAGES[1])
    page.focus("#defect-1 button")
    assert lit(page, "a") == ["frame-1"]  # looking is enough
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert lit(page, "a") == ["frame-1"] and page.get_attribute("#defect-1 button", "aria-pressed") == "true"
    assert "defect 1" in page.inner_text("#said")
    page.focus("#defect-1 a[href^='#L']")
    page.keyboard.press("Enter")
    line = page.evaluate("document.activeElement.closest('li').id")
    assert page.evaluate(f"document.querySelector('#{line} details').open")  # its ties are told
    assert "created it" in page.inner_text(f"#{line} .charges") or "changed it" in page.inner_text(f"#{line} .charges")
    page.focus("#frame-2")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('tr').id") == "defect-2"
    assert lit(page, "tr") == ["defect-2"]


def test_a_tap_tells_ties_and_weights(open_page):
    page = open_page(PAGES[1], width=360, height=740, has_touch=True, is_mobile=True)
    page.tap("li.hot .no")
    assert page.is_visible("li.hot .charges")
    page.tap(".t.w")
    assert "weight 1." in page.inner_text("#readout") or "weight 2." in page.inner_text("#readout")
    page.tap("#defect-1 a[href='#frame-1']")
    assert page.evaluate("document.activeElement.id") == "frame-1"
    assert page.evaluate("(b => b.top >= 0 && b.bottom <= innerHeight)(document.activeElement.getBoundingClientRect())")


def test_arrow_keys_walk_the_weights(open_page):
    page = open_page(PAGES[1])
    page.focus(".tokens")
    page.keyboard.press("ArrowDown")  # the next that weighs more than 1
    first = page.inner_text("#readout")
    assert "weight" in first and "weight 1.00" not in first
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#readout") != first


def test_boxes_can_be_hidden_and_the_picture_seen_in_its_own_size(open_page):
    page = open_page(PAGES[1], width=360, height=740)
    assert page.is_visible("#frame-1")
    page.uncheck(".bare")
    assert not page.is_visible("#frame-1")
    page.check(".actual")
    assert page.evaluate("document.querySelector('.picture img').getBoundingClientRect().width") == 400
    assert page.evaluate(OVERFLOWING) == []


def test_without_javascript_links_still_lead_both_ways(open_page):
    page = open_page(PAGES[1], java_script_enabled=False)
    page.click("#frame-1")
    page.wait_for_url("**#defect-1")
    page.click("#defect-1 a[href='#frame-1']")
    page.wait_for_url("**#frame-1")
    page.click("li.hot summary .no")
    assert page.is_visible("li.hot .charges")


def test_paper_shows_what_is_folded_and_no_controls(open_page):
    page = open_page(PAGES[1])
    page.emulate_media(media="print")
    assert not page.is_visible("nav") and not page.is_visible(".bare")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.is_visible("li.hot .charges")
    assert page.pdf().startswith(b"%PDF")


def test_a_failed_program_shows_what_stopped_it_and_where(open_page):
    page = open_page("pages/programs-fails.py")
    assert "NameError" in page.inner_text("header") and "stopped at line 4" in page.inner_text("#defects")
    page.click("#L4 .no")
    assert "the run stopped here" in page.inner_text("#L4 .charges")


def test_the_index_filters_sorts_and_leads_to_the_pages(open_page):
    page = open_page("index")
    shown = "rows => rows.filter(r => !r.hidden).map(r => r.dataset.name.split('/')[1])"
    assert page.eval_on_selector_all("tbody tr", shown) == sorted(PROGRAMS)
    page.fill("#words", "figure no program")
    assert page.eval_on_selector_all("tbody tr", shown) == []
    page.fill("#words", "NameError")
    assert page.eval_on_selector_all("tbody tr", shown) == ["fails.py"] and page.inner_text("#shown") == "1 shown"
    page.fill("#words", "")
    page.select_option("#status", "ok")
    page.focus("[data-kind='text-overlap']")
    page.keyboard.press("Enter")
    assert page.eval_on_selector_all("tbody tr", shown) == ["faulty.py"]
    page.keyboard.press("Enter")
    page.focus("[data-key='score']")
    page.keyboard.press("Enter")
    scores = page.eval_on_selector_all("tbody tr", "rows => rows.map(r => Number(r.dataset.score))")
    assert scores == sorted(scores)
    with page.expect_navigation():
        page.click("text=faulty.py")
    assert page.inner_text("h1") == "programs/faulty.py"
    with page.expect_navigation():
        page.click("text=all programs")
    assert page.inner_text("h1") == "programs" and page.said == []
    assert page.eval_on_selector_all("img", "all => all.filter(i => i.complete && !i.naturalWidth).length") == 0
