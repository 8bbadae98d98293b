"""DefectBench plants what it says: one changed place, the rest byte for byte, and only where the ink shows it."""

import ast
import difflib
import random
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from verl_visual_sdpo.benchmarks.defectbench import controls
from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS, faint_text
from verl_visual_sdpo.benchmarks.defectbench.programs import GENERATORS
from verl_visual_sdpo.benchmarks.defectbench.sources import CleanProgram, from_folder, generated
from verl_visual_sdpo.benchmarks.defectbench.twins import Workshop, offences_by_kind, signs_by_kind
from verl_visual_sdpo.errors import InvalidInputError


@pytest.fixture(scope="module")
def gauge():
    with Gauge() as opened:
        yield opened


def programs(seed):
    return [generator(random.Random(f"{seed}/{generator.__name__}")).source for generator in GENERATORS]


@pytest.mark.parametrize("kind", [*KINDS, "controls"])
def test_planting_changes_one_place_and_names_it(kind):
    propose = controls.propose if kind == "controls" else KINDS[kind].propose
    seen = 0
    for text in programs(0):
        source = Source(text)
        for plant in propose(source, random.Random(1)):
            seen += 1
            edit = plant.edit
            if edit.text == text:  # the place it had already; no twin is made of that
                continue
            ast.parse(edit.text)
            lost = [line for line in difflib.ndiff(text.splitlines(), edit.text.splitlines()) if line.startswith("- ")]
            if plant.mechanism in ("argument", "removal"):
                assert lost
                assert len(edit.planted) == (plant.mechanism == "argument")
            else:
                assert not lost
                assert edit.planted
            for span in edit.planted:
                statement = edit.text[span.start : span.end]
                assert len(ast.parse(textwrap.dedent(statement)).body) == 1
                assert statement not in text
    assert seen >= 20


def test_edits_keep_strange_but_legal_programs_in_shape():
    text = (
        'import matplotlib.pyplot as plt  # é ü\nplt.title(\n    "Größe",\n    fontsize=9,\n)\nif True: plt.plot([1])\n'
    )
    source = Source(text)
    (title,) = source.named("set_title")
    assert source.with_keyword(title, "fontsize", "3").text == text.replace("fontsize=9", "fontsize=3")
    edit = source.with_keyword(title, "y", "0.5")
    assert edit.text == text.replace("fontsize=9,\n", "fontsize=9, y=0.5\n")
    assert edit.text[edit.planted[0].start : edit.planted[0].end].startswith("plt.title(")
    assert edit.text[edit.planted[0].start : edit.planted[0].end].endswith(")")
    late = source.inserted(title.statement, ["a = 1", "b = 2"], guilty=(1,))
    assert late.text == text.replace(")\nif", ")\na = 1\nb = 2\nif")
    assert late.text[late.planted[0].start : late.planted[0].end] == "b = 2"
    assert not source.named("plot"), "a statement that shares its line leaves no room for another"


def test_programs_are_those_of_the_seed_and_run_clean(gauge):
    assert programs(3) == programs(3)
    assert programs(3) != programs(4)
    for text in random.Random(0).sample(programs(3), 4):
        assert gauge.measure(text).ok


def test_the_gauge_sees_ink(gauge):
    facts = gauge.measure(
        textwrap.dedent("""
        import matplotlib.pyplot as plt
        fig, ax = plt.subplots(figsize=(4, 3), dpi=100)
        ax.plot([0, 1], [0.5, 0.5], lw=4)
        ax.text(0.5, 0.5, "crossed", ha="center", va="center")
        ax.text(0.2, 0.8, "first words")
        ax.text(0.22, 0.8, "second words")
        ax.text(0.95, 0.2, "cut in two", transform=ax.transAxes, clip_on=True)
        fig.text(0.9, 0.02, "leaves the picture")
        ax.set_title("pale", color="#eeeeee")
        ax.set_ylim(0.4, 1)
        fig.savefig("a.png", dpi=200)
        """)
    )
    (figure,) = facts.figures
    by_string = {text.string: text for text in figure.texts}
    assert figure.scale == 2
    assert by_string["crossed"].on_marks > 20 > by_string["first words"].on_marks
    assert {(figure.texts[i].string, figure.texts[j].string) for i, j, *_ in figure.overlaps} >= {
        ("first words", "second words")
    }
    assert 0.2 < by_string["cut in two"].cut < 1
    assert by_string["leaves the picture"].outside > 0.3
    assert by_string["pale"].contrast < 1.3 < by_string["crossed"].contrast


