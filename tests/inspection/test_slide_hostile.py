"""Hostile slide programs and hostile decks against the real sandbox: each is answered, none reaches what is outside."""

import base64
import io
import json
import os
import zipfile
import zlib
from unittest import mock

import hostile_suite as suite
import numpy as np
import pytest
from hostile_canaries import ENVIRONMENT, Canary
from PIL import Image
from pptx import Presentation
from pptx.util import Inches
from slide_room import needs_office, one, render, renderer

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.slide import SlideRenderer

pytestmark = needs_office

PROGRAMS = [p for p in suite.programs("network", "files") if not p.endless]


@pytest.fixture(scope="module")
def bare():
    """No screen and no guard: the layers alone."""
    with SlideRenderer(cache_size=0, screened=False) as own:
        yield own


@pytest.fixture
def canary(tmp_path):
    with mock.patch.dict(os.environ, {ENVIRONMENT: os.urandom(8).hex()}):
        watched = Canary("deck", tmp_path, "@TCP@")
        yield watched
        watched.close()


@pytest.mark.parametrize("name", [program.name for program in PROGRAMS])
def test_the_programs_that_attack_charts_get_no_further_here(bare, tmp_path, name):
    (program,) = (p for p in PROGRAMS if p.name == name)
    with mock.patch.dict(os.environ, {ENVIRONMENT: os.urandom(8).hex()}):
        watched = Canary(program.path.stem, tmp_path, program.source)
        try:
            rendering = bare.render(bare_program(watched.fill(program.source), "slide"))
            assert not watched.seen(suite._returned(rendering))
        finally:
            watched.close()


# --------------------------------------------------------------------------- decks


def deck(*parts: tuple[str, str, str], edit=None) -> bytes:
    """A deck of one slide that says "honest"; ``parts`` are (name, old, new) replacements in its XML, ``edit`` changes
    the archive's contents."""
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = "honest"
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(stream, "PNG")
    slide.shapes.add_picture(io.BytesIO(stream.getvalue()), Inches(1), Inches(3), Inches(2), Inches(2))
    out = io.BytesIO()
    presentation.save(out)
    with zipfile.ZipFile(out) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    for name, old, new in parts:
        assert old.encode() in contents[name], f"{name} does not hold {old}"
        contents[name] = contents[name].replace(old.encode(), new.encode())
    if edit:
        edit(contents)
    return packed(contents)


