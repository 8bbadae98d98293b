"""Blame named by a model behind a real server: what it is shown, how strictly it is read, and that it never guesses."""

import io
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from chat_server import ChatServer, body, drops, finds_quoted_text, hangs, names, says, status
from PIL import Image
from waiting import PATIENCE

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.trace.marking import RED
from verl_visual_sdpo.inspection.trace.vlm import VlmMapper, VlmSettings
from verl_visual_sdpo.types import Blame, Box, Defect, Element, Program, Scene

SOURCE = """\
import matplotlib.pyplot as plt
for name in ("a", "b"):
    plt.plot([1, 2], label=name)
plt.title("Sales")
plt.text(0.5, 1.02,
         "up by a half")
"""
PROGRAM = bare_program(SOURCE)
TITLE, NOTE = Box(100, 20, 180, 40), Box(150, 22, 260, 44)
SIZE = (400, 300)


def png(size=SIZE, color="white"):
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, format="PNG")
    return out.getvalue()


SCENE = Scene(SIZE, (Element(0, "title", TITLE, "Sales"), Element(1, "text", NOTE, "up by a half")), png())
OVERLAP = Defect(
    "text-overlap", 0.8, (NOTE, TITLE), (1, 0), 0.4, 0.0, 'text "up by a half" covers 0.40 of title "Sales"', faulty=2
)
MILD = replace(OVERLAP, detector="low-contrast", severity=0.2, boxes=(TITLE,), element_ids=(0,), message="pale")


@pytest.fixture
def server():
    with ChatServer() as server:
        yield server


def settings(server, **changed):
    return VlmSettings(server.url, "m", **{"backoff_seconds": 0.001, "seconds": PATIENCE} | changed)


def ask(server, defects=(OVERLAP,), program=PROGRAM, scenes=(SCENE,), **changed):
    mapper = VlmMapper(settings(server, **changed))
    try:
        return mapper.map(program, scenes, defects, range(len(defects)))
    finally:
        mapper.close()


def reasons(undetermined):
    return [one.reason.split(":")[0] for one in undetermined]


# --------------------------------------------------------------------------- what a good answer becomes


def test_named_statements_answer_in_their_order_with_a_tie_that_says_a_model_named_them(server):
    server.model = names(4, 3)
    assert ask(server) == ((Blame(0, 4, 0.8, "mapped"), Blame(0, 3, 0.4, "mapped")), ())


def test_the_model_reads_the_defect_and_the_statements_by_their_numbers(server):
    server.model = finds_quoted_text
    blames, _ = ask(server)
    (request,) = server.requests
    assert [b.statement for b in blames] == [4, 3]
    assert request.statements == {
        0: "import matplotlib.pyplot as plt",
        1: 'for name in ("a", "b"):',
        2: "    plt.plot([1, 2], label=name)",
        3: 'plt.title("Sales")',
        4: 'plt.text(0.5, 1.02,\n         "up by a half")',
    }
    assert "Defect 1: text-overlap. " + OVERLAP.message in request.text
    assert "text: up by a half; title: Sales" in request.text
    allowed = request.body["response_format"]["json_schema"]["schema"]["properties"]["statements"]["items"]["enum"]
    assert allowed == [0, 1, 2, 3, 4]


def test_a_program_inside_a_response_is_shown_without_the_response(server):
    response = f"Here it is:\n```python\n{SOURCE}```"
    ask(server, program=bare_program(SOURCE, offset=response.index("import")))
    assert server.requests[0].statements[3] == 'plt.title("Sales")'


def test_each_defect_is_asked_about_alone_and_stays_with_its_own_answer(server):
    server.model = lambda request: json.dumps({"statements": [3 if "low-contrast" in request.text else 4]})
    blames, _ = ask(server, (MILD, OVERLAP))
    assert blames == (Blame(0, 3, 0.2, "mapped"), Blame(1, 4, 0.8, "mapped"))
    assert sorted(re.search(r"Defect \d", r.text)[0] for r in server.requests) == ["Defect 1", "Defect 2"]


# --------------------------------------------------------------------------- what it is shown


def red_box(picture):
    """The extent of what is drawn in the mark's colour, as the server decodes it."""
    red = [(x, y) for x in range(picture.width) for y in range(picture.height) if picture.getpixel((x, y)) == RED]
    xs, ys = zip(*red)
    return min(xs), min(ys), max(xs), max(ys)


