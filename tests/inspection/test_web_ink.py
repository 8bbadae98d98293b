"""Which texts of a page can be read in its picture: one page of tricks, one of honest pages' habits."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.program import bare_program

PHOTO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='400' height='60'%3E"
    "%3Crect width='400' height='60' fill='%2393c5fd'/%3E%3C/svg%3E"
)
GONE = {
    "white": "color: #fff",
    "nearly white": "color: #f4f4f4",
    "clipped": "clip-path: inset(50%)",
    "clip of old": "position: absolute; clip: rect(0,0,0,0)",
    "blurred": "filter: blur(12px)",
    "blurred and altered": "filter: blur(5px) drop-shadow(0 0 0 red)",
    "backwards": "unicode-bidi: bidi-override; direction: rtl",
    "masked": "mask-image: linear-gradient(transparent, transparent)",
    "scaled": "transform: scale(0.01)",
    "turned": "transform: rotateY(89deg)",
    "below its ground": "position: relative; z-index: -1",
    "three opacities": "opacity: 0.02",
    "under a fixed bar": "position: fixed; top: 0; left: 0",
    "under a box": "",
    "under a picture": "",
    "inverted back": "background: #000; color: #000; filter: invert(1)",
    "in stripes alone": "mask-image: repeating-linear-gradient(90deg, #000 0 2px, transparent 2px 8px)",
    "in lying stripes": "mask-image: repeating-linear-gradient(#000 0 1px, transparent 1px 5px)",
    "stripes of altered colours": "mask-image: repeating-linear-gradient(90deg, #000 0 1px, transparent 1px 8px); "
    "filter: hue-rotate(1deg)",
    "the first of all its letters": "clip-path: circle(9px at 10px 10px)",
    "mirrored": "transform: scaleX(-1)",
    "mirrored in space": "transform: rotateY(180deg)",
    "head down": "rotate: 180deg",
}
HEAP = ("heap one", "heap two", "heap too", "heap ten")
SHOWN = {
    "plain": "",
    "pale": "color: #aaa",
    "fat": "font: 900 60px/1 sans-serif; letter-spacing: -4px",
    "thin": "font: 100 13px sans-serif; color: #777",
    "faded": "opacity: 0.6",
    "on dark": "background: #222; color: #fff",
    "on a picture": f'background: url("{PHOTO}")',
    "filled with a gradient": "background: linear-gradient(red, blue); background-clip: text; color: transparent",
    "inverted": "background: #fff; color: #000; filter: invert(1) drop-shadow(0 0 2px red)",
    "blended": "color: #fff; mix-blend-mode: difference",
    "a little blurred": "filter: blur(0.5px)",
    "upright": "writing-mode: vertical-rl",
    "bottom up": "writing-mode: vertical-rl; transform: rotate(180deg)",
    "turned over twice": "rotate: 180deg; transform: rotate(-180deg)",
    "set wide": "letter-spacing: 30px",
    "illicit till ill": "font: 300 20px monospace",
    "cut at its end by a box that is too narrow": "width: 90px; white-space: nowrap; overflow: hidden",
    "rotated": "transform: rotate(-20deg); width: 100px",
    "\U0001f600": "",
    "港の朝": "",
    "نص قصير": "direction: rtl",
    "told its own direction": "unicode-bidi: bidi-override; direction: ltr",
    "at the right": "direction: rtl",
    "over a picture": "position: relative; margin-top: -40px",
    "lifted over its ground": "position: relative; z-index: 2",
    "under glass": "",
    "under a drawing": "",
    "before a block": "",
    "beside a float": "float: left; margin: 0",
    "under a slanted line": "",
    "under a spot": "",
    "edge": "position: absolute; top: 0; left: 0; margin: 0; font-size: 8px",
}  # fmt: skip


def shown(body: str) -> dict[str, bool]:
    """Whether each text of a page is told to be readable."""
    style = "body { font: 16px sans-serif; background: #fff } div { position: relative; margin: 12px } "
    cover = ".over { position: absolute; inset: 0; width: 100%; height: 100% }"
    shapes = (
        ".line { position: absolute; left: 60px; top: -100px; width: 4px; height: 250px; transform: rotate(45deg) } "
        ".disc { position: absolute; left: 0; top: 0; width: 400px; height: 400px; border-radius: 50% }"
    )
    page = f"<!DOCTYPE html><style>{style}{cover}{shapes}</style><body>{body}"
    rendering = default_renderer("web").render(bare_program(page, "web"))
    assert rendering.execution.ok, rendering.execution
    return {e.text: not e.style.get("unreadable") for e in rendering.scenes[0].elements if e.text}


def box(name: str, style: str) -> str:
    over = {
        "under a fixed bar": '<b style="position: fixed; inset: 0; height: 60px; background: #fff">bar</b>',
        "under a box": '<i class="over" style="background: #eee; border-radius: 4px"></i>',
        "under a picture": f'<img class="over" src="{PHOTO}">',
        "under glass": '<i class="over" style="background: rgba(0, 0, 255, 0.2)"></i>',
        "under a drawing": '<svg class="over"><circle cx="300" cy="20" r="5"/></svg>',
        "below its ground": "",
        "before a block": '<section style="margin-top: -60px; height: 60px; background: #eee"></section>',
        "beside a float": '<section style="height: 40px; background: #eee"></section>',
        "under a slanted line": '<i class="line" style="background: #aaa"></i>',
        "under a spot": '<i class="over" style="background: #ddd; clip-path: circle(9px at 90% 50%)"></i>',
        "edge": '<i class="disc" style="background: #ddd"></i>',
    }
    before = f'<img width="200" height="40" style="display: block" src="{PHOTO}">' if name == "over a picture" else ""
    ground = ' style="background: #fff"' if "its ground" in name else ""
    style = style.replace('"', "&quot;")
    return f'<div{ground}>{before}<p style="{style}">{name}</p>{over.get(name, "")}</div>'


def test_tricks_leave_nothing_to_read():
    heap = "".join(f'<p style="position: absolute; top: 0; left: 0">{name}</p>' for name in HEAP)
    found = shown(
        "<br><br><br>" + "".join(box(*item) for item in GONE.items()) + f'<div style="height: 60px">{heap}</div>'
    )
    assert {name: found[name] for name in (*GONE, *HEAP)} == dict.fromkeys((*GONE, *HEAP), False)
    assert found["bar"]


def test_habits_of_honest_pages_are_read():
    fields = '<textarea rows="9" cols="99">of a field</textarea><input value="of a line"><input placeholder="told">'
    pair = "".join(f'<p style="position: absolute; top: 0; left: {40 * n}px">pair {n}</p>' for n in range(2))
    found = shown("".join(box(*item) for item in SHOWN.items()) + f'{fields}<div style="height: 60px">{pair}</div>')
    wanted = (*SHOWN, "of a field", "of a line", "told", "pair 0", "pair 1")
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, True)


@pytest.mark.parametrize("place", ["left: -900px; position: absolute", "height: 0; overflow: hidden"])
def test_what_is_not_in_the_picture_by_its_place_is_left_to_others(place):
    assert shown(f'<p>here</p><p style="{place}">away</p>')["away"], "place and clip tell it"
