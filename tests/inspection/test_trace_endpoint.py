"""One question to an endpoint, against a real server that behaves well, badly, or not at all."""

import logging
import time

import pytest
from chat_server import ChatServer, body, completion, drips, drops, hangs, names, says, status, stops_halfway
from waiting import PATIENCE

from verl_visual_sdpo.errors import EndpointError, InvalidInputError
from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint

SCHEMA = {"type": "object", "properties": {"statements": {"type": "array"}}}
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "which?"}]}]
ANSWER = names(0)(None)


@pytest.fixture
def server():
    with ChatServer() as server:
        yield server


def endpoint(server, **settings):
    return ChatEndpoint(server.url, "some/model", **{"backoff_seconds": 0.001, "seconds": PATIENCE} | settings)


def ask(asked, total=PATIENCE):
    return asked.ask(asked.question(MESSAGES, SCHEMA), time.monotonic() + total)


def reason(asked, total=PATIENCE):
    with pytest.raises(EndpointError) as caught:
        ask(asked, total)
    return caught.value.reason


def test_a_question_in_the_protocol_and_its_answer(server):
    assert ask(endpoint(server)) == ANSWER
    (request,) = server.requests
    assert request.path == "/v1/chat/completions" and request.headers["Content-Type"] == "application/json"
    assert request.body["model"] == "some/model" and request.body["messages"] == MESSAGES
    assert request.body["temperature"] == 0
    assert request.body["response_format"]["type"] == "json_schema"
    assert request.body["response_format"]["json_schema"]["schema"] == SCHEMA


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_every_way_to_write_the_address_leads_to_the_same_path(server, path):
    ask(ChatEndpoint(server.url.removesuffix("/v1") + path, "m"))
    assert server.requests[0].path == "/v1/chat/completions"


class TestResponseFormat:
    def test_a_server_that_refuses_it_is_asked_without_and_then_never_offered_it_again(self, server):
        server.script += [status(400, "response_format is not supported")]
        asked = endpoint(server)
        assert ask(asked) == ask(asked) == ANSWER
        assert ["response_format" in r.body for r in server.requests] == [True, False, False]

    def test_a_server_that_refuses_the_question_itself_is_asked_twice_at_most(self, server):
        server.script += [status(400, "bad"), status(400, "too many tokens")]
        asked = endpoint(server)
        with pytest.raises(EndpointError, match="http: status 400: too many tokens"):
            ask(asked)
        assert ask(asked) == ANSWER and "response_format" in server.requests[-1].body

    def test_a_question_that_never_had_one_is_not_asked_twice(self, server):
        server.script += [status(400, "bad")]
        asked = endpoint(server)
        with pytest.raises(EndpointError, match="status 400"):
            asked.ask({"model": "m", "messages": MESSAGES}, time.monotonic() + PATIENCE)
        assert len(server.requests) == 1


class TestFurtherAttempts:
    @pytest.mark.parametrize("first", [status(429, Retry_After="0"), status(500), status(503), drops, stops_halfway])
    def test_what_may_pass_is_tried_again(self, server, first):
        server.script += [first]
        assert ask(endpoint(server)) == ANSWER and len(server.requests) == 2

    @pytest.mark.parametrize(("fault", "why"), [(status(500, "broken"), "http"), (drops, "connection")])
    def test_their_number_is_bounded(self, server, fault, why):
        server.script += [fault] * 9
        assert reason(endpoint(server, retries=2)) == why and len(server.requests) == 3

    @pytest.mark.parametrize("code", [401, 403, 404, 422])
    def test_what_will_not_pass_is_not_tried_again(self, server, code):
        server.script += [status(code, "no")]
        assert reason(endpoint(server)) == "http" and len(server.requests) == 1

    def test_a_pause_beyond_the_deadline_is_not_waited_for(self, server):
        server.script += [status(429, "busy", Retry_After="3600")]
        with pytest.raises(EndpointError, match="http: status 429: busy; no time is left"):
            ask(endpoint(server))
        assert len(server.requests) == 1

    def test_nobody_there(self):
        with ChatServer() as gone:
            asked = endpoint(gone)
        assert reason(asked) == "connection"