def test_the_picture_that_arrives_has_the_box_of_the_defect_drawn_on_it(server):
    ask(server, (MILD,))
    picture = server.requests[0].picture
    assert picture.size == SIZE
    left, top, right, bottom = red_box(picture)
    assert (left, right, bottom) == (97, 183, 43), "the box of the title and 3 px of padding"
    assert top < 17, "the badge with the number stands on the frame"
    assert picture.getpixel((140, 30)) == (255, 255, 255), "what the box frames is left as it is"
    badge = [picture.getpixel((x, y)) for x in range(97, 110) for y in range(top, 17)]
    assert any(sum(color) > sum(RED) for color in badge), "the number, white on red"


def test_all_boxes_are_framed_and_only_those_of_the_defect_in_question(server):
    ask(server, (OVERLAP, MILD))
    (both,) = [r.picture for r in server.requests if "Defect 1" in r.text]
    (one,) = [r.picture for r in server.requests if "Defect 2" in r.text]
    assert red_box(both)[2] == 263 and red_box(one)[2] == 183


def test_a_large_picture_is_scaled_down_and_the_box_with_it(server):
    large = replace(SCENE, image=png((4000, 3000)), size=(4000, 3000))
    ask(server, (replace(MILD, boxes=(Box(1000, 1500, 2000, 2500),)),), scenes=(large,), picture_max_pixels=120_000)
    picture = server.requests[0].picture
    assert picture.size == (400, 300)
    left, _, right, bottom = red_box(picture)
    assert (left, right, bottom) == (97, 203, 253)


def test_the_picture_of_the_defects_own_page_is_shown(server):
    pages = (SCENE, replace(SCENE, image=png(color="blue")))
    ask(server, (replace(MILD, page=1),), scenes=pages)
    assert server.requests[0].picture.getpixel((5, 295)) == (0, 0, 255)


def test_texts_that_are_no_unicode_are_sent_all_the_same(server):
    ask(server, program=bare_program('plt.title("\\ud800")\nplt.text(0, 0, "\ud800")\n'))
    assert server.requests[0].statements[1] == 'plt.text(0, 0, "?")'


# --------------------------------------------------------------------------- what a bad answer becomes

BAD_ANSWERS = {
    "": "not-json",
    "I think it is statement 3.": "not-json",
    'The answer: {"statements": [3]}': "not-json",
    '{"statements": [3]} because it overlaps': "not-json",
    '```json\n{"statements": [3]}\n```': "not-json",
    '{"statements": [3]}{"statements": [3]}': "not-json",
    '{"statements": [3], "statements": [4]}': "not-json",
    '{"statements": [3,]}': "not-json",
    "{'statements': [3]}": "not-json",
    '{"statements": [NaN]}': "not-json",
    '{"statements": [' + "9" * 5000 + "]}": "not-json",
    "[" * 50_000: "not-json",
    "3": "wrong-shape",
    "[3]": "wrong-shape",
    "null": "wrong-shape",
    "{}": "wrong-shape",
    '{"statement": [3]}': "wrong-shape",
    '{"statements": 3}': "wrong-shape",
    '{"statements": null}': "wrong-shape",
    '{"statements": "3"}': "wrong-shape",
    '{"statements": ["3"]}': "wrong-shape",
    '{"statements": [3.0]}': "wrong-shape",
    '{"statements": [1e999]}': "wrong-shape",
    '{"statements": [true]}': "wrong-shape",
    '{"statements": [[3]]}': "wrong-shape",
    '{"statements": [3], "why": "it overlaps"}': "wrong-shape",
    '{"statements": [5]}': "unknown-statement",
    '{"statements": [-1]}': "unknown-statement",
    '{"statements": [3, 99]}': "unknown-statement",
    '{"statements": [3, 3]}': "twice",
    '{"statements": [0, 1, 2, 3]}': "too-many",
    '{"statements": []}': "empty",
}