CLEAN = CleanProgram(
    "one", "bar", "import matplotlib.pyplot as plt\nplt.bar([1, 2], [3, 4])\nplt.title('A title')\nplt.show()\n"
)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x = 1", "picture did not change"),
        ("plt.bar([3], [2])", "defect does not show (test, later)"),
        ("plt.nothing()", "fails (test, later)"),
        ("plt.title('Pale', color='#f4f4f4')", None),
    ],
)
def test_twins_that_do_not_show_their_defect_are_dropped(gauge, line, reason):
    def propose(source, rng):
        yield Plant("test", "later", source.inserted(source.final.statement, [line], before=True))

    kind = Kind("faint-text", ("low-contrast",), "for the test", propose, faint_text.KIND.offences)
    workshop = Workshop(gauge, lambda purpose, number: CLEAN if number == 0 else None, 0, spotless=True)
    with ThreadPoolExecutor(1) as pool:
        twins = workshop.twins(kind, 1, pool, lambda: None)
    if reason is None:
        assert [twin.offences[0].names for twin in twins] == [("Pale",)]
    else:
        assert not twins
        assert workshop.dropped.reasons["faint-text"][reason] == 1


def test_twins_are_those_of_the_seed(gauge):
    def made(seed):
        with ThreadPoolExecutor(1) as pool:
            workshop = Workshop(gauge, generated(seed), seed, spotless=True)
            return [(t.id, t.text) for t in workshop.twins(KINDS["tiny-text"], 1, pool, lambda: None)]

    assert made(5) == made(5)
    assert made(5) != made(6)


def test_real_programs_come_from_a_folder(tmp_path):
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "one.py").write_text(CLEAN.source)
    draw = from_folder(tmp_path, 0)
    assert draw("faint-text", 0) == CleanProgram("bars/one.py", "bars", CLEAN.source)
    assert draw("faint-text", 1) is None
    (tmp_path / "bars" / "one.py").write_bytes(b"\xef\xbb\xbf# caf\xe9 in Latin-1\n")
    assert draw("faint-text", 0).source == "# caf\ufffd in Latin-1\n"
    with pytest.raises(InvalidInputError, match="no .py file"):
        from_folder(tmp_path / "bars" / "none", 0)


@pytest.mark.parametrize(
    ("color", "planted", "sign"), [("#dddddd", True, True), ("#aaaaaa", False, True), ("k", False, False)]
)
def test_a_sign_is_less_than_an_offence(gauge, color, planted, sign):
    facts = gauge.measure(f"import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('Growth', color={color!r})\n")
    assert bool(offences_by_kind(facts)["faint-text"]) is planted
    assert bool(signs_by_kind(facts)["faint-text"]) is sign


def test_every_offence_is_a_sign(gauge):
    crowded = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(2, 1.5))
plt.bar([f"a long name {i}" for i in range(6)], [1] * 6)
"""
    facts = gauge.measure(crowded + "plt.ylim(0, 0.5)\nplt.title('far too long a title for this picture')\n")
    offences, signs = offences_by_kind(facts), signs_by_kind(facts)
    assert {kind for kind, found in offences.items() if found} >= {"crowded-ticks", "cut-data", "off-canvas"}
    for kind, found in offences.items():
        assert {o.key for o in found} <= {s.key for s in signs[kind]}, kind