def packed(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out.getvalue()


def handed_over(content: bytes, **report) -> str:
    """A program that writes the report of its own run, with any bytes for a deck."""
    honest = {"status": "ok", "error": None, "scenes": [], "record": {}, "chains": [], "parcels": [len(content)]}
    text = json.dumps(honest | {"failure": "", "unfit": "", "writes": {}} | report)
    small = base64.b85encode(zlib.compress(content)).decode()
    return (
        f"import os, base64, zlib\ndeck = zlib.decompress(base64.b85decode({small!r}))\n"
        f"frame = {text!r}.encode()\nframe = len(frame).to_bytes(8, 'big') + frame + deck\n"
        "while frame:\n    frame = frame[os.write(3, frame):]\nos._exit(0)\n"
    )


def shown(bare, content: bytes, **report):
    return bare.render(bare_program(handed_over(content, **report), "slide"))


SLIDE, RELS = "ppt/slides/slide1.xml", "ppt/slides/_rels/slide1.xml.rels"
IMAGE_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"


def test_a_report_that_was_made_up_shows_what_its_deck_shows(bare):
    rendering = shown(bare, deck(), writes={"/ppt/slides/slide1.xml": [[3, 99, "created", "*", 1]]}, chains=[[[1, 0]]])
    assert rendering.execution.ok and one(rendering.scenes[0], "text", "honest")
    assert all(e.owners == () for e in rendering.scenes[0].elements), "a log that does not fit is nobody's"


@pytest.mark.parametrize(
    "report",
    [
        {"writes": {"x": [["a"]]}},
        {"writes": {"x": 3}},
        {"chains": 7},
        {"chains": [[["x", None]]], "writes": {"/ppt/slides/slide1.xml": [[5, 0, "created", "*", 1]]}},
        {"parcels": []},
        {"parcels": [10**12]},
        {"status": "splendid"},
        {"error": {"type": 3}},
    ],
    ids=str,
)
def test_a_report_that_does_not_fit_is_answered(bare, report):
    assert shown(bare, deck(), **report).execution.status in ("ok", "runtime_error", "no_output")


def test_the_screen_names_who_writes_reports():
    execution = renderer().render(bare_program(handed_over(b""), "slide")).execution
    assert execution.status == "forbidden" and "is not allowed" in execution.error.message


@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/a.png", "file://{secret}", "//127.0.0.1:{port}/a.png"])
def test_linked_pictures_are_not_fetched(bare, canary, tmp_path, target):
    secret = tmp_path / "secret.png"
    Image.new("RGB", (64, 64), (255, 0, 255)).save(secret)
    secret.chmod(0o644)
    address = target.format(port=canary._sockets.places["TCP"], secret=secret)

    def linked(contents):
        contents[RELS] = contents[RELS].replace(b'Target="../media/image1.png"', b"X")
        found = contents[RELS].decode().replace("X", f'Target="{address}" TargetMode="External"')
        contents[RELS] = found.encode()
        del contents["ppt/media/image1.png"]

    rendering = shown(bare, deck((SLIDE, "r:embed", "r:link"), edit=linked))
    assert rendering.execution.status in ("ok", "no_output"), rendering.execution
    assert not canary.seen(suite._returned(rendering))
    for scene in rendering.scenes:
        pixels = np.asarray(Image.open(io.BytesIO(scene.image)).convert("RGB")).reshape(-1, 3)
        assert not (pixels == (255, 0, 255)).all(axis=1).any(), "what lies outside is in the picture"


@pytest.mark.parametrize("kind", ["oleObject", "video", "audio", "attachedTemplate", "externalLinkPath", "frame"])
def test_other_links_are_not_followed(bare, canary, kind):
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    address = f"http://127.0.0.1:{canary._sockets.places['TCP']}/x"
    link = f'<Relationship Id="rId77" Type="{base}/{kind}" Target="{address}" TargetMode="External"/></Relationships>'
    rendering = shown(bare, deck((RELS, "</Relationships>", link)))
    assert rendering.execution.ok and not canary.seen(suite._returned(rendering))


def test_entities_are_not_read(bare, canary):
    secret = canary.outside / "secret"

    def entity(contents):
        head, _, rest = contents[SLIDE].decode().partition("?>")
        doctype = f'<!DOCTYPE x [<!ENTITY leak SYSTEM "file://{secret}">]>'
        contents[SLIDE] = f"{head}?>{doctype}{rest}".replace("honest", "&leak;").encode()

    rendering = shown(bare, deck(edit=entity))
    assert not canary.seen(suite._returned(rendering))


def test_entities_that_grow_are_bounded(bare):
    def laughs(contents):
        entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(12))
        head, _, rest = contents[SLIDE].decode().partition("?>")
        contents[SLIDE] = f"{head}?><!DOCTYPE x [{entities}]>{rest}".replace("honest", "&a11;").encode()

    execution = shown(bare, deck(edit=laughs)).execution
    assert execution.status in ("ok", "no_output", "memory", "timeout") and execution.seconds < 60


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"just words", "not a pptx file"),
        (deck()[:2000], "not a pptx file"),
        (packed({"a.txt": b"x"}), "not a presentation"),
        (deck(edit=lambda c: c.update({"ppt/bomb.xml": bytes(300 << 20)})), "unpacks to"),
        (deck(edit=lambda c: c.update({"ppt/bomb.xml": bytes(100 << 20)})), "unpacks to"),
        (deck(edit=lambda c: c.update({f"ppt/{n}.xml": b"" for n in range(5000)})), "entries"),
        (deck(("ppt/presentation.xml", 'cx="9144000"', 'cx="91440"')), "is no slide"),
        (deck(("ppt/presentation.xml", 'type="screen4x3"', ""), (SLIDE, "<p:cSld", "<p:cSld><p:cSld")), ""),
    ],
    ids=["text", "cut", "zip", "bomb", "smaller-bomb", "entries", "ribbon", "broken"],
)
def test_decks_that_are_none_are_refused(bare, content, why):
    execution = shown(bare, content).execution
    assert execution.status == "no_output" and why in execution.error.message, execution


def test_macros_do_nothing(bare, canary):
    def macro(contents):
        contents["ppt/vbaProject.bin"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
        kind, name = "application/vnd.ms-office.vbaProject", "/ppt/vbaProject.bin"
        types = contents["[Content_Types].xml"].decode()
        types = types.replace("</Types>", f'<Override PartName="{name}" ContentType="{kind}"/></Types>')
        plain = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
        types = types.replace(plain, "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml")
        contents["[Content_Types].xml"] = types.encode()
        rels = contents["ppt/_rels/presentation.xml.rels"].decode()
        link = '<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
        rels = rels.replace("</Relationships>", f'{link}Target="vbaProject.bin"/></Relationships>')
        contents["ppt/_rels/presentation.xml.rels"] = rels.encode()

    rendering = shown(bare, deck(edit=macro))
    assert rendering.execution.ok and not canary.seen(suite._returned(rendering))


# --------------------------------------------------------------------------- programs


@pytest.mark.parametrize(
    ("source", "statuses"),
    [
        ("prs.save('/etc/passwd')", {"ok"}),
        ("prs.save('/dev/full')", {"ok"}),
        ("slide.shapes.add_picture('/etc/hostname', 0, 0)", {"runtime_error"}),
        ("Presentation('/root/secret.pptx')", {"runtime_error"}),
        ("from lxml import etree\netree.parse('/etc/passwd')", {"runtime_error"}),
        ("from lxml import etree\netree.parse('http://127.0.0.1:9/x')", {"runtime_error"}),
        ("slide.shapes.add_textbox(0, 0, 9, 9).text_frame.text = 'a' * 50_000_000", {"memory", "no_output", "timeout"}),
        ("for _ in range(400):\n    slide.shapes.add_textbox(0, 0, 9, 9)", {"ok"}),
        ("def f(): f()\nf()", {"runtime_error"}),
        ("prs.part.package.save = None\nprs.save('x.pptx')", {"runtime_error", "ok"}),
        ("import pptx\npptx.Presentation = None", {"forbidden"}),
    ],
)
def test_programs_that_go_too_far_are_answered(source, statuses):
    assert render(source).execution.status in statuses