@pytest.mark.parametrize(("answer", "reason"), BAD_ANSWERS.items(), ids=lambda text: text[:40])
def test_an_answer_that_is_not_exactly_what_was_asked_for_blames_nobody(server, answer, reason):
    server.model = lambda request: answer
    blames, (undetermined,) = ask(server)
    assert blames == () and undetermined.reason.startswith(reason + ": ")
    assert "defect 1, text-overlap" in undetermined.reason and len(undetermined.reason) < 400
    assert (undetermined.detector, undetermined.element_ids, undetermined.page) == ("blame", (1, 0), 0)


def test_white_space_around_an_answer_is_json_too(server):
    server.model = lambda request: '\n { "statements" : [ 3 ] } \n'
    assert [b.statement for b in ask(server)[0]] == [3]


def test_a_bad_answer_to_one_defect_leaves_the_others_alone(server):
    server.model = lambda request: "hm" if "low-contrast" in request.text else '{"statements": [4]}'
    blames, undetermined = ask(server, (MILD, OVERLAP))
    assert [(b.defect, b.statement) for b in blames] == [(1, 4)] and reasons(undetermined) == ["not-json"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (hangs, "timeout"),
        (drops, "connection"),
        (status(500, "out of memory"), "http"),
        (status(404, "no such model"), "http"),
        (status(302, Location="http://127.0.0.1:9/"), "redirect"),
        (body(b"<html>", "text/html"), "content-type"),
        (says('{"statements": [3', finish_reason="length"), "cut-off"),
    ],
)
def test_a_failing_endpoint_blames_nobody_and_raises_nothing(server, fault, reason):
    server.script += [fault] * 9
    blames, undetermined = ask(server, seconds=0.3 if fault is hangs else PATIENCE)
    assert blames == () and reasons(undetermined) == [reason]


def test_the_total_bounds_everything_about_one_program(server):
    server.script += [hangs] * 9
    blames, undetermined = ask(server, [OVERLAP] * 6, seconds=500.0, total_seconds=0.4, concurrency=1)
    assert blames == () and reasons(undetermined) == ["timeout"] * 6 and len(server.requests) <= 1


def test_only_the_most_severe_are_asked_about(server):
    blames, undetermined = ask(server, (MILD, OVERLAP, MILD), most_defects=1)
    assert [b.defect for b in blames] == [1] and reasons(undetermined) == ["not-asked"] * 2
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("program", "scene", "reason"),
    [
        (PROGRAM, replace(SCENE, image=b""), "no-picture"),
        (PROGRAM, replace(SCENE, image=b"\x89PNG not really"), "no-picture"),
        (Program("", 0, ()), SCENE, "no-statements"),
        (bare_program("x = 1\n" * 9000), SCENE, "program-too-long"),
    ],
)
def test_where_there_is_nothing_to_show_nobody_is_asked(server, program, scene, reason):
    blames, undetermined = ask(server, program=program, scenes=(scene,))
    assert blames == () and reasons(undetermined) == [reason] and not server.requests


def test_no_more_requests_than_allowed_are_under_way_at_once(server):
    under_way, most = [], []

    def count(request):
        under_way.append(1)
        most.append(len(under_way))
        server.stopped.wait(0.03)
        under_way.pop()
        return '{"statements": [3]}'

    server.model = count
    mapper = VlmMapper(settings(server, concurrency=2))
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: mapper.map(PROGRAM, (SCENE,), (OVERLAP, MILD), (0, 1)), range(6)))
    mapper.close()
    assert len(server.requests) == 12 and max(most) <= 2 and all(len(blames) == 2 for blames, _ in results)


def test_each_reason_is_logged_once(server, caplog):
    server.script += [status(404, "no such model")] * 9
    ask(server, [OVERLAP] * 4)
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert server.url in caplog.text and "no such model" in caplog.text


# --------------------------------------------------------------------------- answers on disk