class TestTime:
    @pytest.mark.parametrize("fault", [hangs, drips])
    def test_an_exchange_ends_at_its_limit_even_while_bytes_drip_in(self, server, fault):
        server.script += [fault]
        assert reason(endpoint(server, seconds=0.3)) == "timeout"
        assert len(server.requests) <= 1, "a second attempt would double the time"

    def test_the_connection_is_really_cut(self, server):
        server.script += [drips]
        assert reason(endpoint(server, seconds=0.3)) == "timeout"
        assert server.hung_up.wait(PATIENCE) or not server.requests, "on a busy machine it may not have begun"

    def test_the_callers_deadline_counts_where_it_is_nearer(self, server):
        server.script += [hangs]
        assert reason(endpoint(server, seconds=600.0), total=0.3) == "timeout"

    def test_nothing_is_sent_when_the_time_is_up(self, server):
        assert reason(endpoint(server), total=-1) == "timeout" and not server.requests


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (body(completion(ANSWER), "text/html; charset=utf-8"), "content-type"),
        (body(b"<html>", "application/json"), "malformed"),
        (body(b""), "malformed"),
        (body(b"[" * 60_000), "malformed"),
        (body(b"\xff\xfe{"), "malformed"),
        (body(b"[]"), "malformed"),
        (body(b'{"choices": []}'), "malformed"),
        (body(b'{"choices": [{"message": "text"}]}'), "malformed"),
        (body(b'{"choices": [{"message": {"role": "assistant"}}]}'), "malformed"),
        (says(None), "malformed"),
        (says([{"type": "text", "text": ANSWER}]), "malformed"),
        (says(ANSWER, finish_reason="length"), "cut-off"),
        (says(ANSWER, finish_reason="content_filter"), "refused"),
        (says(None, refusal="I would rather not"), "refused"),
        (body(completion("x" * 70_000)), "too-large"),
        (status(200, "x" * 70_000, Content_Length="70000000000"), "too-large"),
        (status(404, "x" * 70_000), "too-large"),
    ],
)
def test_an_answer_that_is_none_has_a_name(server, fault, why):
    server.script += [fault]
    assert reason(endpoint(server, answer_bytes=65_536)) == why and len(server.requests) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server, code):
    with ChatServer() as other:
        server.script += [status(code, Location=f"{other.url}/chat/completions")]
        assert reason(endpoint(server)) == "redirect"
        assert len(server.requests) == 1 and not other.requests


class TestKey:
    KEY = "sk-very-secret-0123456789"

    def test_it_is_sent(self, server, monkeypatch):
        monkeypatch.setenv("MY_KEY", self.KEY)
        ask(endpoint(server, api_key_env="MY_KEY"))
        assert server.requests[0].headers["Authorization"] == f"Bearer {self.KEY}"

    def test_none_is_sent_where_none_is_set(self, server, monkeypatch):
        monkeypatch.delenv("VISUAL_SDPO_API_KEY", raising=False)
        monkeypatch.setenv("OPENAI_API_KEY", self.KEY)
        ask(endpoint(server))
        assert server.requests[0].headers["Authorization"] is None

    @pytest.mark.parametrize(
        "fault",
        [
            status(401, f"Incorrect API key provided: {KEY}"),
            status(400, f"Incorrect API key provided: {KEY}"),
            body(f"Bearer {KEY}".encode(), f"text/{KEY}"),
            lambda handler: handler.wfile.write(f"ICY {TestKey.KEY}\r\n\r\n".encode()),
        ],
    )
    def test_a_server_that_echoes_it_does_not_bring_it_into_errors_or_logs(self, server, monkeypatch, caplog, fault):
        caplog.set_level(logging.DEBUG)
        monkeypatch.setenv("VISUAL_SDPO_API_KEY", self.KEY)
        server.script += [fault] * 3
        asked = endpoint(server)
        with pytest.raises(EndpointError) as caught:
            ask(asked)
        assert self.KEY not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r} {asked!r} {caplog.text}"

    def test_nor_into_an_answer(self, server, monkeypatch):
        monkeypatch.setenv("VISUAL_SDPO_API_KEY", self.KEY)
        server.script += [says(f"your key is {self.KEY}")]
        assert ask(endpoint(server)) == "your key is ***"

    @pytest.mark.parametrize("spoilt", ["sk-one\r\nX-Other: 1", "sk one", "sk-\u20ac"])
    def test_one_that_no_header_may_carry_is_refused_without_being_shown(self, monkeypatch, spoilt):
        monkeypatch.setenv("VISUAL_SDPO_API_KEY", spoilt)
        with pytest.raises(InvalidInputError, match="VISUAL_SDPO_API_KEY") as caught:
            ChatEndpoint("http://127.0.0.1:1/v1", "m")
        assert "sk" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "ftp://host/v1", "file:///etc/passwd", "http://", "http://host:port/v1", "http://h/a b", 7]
    + ["http://a..b/v1", f"http://{'a' * 64}.b/v1", "http://b\u00fccher/v1", "http://host/\u20ac"]
    + ["http://me:secret@host/v1", "http://host/v1?key=secret", "http://host/v1#secret", "http://host/v1\r\nX: secret"],
)
def test_an_address_that_is_none_is_refused_and_its_secrets_are_not_repeated(url):
    with pytest.raises(InvalidInputError, match="endpoint") as caught:
        ChatEndpoint(url, "m")
    assert "secret" not in str(caught.value)


def test_a_model_without_a_name_is_refused():
    with pytest.raises(InvalidInputError, match="model"):
        ChatEndpoint("http://127.0.0.1:1/v1", " ")
