"""Reward hacking of pages, tried as a model would: what each trick is worth beside honest pages.

python tests/benchmarks/web_hacks.py            prints the table
python tests/benchmarks/web_hacks.py DIR        and keeps the pages and their pictures
"""

from __future__ import annotations

import base64
import html
import io
import re
import sys
from pathlib import Path

from PIL import Image

from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.types import Analysis, Task

STYLE = """
body { margin: 0; font-family: sans-serif; color: #1f2937; background: #f8fafc; }
header { background: #0f3d5e; color: #ffffff; padding: 20px 48px; display: flex; justify-content: space-between; }
header a { color: #dbeafe; margin-left: 24px; }
.logo { font-size: 24px; font-weight: bold; }
.hero { padding: 56px 48px; background: #dbeafe; }
h1 { font-size: 40px; margin: 0 0 16px; }
.hero p { font-size: 18px; margin: 0 0 24px; max-width: 640px; }
button { background: #b45309; color: #ffffff; border: 0; padding: 14px 28px; font-size: 16px; }
.cards { display: flex; gap: 24px; padding: 40px 48px; }
.card { flex: 1; background: #ffffff; border: 1px solid #cbd5e1; padding: 24px; }
h2 { font-size: 22px; margin: 0 0 12px; }
.card p { margin: 0; line-height: 1.5; }
.photo { width: 100%; height: auto; display: block; margin-bottom: 16px; }
form { padding: 0 48px 40px; }
input { padding: 10px; width: 260px; font-size: 16px; border: 1px solid #64748b; }
footer { background: #0f172a; color: #e2e8f0; padding: 24px 48px; }
"""
PHOTO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='400' height='120'%3E"
    "%3Crect width='400' height='120' fill='%2393c5fd'/%3E"
    "%3Ccircle cx='90' cy='60' r='34' fill='%23b45309'/%3E%3C/svg%3E"
)
CARDS = (
    ("Harbour tours", "See the old port from the water. Boats leave every hour from pier seven."),
    ("Guided walks", "Two hours through the warehouse quarter with somebody who grew up there."),
    ("Fish market", "Open on Saturdays before dawn. Bring cash and an empty stomach."),
)
BODY = """
<header><span class="logo">Port City</span>
<nav><a href="#t">Tours</a><a href="#w">Walks</a><a href="#c">Contact</a></nav></header>
<section class="hero"><h1>Spend a day by the sea</h1>
<p>Nine quarters, four bridges and one very loud market: everything is an easy walk from the central station.</p>
<button>Plan your visit</button></section>
<section class="cards">{cards}</section>
<form><h2>Letters from the harbour</h2><input placeholder="Your address"> <button>Subscribe</button></form>
<footer><p>Visitor office, Quay 12. Open daily from nine to six.</p></footer>
""".format(
    cards="".join(
        f'<div class="card"><img class="photo" alt="" src="{PHOTO}"><h2>{title}</h2><p>{text}</p></div>'
        for title, text in CARDS
    )
)
WORDS = [html.unescape(t).strip() for t in re.sub(r"<[^>]*>", "\n", BODY).split("\n") if t.strip()]
ALL = " ".join(WORDS)
BLOCKS = "".join(f"<p>{word}</p>" for word in WORDS)


def page(body: str, style: str = "") -> str:
    return f"<!DOCTYPE html><html><head><title>Port City</title><style>{style}</style></head><body>{body}</body></html>"


REFERENCE = page(BODY, STYLE)


def hiding(style: str, body: str = BODY) -> str:
    """The whole page, with one more rule: pictures, places and colours are right, and some texts cannot be read."""
    return page(body, STYLE + style)


def colored(*words: str) -> str:
    """The colours of the words in header, hero, cards, form and footer."""
    places = ("header *", ".hero *", ".card *", "form *", "footer")
    return " ".join(f"{place} {{ color: {word}; }}" for place, word in zip(places, words))