class TestCache:
    def test_a_question_asked_before_needs_no_second_request(self, server, tmp_path):
        first, again = (ask(server, cache=str(tmp_path)) for _ in range(2))
        assert first == again and first[0] and len(server.requests) == 1

    def test_it_holds_when_the_server_is_gone(self, tmp_path):
        with ChatServer(names(4)) as server:
            kept = ask(server, cache=str(tmp_path))
        assert ask(server, cache=str(tmp_path)) == kept == ((Blame(0, 4, 0.8, "mapped"),), ())

    @pytest.mark.parametrize(
        "other",
        [
            {"scenes": (replace(SCENE, image=png(color="gray")),)},
            {"program": bare_program(SOURCE.replace("Sales", "Sale"))},
            {"defects": (replace(OVERLAP, message="something else"),)},
            {"defects": (replace(OVERLAP, boxes=(TITLE, NOTE)),)},
        ],
    )
    def test_another_picture_program_or_defect_is_another_question(self, server, tmp_path, other):
        ask(server, cache=str(tmp_path))
        ask(server, cache=str(tmp_path), **other)
        assert len(server.requests) == 2

    def test_another_model_is_another_question(self, server, tmp_path):
        for model in ("one", "two"):
            mapper = VlmMapper(VlmSettings(server.url, model, cache=str(tmp_path)))
            mapper.map(PROGRAM, (SCENE,), (OVERLAP,), (0,))
            mapper.close()
        assert len(server.requests) == 2

    @pytest.mark.parametrize("answer", ["hm", '{"statements": [77]}'])
    def test_a_bad_answer_is_not_kept(self, server, tmp_path, answer):
        server.script += [says(answer)]
        assert reasons(ask(server, cache=str(tmp_path))[1])
        assert ask(server, cache=str(tmp_path))[0] and len(server.requests) == 2

    @pytest.mark.parametrize(
        "spoilt", [b"", b"\xff", b"{}", b'{"answer": 3}', b'{"answer": "{\\"statements\\": [99]}"}']
    )
    def test_a_spoilt_file_is_asked_for_again_and_mended(self, server, tmp_path, spoilt):
        ask(server, cache=str(tmp_path))
        (path,) = tmp_path.rglob("*.json")
        path.write_bytes(spoilt)
        assert ask(server, cache=str(tmp_path)) == ask(server, cache=str(tmp_path)) and len(server.requests) == 2

    def test_files_appear_whole_and_hold_the_answer_alone(self, server, tmp_path, monkeypatch):
        monkeypatch.setenv("VISUAL_SDPO_API_KEY", "sk-very-secret")
        ask(server, (OVERLAP, MILD), cache=str(tmp_path))
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(files) == 2 and {path.suffix for path in files} == {".json"}
        assert {path.read_text() for path in files} == {json.dumps({"answer": '{"statements": [0]}'})}

    def test_a_folder_that_cannot_be_made_is_the_callers_error(self, server, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(InvalidInputError, match="cache folder"):
            ask(server, cache=str(tmp_path / "file"))

    def test_a_folder_that_disappears_costs_no_blame(self, server, tmp_path, caplog):
        folder = tmp_path / "answers"
        mapper = VlmMapper(settings(server, cache=str(folder)))
        folder.rmdir()
        blames, _ = mapper.map(PROGRAM, (SCENE,), (OVERLAP, MILD), (0, 1))
        mapper.close()
        assert len(blames) == 2 and "no longer kept" in caplog.text


def test_the_key_is_nowhere_but_in_the_request(server, tmp_path, monkeypatch, caplog):
    key = "sk-very-secret-0123456789"
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MY_KEY", key)
    server.model = lambda request: f"your key is {key}"
    server.script += [status(401, f"wrong key {key}")]
    mapper = VlmMapper(settings(server, api_key_env="MY_KEY", cache=str(tmp_path)))
    told = [mapper.map(PROGRAM, (SCENE,), (OVERLAP,), (0,)) for _ in range(2)]
    mapper.close()
    assert {r.headers["Authorization"] for r in server.requests} == {f"Bearer {key}"}
    assert [reasons(undetermined) for _, undetermined in told] == [["http"], ["not-json"]]
    assert key not in f"{told} {caplog.text} {mapper!r} {settings(server, api_key_env='MY_KEY')}"


# --------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"total_seconds": "60"}, "total_seconds"),
        ({"concurrency": 0}, "concurrency"),
        ({"retries": -1}, "retries"),
        ({"retries": True}, "retries"),
        ({"picture_max_pixels": 1e6}, "picture_max_pixels"),
        ({"model": ""}, "model"),
        ({"endpoint": None}, "endpoint"),
        ({"api_key": "sk"}, "no api_key"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(changed, named):
    with pytest.raises(InvalidInputError, match=named):
        VlmSettings.from_mapping({"endpoint": "http://127.0.0.1:1/v1", "model": "m", **changed})
