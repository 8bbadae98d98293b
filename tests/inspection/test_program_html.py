"""HTML programs: where tags, texts, rules, declarations and lines of script begin and end."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.inspection.program import bare_program, css, extract_program
from verl_visual_sdpo.inspection.program.markup import tokens


def said(source: str, kind: str | None = None) -> list[str]:
    """The text of each statement of a kind, in order."""
    program = bare_program(source, "web", offset=7)
    found = [s for s in program.statements if kind is None or s.kind == kind]
    return [source[s.span.start - 7 : s.span.end - 7] for s in found]


def test_statements_of_every_kind_in_the_order_of_the_text():
    source = (
        "<!doctype html>\n<p class=a style='color:red;top:0'>one\n<b>two</b>\n<style>@media x{ p{left:0} }</style>"
        "\n<script>\nlet a;\n// no\nb()\n</script>"
    )
    program = bare_program(source, "web")
    assert program.problem is None
    assert [(s.kind, s.line) for s in program.statements] == [
        ("StartTag", 2), ("Declaration", 2), ("Declaration", 2), ("Text", 2), ("StartTag", 3), ("Text", 3),
        ("StartTag", 4), ("AtRule", 4), ("Rule", 4), ("Declaration", 4), ("StartTag", 5), ("Script", 6), ("Script", 8),
    ]  # fmt: skip
    assert said(source, "Declaration") == ["color:red;", "top:0", "left:0"]
    assert said(source, "Script") == ["let a;", "b()"]
    assert [s.id for s in program.statements] == list(range(len(program.statements)))
    starts = [s.span.start for s in program.statements]
    assert starts == sorted(starts)


def test_a_fenced_page_has_offsets_of_the_response():
    response = "Sure \N{GRINNING FACE}\n```html\n<h1>T</h1>\n```\n"
    program = extract_program(response, "web")
    assert [response[s.span.start : s.span.end] for s in program.statements] == ["<h1>", "T"]


def test_the_innermost_statement_is_found_at_a_place():
    program = bare_program("<p style='color:red'>x", "web")
    assert program.statement_at(1, 12).kind == "Declaration"
    assert program.statement_at(1, 2).kind == "StartTag"


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("<p>a < b > c <1> </ x> <!x> <?y> <p", ["<p>"]),
        ("<a title='>'>x</a><a title=\">\" b>", ["<a title='>'>", '<a title=">" b>']),
        ("<a b = c/><br/ ><p/id=x>", ["<a b = c/>", "<br/ >", "<p/id=x>"]),
        ("<!-- <i> --><b><!--> <u> <!-- x --!><s>", ["<b>", "<u>", "<s>"]),
        ("<title><b></title><textarea><i></textarea><u>", ["<title>", "<textarea>", "<u>"]),
        ("<style><b></style ><script>'<i>'</script><xmp><u></xmp><noscript><p></noscript>",
         ["<style>", "<script>", "<xmp>", "<noscript>"]),
        ("<script><!-- <script> </script> --></script><b>", ["<script>", "<b>"]),
        ("<script>a</scripty></script><b>", ["<script>", "<b>"]),
        ("<svg><title><b></title><style><i></style><path/></svg><title><u></title>",
         ["<svg>", "<title>", "<b>", "<style>", "<i>", "<path/>", "<title>"]),
        ("<svg><![CDATA[<b>]]></svg><![CDATA[<b>]]>", ["<svg>"]),
        ("<svg><div><title><b></title>", ["<svg>", "<div>", "<title>"]),
        ("<plaintext><b></plaintext>", ["<plaintext>"]),
        ("<DIV ID=A>", ["<DIV ID=A>"]),
        ("<p x=\"unclosed>text", []),
    ],
)  # fmt: skip
def test_tags_are_found_as_the_standard_finds_them(source, tags):
    assert [source[t.start : t.end] for t in tokens(source) if t.kind == "start"] == tags


def test_attributes_and_their_values():
    source = "<a ID=x title = 'a \"b' data-q=\"c'd\" hidden =y x='' id=z>"
    (tag,) = tokens(source)
    values = [(a.name, source[a.value_start : a.value_end], a.quote) for a in tag.attributes]
    assert values == [
        ("id", "x", ""), ("title", 'a "b', "'"), ("data-q", "c'd", '"'), ("hidden", "y", ""), ("x", "", "'"),
        ("id", "z", ""),
    ]  # fmt: skip
    assert tag.attribute("id") == tag.attributes[0]
    assert source[: tag.name_end] == "<a"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a{b:c}", ["b:c"]),
        ("a{b:c;;d : e !important ; f}", ["b:c;", "d : e !important ;"]),
        ('a{b:url(x;y);c:\'}\';d:"\\"}"}', ["b:url(x;y);", "c:'}';", 'd:"\\"}"']),
        ("a{/*b:c;*/d:e/*;*/;f:g(;})}", ["d:e/*;*/;", "f:g(;})"]),
        ("a{b:c{d:e}f:g}", ["d:e", "f:g"]),
        ("a{&:hover{b:c}d:e}", ["b:c", "d:e"]),
        ("a{--x:{y:z};b:c}", ["--x:{y:z};", "b:c"]),
        ("@media(x){a{b:c}@supports(y){d{e:f}}}g{h:i}", ["b:c", "e:f", "h:i"]),
        ("@import url(a;b);@charset 'x';a{b:c", ["b:c"]),
        ("} a{b:c}", ["b:c"]),
        ("<!-- a{b:c} -->", ["b:c"]),
        ("a{b:'unclosed\n;c:d}", ["b:'unclosed\n;", "c:d"]),
    ],
)
def test_declarations_of_a_style_sheet(source, found):
    assert [source[p.start : p.end] for p in css.stylesheet(source) if p.kind == "declaration"] == found


def test_what_a_declaration_says():
    (piece,) = css.declarations(" COLOR : red ! important")
    assert (piece.name, piece.important, piece.closed, piece.styles) == ("color", True, False, True)
    source = "@font-face{a:b}@keyframes k{from{c:d}}@layer l{e{f:g}}"
    assert [(p.name, p.styles) for p in css.stylesheet(source) if p.kind == "declaration"] == [
        ("a", False), ("c", False), ("f", True),
    ]  # fmt: skip


def test_character_references_in_a_style_attribute_keep_their_places():
    source = "<p style='font-family:&quot;A;B&quot;;color:red'>"
    assert said(source, "Declaration") == ["font-family:&quot;A;B&quot;;", "color:red"]


def test_scripts_that_are_data_hold_no_statements():
    assert said("<script type='application/json'>{}</script><script type=module>a()</script>", "Script") == ["a()"]


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<a b='", "<!--", "<!--<script ", "<svg>", "<title>", "</style", "&amp;", "<p style='a:b'>", "]]>"]
    + ["<style>" + p for p in ("a{", "(", "/*", "'", "url(", "@media x{", "a:b{", "a/**/ ", ";", "\\", "!", "@x")],
)
def test_any_text_is_read_to_its_end(piece):
    """Twenty thousand of each: what recurses, or grows with the square of the length, does not come back from this."""
    start, _, repeated = piece.rpartition("<style>")
    source = start + ("<style>" if "<style>" in piece else "") + repeated * 20_000
    program = bare_program(source, "web")
    assert program.source == source and program.problem is None
    assert all(0 <= s.span.start < s.span.end <= len(source) for s in program.statements)