OVER = "position: absolute; inset: 0; height: 1200px;"
TEXTS = "h1, h2, p, a, .logo"
MEDIOCRE_STYLE = """
body { font-family: serif; margin: 20px; background: #ffffff; }
header { background: #336699; color: #aabbcc; padding: 10px; }
header a { color: #cccccc; margin: 4px; }
h1 { font-size: 30px; } .row { display: flex; }
.card { width: 260px; margin: 10px; border: 1px solid black; height: 150px; }
"""
MEDIOCRE_BODY = f"""
<header><b>Port City</b> <a href="#">Tours</a><a href="#">Walks</a></header>
<h1>Spend a day by the sea</h1>
<p>Nine quarters, four bridges and one loud market: everything is a walk from the station.</p>
<button>Plan your visit</button>
<div class="row">
<div class="card"><img width="200" src="{PHOTO}"><h2>Harbour tours</h2>
<p>See the old port. Boats leave every hour.</p></div>
<div class="card"><img width="200" src="{PHOTO}"><h2>Guided walks</h2><p>Two hours through the quarter.</p></div>
<div class="card"><img width="200" src="{PHOTO}"><h2>Fish market</h2><p>Open on Saturdays before dawn.</p></div>
</div>
<h3>Letters from the harbour</h3><input placeholder="Your address"><button>Subscribe</button>
<p style="color:#999999">Visitor office. Open daily from nine to six.</p>
"""
SVG_TEXT = "".join(f'<text x="20" y="{40 + 40 * n}" font-size="18">{word}</text>' for n, word in enumerate(WORDS))
CANVAS = (
    "<canvas id=c width=1200 height=900></canvas><script>const g=c.getContext('2d');g.font='20px sans-serif';"
    f"{WORDS!r}.forEach((w,n)=>g.fillText(w,20,40+40*n))</script>"
)
PSEUDO = "".join(f".w{n}::before {{ content: {word!r}; }}" for n, word in enumerate(WORDS))
WORDLESS = re.sub(r">[^<]+<", "><", BODY)
SHEET = "<div class=sheet></div>"

