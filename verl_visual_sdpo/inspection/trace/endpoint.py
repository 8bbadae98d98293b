"""One question to an OpenAI-compatible endpoint (``POST .../chat/completions``), bounded in every direction.

Bounded: seconds of an exchange, whatever drips in; the caller's deadline, retries and pauses included; bytes of the
answer; the number of retries (429, 5xx, connections that fail). A redirect is never followed. The API key comes from
an environment variable, goes into the ``Authorization`` header and nowhere else: what a server echoes is masked.

Why ``http.client`` of the standard library and no HTTP package: it follows no redirect; it hands out the socket, so
that a deadline can cut an exchange where the timeouts of requests, urllib3 and httpx only bound the wait for the *next*
bytes; and inspection stays free of dependencies. It knows no proxies: the endpoint must be reachable directly.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from verl_visual_sdpo.errors import EndpointError, InvalidInputError

RETRIED = frozenset({429, 500, 502, 503, 504})
LONGEST_EXCERPT = 200  # characters of a server's own error message that are passed on
SAMPLING = {"temperature": 0, "seed": 0, "max_tokens": 200}  # the answer is a short list of numbers

PATH = "/chat/completions"


class ChatEndpoint:
    """Where a model answers, and within which bounds. Thread-safe.

    Args:
        url: the base as OpenAI clients name it (``http://host:8000/v1``; without a path, /v1 is meant).
        model: the name under which the server knows its model.
        api_key_env: environment variable that holds the key; one that is not set: no key is sent.
        seconds: of one exchange, connecting included.
        retries: further attempts after 429, 5xx or a failed connection; the first pause is ``backoff_seconds``, each
            further one twice as long; a Retry-After in seconds is obeyed where the deadline allows it.
        answer_bytes: a longer answer is refused.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key_env: str = "VISUAL_SDPO_API_KEY",
        seconds: float = 30.0,
        retries: int = 2,
        backoff_seconds: float = 0.5,
        answer_bytes: int = 1 << 20,
    ) -> None:
        tls, self._host, self._port, self._path = _address(url)
        self._tls = ssl.create_default_context() if tls else None
        if not isinstance(model, str) or not model.strip():
            raise InvalidInputError(f"model {model!r} is no name; give the one that the endpoint serves")
        self.model = model
        self._key = _key(api_key_env)
        self._seconds, self._answer_bytes = seconds, answer_bytes
        self._retries, self._backoff = retries, backoff_seconds
        self._refuses_schemas = False  # learnt from its answers

    def question(self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> dict[str, Any]:
        """The request's body: everything the answer depends on, so it also makes the key of a cache."""
        strict = {"name": "answer", "strict": True, "schema": schema}
        response_format = {"type": "json_schema", "json_schema": strict}
        return {"model": self.model, "messages": list(messages), **SAMPLING, "response_format": response_format}

    def ask(self, question: Mapping[str, Any], deadline: float) -> str:
        """The text that the model answers, before ``deadline`` (of ``time.monotonic``).

        A server that answers 400 is asked once more without ``response_format``, and no longer offered one if that
        helped. Raises EndpointError, its ``reason`` one of timeout, connection, http, redirect, content-type,
        too-large, malformed, cut-off, refused.
        """
        bare = {name: value for name, value in question.items() if name != "response_format"}
        if self._refuses_schemas or bare == question:
            answer = self._post(bare, deadline)
        else:
            try:
                answer = self._post(question, deadline)
            except _BadRequest:
                answer = self._post(bare, deadline)
                self._refuses_schemas = True
        return self._masked(_content(answer))

    # ----------------------------------------------------------------------- attempts

    def _post(self, body: Mapping[str, Any], deadline: float) -> bytes:
        payload = json.dumps(body).encode()
        for attempt in range(self._retries + 1):
            pause = self._backoff * 2**attempt
            try:
                status, headers, data = self._exchange(payload, min(deadline, time.monotonic() + self._seconds))
                if status == 200:
                    return data
                problem = self._problem(status, data)
                pause = max(pause, _retry_after(headers))
                again = status in RETRIED
            except _Connection as error:
                problem, again = EndpointError("connection", self._excerpt(str(error))), True
            if not again or attempt == self._retries:
                raise problem
            if time.monotonic() + pause >= deadline:
                raise EndpointError(problem.reason, f"{problem.detail}; no time is left to try again in {pause:g} s")
            time.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _exchange(self, payload: bytes, until: float) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request, one answer: (status, headers, body), or EndpointError for an answer out of bounds."""
        left = until - time.monotonic()
        if left <= 0:
            raise EndpointError("timeout", "no time was left to ask")
        connection = self._connection(left)
        late = threading.Event()
        try:
            connection.connect()
            # The socket's own timeout starts anew with every byte that arrives; this one does not.
            alarm = threading.Timer(max(until - time.monotonic(), 0), _cut, (connection.sock, late))
            alarm.daemon = True
            alarm.start()
            try:
                connection.request("POST", self._path, payload, self._headers())
                response = connection.getresponse()
                data = self._body(response)
                if late.is_set():  # a cut socket may read as a regular end
                    raise TimeoutError
                return response.status, response.headers, data
            finally:
                alarm.cancel()
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise EndpointError("timeout", f"no complete answer within {left:.3g} s") from None
            raise _Connection(f"{type(error).__name__}: {error}") from None
        finally:
            connection.close()

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        limit = self._answer_bytes
        if 300 <= response.status < 400:
            raise EndpointError("redirect", f"status {response.status}; give the address that it leads to")
        if response.status == 200 and (kind := response.headers.get_content_type()) != "application/json":
            raise EndpointError("content-type", f"{self._excerpt(kind)!r} instead of 'application/json'")
        data = response.read(limit + 1)
        if len(data) > limit:
            raise EndpointError("too-large", f"the answer is longer than {limit} bytes")
        if response.length:  # announced and not sent: read(n) does not complain of it
            raise http.client.IncompleteRead(data, response.length)
        return data

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return {**headers, "Authorization": f"Bearer {self._key}"} if self._key else headers

    # ----------------------------------------------------------------------- what went wrong

    def _problem(self, status: int, data: bytes) -> EndpointError:
        excerpt = self._excerpt(_message(data))
        detail = f"status {status}" + (f": {excerpt}" if excerpt else "")
        return _BadRequest("http", detail) if status == 400 else EndpointError("http", detail)

    def _excerpt(self, text: str) -> str:
        return " ".join(self._masked(text).split())[:LONGEST_EXCERPT]

    def _masked(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


class _BadRequest(EndpointError):
    """Status 400: the server may not know ``response_format``."""


class _Connection(Exception):
    """The exchange broke before its answer was complete; it may be tried again."""


def _cut(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):  # the exchange has just ended by itself
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # below TLS: whoever is reading wakes up


def _address(url: str) -> tuple[bool, str, int | None, str]:
    """(TLS, host, port, path of the request). The message never repeats a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        good = parts.scheme in ("http", "https") and host and url.isascii() and url.isprintable() and " " not in url
        good = good and host.encode("idna")  # no empty or endless label
    except (ValueError, AttributeError, TypeError):
        good = False
    if not good:
        raise InvalidInputError("the endpoint is no http(s) address; give one like http://127.0.0.1:8000/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidInputError(
            f"the endpoint at {host} must be a plain address: no user, password, query or fragment; "
            "put the key into the environment variable that api_key_env names"
        )
    base = parts.path.rstrip("/").removesuffix(PATH) or "/v1"
    return parts.scheme == "https", host, port, base + PATH


def _key(variable: str) -> str:
    key = os.environ.get(variable, "").strip() if variable else ""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInputError(f"the API key in ${variable} holds characters that no header may carry; set it again")
    return key


def _retry_after(headers: http.client.HTTPMessage) -> float:
    text = headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _message(data: bytes) -> str:
    """What a server says of an error: ``{"error": {"message": ...}}``, vLLM's older ``{"message": ...}``, or text."""
    text = data.decode("utf-8", "replace")
    try:
        told = json.loads(text)
        told = told.get("error", told)
        told = told.get("message", told) if isinstance(told, dict) else told
        return told if isinstance(told, str) else text
    except (ValueError, AttributeError, RecursionError):
        return text


def _content(data: bytes) -> str:
    """The text of the first choice of a ``chat.completion``."""
    try:
        choice = json.loads(data)["choices"][0]
        content, end = choice["message"]["content"], choice.get("finish_reason")
        refusal = choice["message"].get("refusal")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise EndpointError("malformed", "the answer is no chat completion") from None
    if refusal or end == "content_filter":
        raise EndpointError("refused", "the model refused to answer")
    if end == "length":
        raise EndpointError("cut-off", "the answer did not end within its limit of tokens")
    if not isinstance(content, str):
        raise EndpointError("malformed", "the answer holds no text")
    return content
