"""Programs in responses: which block counts, where it lies, and where its statements lie, to the character."""

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import SourceMap, bare_program, extract_program, statement_of

NEWLINES = pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])


def texts(program, response):
    return [response[s.span.start : s.span.end] for s in program.statements]


def sources(source):
    program = bare_program(source)
    assert program.problem is None
    return texts(program, source)


@pytest.mark.parametrize(
    ("response", "source"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("```Python title='a'\nx = 1\n```", "x = 1\n"),
        ("```{python}\nx = 1\n```", "x = 1\n"),
        ("~~~py\nx = 1\n~~~", "x = 1\n"),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n```\nthen\n```python\ny = 2\n```\nand\n```text\nnothing\n```", "y = 2\n"),
        ("```\na = 0\n```\n```python\nx = 1\n```\n```\nplain\n```", "x = 1\n"),
        ("say `python` and\n```python\nx = 1", "x = 1"),
        ("```python\nx = 1\n~~~\n```", "x = 1\n~~~\n"),
        ("é𝔘\n```python\nx = 'é𝔘'\n```", "x = 'é𝔘'\n"),
    ],
)
def test_the_block_that_counts(response, source):
    program = extract_program(response)
    assert program.source == source
    assert response[program.offset :][: len(source)] == source


@pytest.mark.parametrize("response", ["", "no code at all", "```python\n\n```", "```json\n{}\n```", "use `x` ```y```"])
def test_no_program(response):
    program = extract_program(response)
    assert program.problem.type == "NoProgram"
    assert program.source == "" and program.statements == ()


def test_a_domain_without_a_reader_is_refused():
    with pytest.raises(InvalidInputError, match="poster.*chart"):
        extract_program("```python\nx\n```", domain="poster")


@NEWLINES
def test_spans_are_characters_of_the_response(newline):
    response = 'héllo 𝔘\n```python\né = "𝔘ü"; z = 3\nplt.title("""a\nb""")  # ü\n```\nbye'.replace("\n", newline)
    program = extract_program(response)
    assert texts(program, response) == ['é = "𝔘ü"', "z = 3", f'plt.title("""a{newline}b""")']
    assert [(s.line, s.end_line) for s in program.statements] == [(1, 1), (1, 1), (2, 3)]


@NEWLINES
def test_compound_statements_own_their_header_only(newline):
    source = (
        "@deco(1)\n@(lambda f: f)\ndef f(a: int = 3, *, b={1: 2}) -> 'x':  # why: so\n    # more\n    return a\n"
        "for i in range(3): print(i); go()\nelse: stop()\n"
        "if a: b\nelif (c :=\n    2): d\nelse:\n    if e:\n        f\n"
        "with open() as g, \\\n        h: pass\n"
    ).replace("\n", newline)
    assert [text.replace(newline, "\n") for text in sources(source)] == [
        "@deco(1)\n@(lambda f: f)\ndef f(a: int = 3, *, b={1: 2}) -> 'x':",
        "return a",
        *("for i in range(3):", "print(i)", "go()", "else:", "stop()"),
        *("if a:", "b", "elif (c :=\n    2):", "d", "else:", "if e:", "f"),
        *("with open() as g, \\\n        h:", "pass"),
    ]


def test_headers_of_try_and_match():
    source = (
        "try:\n    a\nexcept (B, C) as e:\n    d\nexcept E: f\nelse: g\nfinally:\n    h\n"
        "match x:\n    case {'case': 1} if y:\n        z\n    case _: w\n"
    )
    program = bare_program(source)
    assert texts(program, source) == [
        *("try:", "a", "except (B, C) as e:", "d", "except E:", "f", "else:", "g", "finally:", "h"),
        *("match x:", "case {'case': 1} if y:", "z", "case _:", "w"),
    ]
    kinds = [s.kind for s in program.statements if s.kind not in ("Expr",)]
    assert kinds == ["Try", "ExceptHandler", "ExceptHandler", "else", "finally", "Match", "match_case", "match_case"]


def test_statements_never_overlap_and_ids_follow_the_text():
    source = "class A:\n    x: int = 1\n\n    async def f(self):\n        async with y as z:\n            await z\n"
    statements = bare_program(source).statements
    assert [s.id for s in statements] == list(range(len(statements)))
    assert all(a.span.end <= b.span.start for a, b in zip(statements, statements[1:]))


def test_a_syntax_error_names_its_line_and_keeps_blamable_lines():
    program = extract_program("```python\nx = 1\n# note\n\nplt.plot([1, 2)\ny = 2\n```")
    assert (program.problem.type, program.problem.line) == ("SyntaxError", 4)
    assert [(s.kind, s.line) for s in program.statements] == [("Line", 1), ("Line", 4), ("Line", 5)]
    assert program.statement_at(4).id == 1


def test_what_only_the_compiler_refuses_keeps_its_statements():
    program = bare_program("x = 1\nreturn x\n")
    assert program.problem.line == 2
    assert [s.kind for s in program.statements] == ["Assign", "Return"]


@pytest.mark.parametrize("source", ["x = '\0'", "(" * 5000 + ")" * 5000, "-" * 100_000 + "1", "x = 1\n\ty = 2"])
def test_hostile_sources_are_a_problem_of_the_program(source):
    assert bare_program(source).problem is not None


def test_positions_of_code_objects_find_their_statement():
    source = 'for i in x: a("é"); b(i)\nc(\n  d)\n'
    program, places = bare_program(source), SourceMap(source)
    columns = {name: len(source[: source.index(name)].encode()) for name in ("a(", "b(")}
    found = [statement_of(program, places, 1, columns[name]) for name in ("a(", "b(")]
    assert [source[s.span.start : s.span.end] for s in found] == ['a("é")', "b(i)"]
    assert statement_of(program, places, 3, 2).line == 2