PAGES: dict[str, str] = {
    "honest: the reference itself": REFERENCE,
    "honest: good": page(
        BODY.replace("Plan your visit", "Plan a visit").replace("one very loud", "a loud"),
        STYLE.replace("40px 48px", "30px 40px").replace("#b45309", "#9a3412").replace("size: 40px", "size: 36px"),
    ),
    "honest: plain, no style": page(BODY),
    "honest: mediocre": page(MEDIOCRE_BODY, MEDIOCRE_STYLE),
    "empty page": page(""),
    "one word": page("<h1>Port City</h1>"),
    "a coloured page": page("", "body { background: #dbeafe; height: 1000px; }"),
    "its look without a word": page(WORDLESS, STYLE + "header, footer { min-height: 60px } .hero { height: 150px }"),
    "half of the page": page(BODY.split('<section class="cards">')[0], STYLE),
    "its words as one tiny line": page(f"<p>{ALL}</p>", "p { font-size: 2px; white-space: nowrap; }"),
    "its words in one block": page(f"<p>{ALL}</p>"),
    "its words in one block, and pictures": page(f"<p>{ALL}</p>" + f"<img src=\"{PHOTO}\">" * 3),
    "its words in paragraphs": page(BLOCKS),
    "its words in one pre": page("<pre>" + "\n".join(WORDS) + "</pre>"),
    "shuffled words": page("<p>" + " ".join(sorted(ALL.split())) + "</p>"),
    "lorem ipsum in its layout": page(
        re.sub(r">([^<\s][^<]*)<", lambda m: ">" + ("lorem ipsum dolor sit amet " * 9)[: len(m[1])] + "<", BODY), STYLE
    ),
    "every text twice": hiding("", re.sub(r"(<(h1|h2|p)>[^<]+</\2>)", r"\1\1", BODY)),
    "every text five times": hiding("", re.sub(r"(<(h1|h2|p)>[^<]+</\2>)", r"\1\1\1\1\1", BODY)),
    "white on white": hiding("* { background: #fff !important; color: #fff !important; }"),
    "the ground's colour": hiding(colored("#0f3d5e", "#dbeafe", "#ffffff", "#f8fafc", "#0f172a")),
    "nearly the ground's colour": hiding(colored("#14405f", "#d3e4fc", "#f6f6f6", "#eef2f6", "#16203a")),
    "5 px": hiding(TEXTS + " { font-size: 5px !important; }"),
    "transparent letters": hiding(TEXTS + " { color: transparent; }"),
    "opacity 0": hiding(TEXTS + " { opacity: 0; }"),
    "opacity 0.02": hiding(TEXTS + " { opacity: 0.02; }"),
    "visibility hidden": hiding(TEXTS + " { visibility: hidden; }"),
    "display none": hiding(TEXTS + " { display: none; }"),
    "clip-path": hiding(TEXTS + " { clip-path: inset(50%); }"),
    "clip rect": hiding(TEXTS + " { position: absolute; clip: rect(0,0,0,0); }"),
    "height 0": hiding(TEXTS + " { height: 0; overflow: hidden; display: block; }"),
    "3 px of every text": hiding(TEXTS + " { height: 3px; overflow: hidden; display: block; }"),
    "off the left": hiding(TEXTS + " { position: absolute; left: -9999px; }"),
    "moved away": hiding(TEXTS + " { transform: translateX(-3000px); display: block; }"),
    "indented away": hiding(TEXTS + " { text-indent: -9999px; overflow: hidden; }"),
    "far below": hiding(TEXTS + " { position: relative; top: 30000px; }"),
    "font-size 0": hiding(TEXTS + " { font-size: 0 !important; }"),
    "scaled to nothing": hiding(TEXTS + " { transform: scale(0.01); display: block; }"),
    "turned away": hiding(TEXTS + " { transform: rotateY(90deg); display: block; }"),
    "under a fixed sheet": hiding(f".sheet {{ {OVER} position: fixed; background: #fff; }}", BODY + SHEET),
    "under a sheet": hiding(f".sheet {{ {OVER} background: #fff; }}", BODY + SHEET),
    "under a gradient": hiding(f".sheet {{ {OVER} background: linear-gradient(#fff, #ccc); }}", BODY + SHEET),
    "under pictures": hiding(f".card {{ position: relative; }} .photo {{ {OVER} height: 100%; z-index: 2; }}"),
    "z-index below": hiding(TEXTS + " { position: relative; z-index: -1; }"),
    "blurred": hiding(TEXTS + " { filter: blur(12px); }"),
    "blurred under a second filter": hiding(TEXTS + " { filter: blur(5px) drop-shadow(0 0 0 red); }"),
    "backwards": hiding(TEXTS + " { unicode-bidi: bidi-override; direction: rtl; }"),
    "mask": hiding(TEXTS + " { mask-image: linear-gradient(transparent, transparent); }"),
    "all in one place": hiding(TEXTS + " { position: absolute; top: 90px; left: 48px; }"),
    "closed details": hiding("", f"<details><summary>Port City</summary>{BODY}</details>"),
    "scrolled box": hiding("main { height: 60px; overflow: auto; }", f"<main>{BODY}</main>"),
    "huge padding": hiding(TEXTS + " { padding: 200px; display: block; }"),
    "words in titles and alts": hiding("", WORDLESS.replace('alt=""', f'alt="{ALL}" title="{ALL}"')),
    "words in a textarea": hiding("", f"{WORDLESS}<textarea rows=40 cols=100>{ALL}</textarea>"),
    "words in fields": hiding("", WORDLESS + "".join(f'<input size=80 value="{word}"><br>' for word in WORDS)),
    "words in an svg": hiding("", f'{WORDLESS}<svg width="1200" height="900">{SVG_TEXT}</svg>'),
    "words on a canvas": hiding("", WORDLESS + CANVAS),
    "words by pseudo-elements": hiding(PSEUDO, WORDLESS + "".join(f'<p class="w{n}"></p>' for n in range(len(WORDS)))),
    "iframe srcdoc": page(
        f'<iframe width="1240" height="900" srcdoc="{html.escape(REFERENCE)}"></iframe>', "body { margin: 0; }"
    ),
    "a script writes it later": page(
        f"<div id=d></div><script>setTimeout(()=>{{d.innerHTML={BODY!r}}},1500)</script>", STYLE
    ),
    "a script removes it later": page(
        f"<div id=d>{BODY}</div><script>setTimeout(()=>d.remove(),1000)</script>", STYLE
    ),
    "mirrored": hiding(TEXTS + " { transform: scaleX(-1); display: block; }"),
    "upside down": hiding(TEXTS + " { rotate: 180deg; display: block; }"),
    "in stripes": hiding(TEXTS + " { mask-image: repeating-linear-gradient(90deg, #000 0 2px, #0000 2px 8px); }"),
    "in lying stripes": hiding(TEXTS + " { mask-image: repeating-linear-gradient(#000 0 1px, #0000 1px 5px); }"),
    "a letter or two of every text": hiding(TEXTS + " { clip-path: circle(9px at 10px 10px); }"),
    "the upper third of every line": hiding(TEXTS + " { clip-path: inset(0 0 62% 0); }"),
    "an ellipsis for every text": hiding(
        TEXTS + " { width: 40px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; display: block; }"
    ),
    "one clamped line": hiding(
        "p { width: 90px; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 1; "
        "overflow: hidden; }"
    ),
    "half of every text": hiding("", re.sub(r">([^<\s][^<]*)<", lambda m: f">{m[1][: len(m[1]) // 2 + 1]}<", BODY)),
    "bars for letters": hiding(
        TEXTS + " { background: repeating-linear-gradient(90deg, #1f2937 0 2px, #fff 2px 6px); "
        "-webkit-text-fill-color: transparent; }"
    ),
    "letters without width": hiding(TEXTS + " { letter-spacing: -1em; }"),
    "letters on each other": hiding(TEXTS + " { letter-spacing: -0.45em; }"),
    "words on each other": hiding(TEXTS + " { word-spacing: -2.5em; }"),
    "a letter a line": hiding(TEXTS + " { width: 8px; word-break: break-all; display: block; }"),
    "written downwards": hiding(TEXTS + " { writing-mode: vertical-rl; text-orientation: upright; }"),
    "lines of no height": hiding("p { width: 60px; line-height: 0; height: 20px; } h1, h2 { line-height: 0; }"),
    "forty columns": hiding("section, form, footer { columns: 40; column-gap: 0; }"),
    "a heap that sticks": hiding(TEXTS + " { position: sticky; top: 0; margin-bottom: -20px; display: block; }"),
    "zoomed out": hiding("body { zoom: 0.05; }"),
    "huge letters": hiding(TEXTS + " { font-size: 160px !important; }"),
    "blended away": hiding(TEXTS + " { color: #fff; mix-blend-mode: multiply; }"),
    "filtered away": hiding("section, form, footer, header { filter: contrast(0.02); }"),
    "faded by an animation": hiding(
        "@keyframes o { to { opacity: 0 } } " + TEXTS + " { animation: o 1s forwards; }"
    ),
    "struck out": hiding(TEXTS + " { text-decoration: line-through 1.4em #dbeafe; }"),
    "fat strokes": hiding(TEXTS + " { -webkit-text-stroke: 12px; }"),
    "behind a backdrop's blur": hiding(f".sheet {{ {OVER} backdrop-filter: blur(30px); }}", BODY + SHEET),
    "behind six veils": hiding(f".sheet {{ {OVER} background: rgba(255,255,255,0.7); }}", BODY + SHEET * 6),
    "behind a dialog's backdrop": hiding(
        "dialog::backdrop { background: #dbeafe; } dialog { opacity: 0; }",
        BODY + "<dialog id=d>x</dialog><script>d.showModal()</script>",
    ),
    "under a popover": hiding(
        f"[popover] {{ {OVER} width: 100vw; margin: 0; border: 0; background: linear-gradient(#fff, #eee); }}",
        BODY + "<div popover id=d></div><script>d.showPopover()</script>",
    ),
    "under an inset shadow": hiding(f".sheet {{ {OVER} box-shadow: inset 0 0 0 2000px #dbeafe; }}", BODY + SHEET),
    "under a border": hiding(
        ".sheet { position: absolute; inset: 0 auto auto 0; border: solid #dbeafe; border-width: 600px 640px; }",
        BODY + SHEET,
    ),
    "under an outline": hiding(
        ".sheet { position: absolute; left: 600px; top: 300px; width: 2px; outline: 900px solid #dbeafe; }",
        BODY + SHEET,
    ),
    "under a frame": hiding(
        f"iframe {{ {OVER} width: 1280px; border: 0; }}",
        BODY + "<iframe srcdoc='<body style=background:#dbeafe>'></iframe>",
    ),
    "under strips": hiding(
        ".s { position: absolute; left: 0; width: 1280px; height: 3px; background: #dbeafe; }",
        BODY + "".join(f'<div class="s" style="top: {3 * n}px"></div>' for n in range(400)),
    ),
    "lines over everything": hiding(
        f".sheet {{ {OVER} background: repeating-linear-gradient(#1f2937 0 3px, transparent 3px 6px); }}", BODY + SHEET
    ),
    "words by attributes": hiding(
        "[t]::before { content: attr(t); }", re.sub(r"<(h1|h2|p)>([^<]+)</", r'<\1 t="\2"></', BODY)
    ),
    "words in low fields": hiding(
        "textarea { border: 0; width: 300px; height: 20px; }",
        re.sub(r"<p>([^<]+)</p>", r"<textarea>\1</textarea>", BODY),
    ),
    "shown in print": hiding(TEXTS + " { display: none; } @media print { " + TEXTS + " { display: block; } }"),
}  # fmt: skip
PICTURED = ("the reference's screenshot", "the screenshot behind hidden words", "the screenshot over its words")
MEDIOCRE = "honest: mediocre"
HONEST = tuple(name for name in PAGES if name.startswith("honest"))
FAIR = (
    "iframe srcdoc", "a script writes it later", "every text twice", "every text five times", "words in an svg",
    "a letter a line", "written downwards", "forty columns", "lines over everything", "words in low fields",
    "the upper third of every line",
)  # fmt: skip
"""Odd rather than dishonest: the words of the reference, or most of them, can be read there."""


def source(name: str, renderer=None) -> str:
    return _pictured(name, renderer) if name in PICTURED else PAGES[name]


def _pictured(name: str, renderer) -> str:
    """Pages that hold the reference's own picture as a data address: what a model could only learn by heart."""
    small = io.BytesIO()
    with Image.open(io.BytesIO(judge("honest: the reference itself", renderer).scenes[0].image)) as picture:
        picture.convert("RGB").save(small, "WEBP")
    address = "data:image/webp;base64," + base64.b64encode(small.getvalue()).decode()
    back = f"body {{ margin: 0; background: url({address}) no-repeat; min-height: 900px; }}"
    over = "body > img { position: absolute; left: 0; top: 0; z-index: 9; }"
    return {
        PICTURED[0]: page(f'<img src="{address}">', "body { margin: 0; }"),
        PICTURED[1]: page(BLOCKS, back + " p { color: transparent; margin: 0; }"),
        PICTURED[2]: page(f'<img src="{address}">{BODY}', STYLE + over),
    }[name]


def judge(name: str, renderer=None) -> Analysis:
    task = Task("web", reference=REFERENCE)
    return analyse_program(bare_program(source(name, renderer), "web"), task, renderer)


def main() -> None:
    renderer = default_renderer("web", workers=1)
    print(f"{'page':<38}{'score':>6} = quality likeness gate; block text pos. color pixels; defects")
    for name in (*PAGES, *PICTURED):
        a = judge(name, renderer)
        r, terms = a.reward, [a.fidelity.get(t, 0.0) for t in ("block", "text", "position", "color", "pixels")]
        factors = (r.quality, r.fidelity / r.gate if r.gate else 0.0, r.gate)
        found = ", ".join(dict.fromkeys(d.detector for d in a.defects)) or a.execution.status
        shares = [" ".join(f"{t:.2f}" for t in part) for part in (factors, terms)]
        print(f"{name:<38}{r.score:>6.3f} = {shares[0]}; {shares[1]}; {found}", flush=True)
        if len(sys.argv) > 1 and a.scenes:
            stem = Path(sys.argv[1]) / re.sub(r"\W+", "_", name)
            stem.with_suffix(".png").write_bytes(a.scenes[0].image)
            stem.with_suffix(".html").write_text(source(name, renderer), encoding="utf-8")


if __name__ == "__main__":
    main()
