"""The other side of the wire: a real HTTP server on this machine that speaks ``/v1/chat/completions``.

``ChatServer(model)`` answers every request with what ``model(request)`` says; what is put into ``script`` comes first,
one behaviour a request: a status, a drip, a dropped connection. The model here is no VLM: it is a function of the text
and the picture that were sent.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


@dataclass(frozen=True)
class Request:
    path: str
    headers: Message
    body: dict

    @property
    def text(self) -> str:
        return self._part("text")["text"]

    @property
    def picture(self) -> Image.Image:
        kind, data = self._part("image_url")["image_url"]["url"].split(",", 1)
        assert kind == "data:image/png;base64"
        return Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")

    @property
    def statements(self) -> dict[int, str]:
        """The numbered statements as the model reads them."""
        listing = self.text.split("behind its number in brackets:\n")[1].split("\n\nWhich statements")[0]
        parts = re.split(r"^\[(\d+)\] ", listing, flags=re.MULTILINE)[1:]
        return {int(number): source.removesuffix("\n") for number, source in zip(parts[::2], parts[1::2])}

    def _part(self, kind: str) -> dict:
        (part,) = [p for p in self.body["messages"][-1]["content"] if p["type"] == kind]
        return part


Model = Callable[[Request], str]
Behaviour = Callable[["Handler"], None]


def names(*statements: int) -> Model:
    """A model that always names the same statements."""
    return lambda request: json.dumps({"statements": list(statements)})


def finds_quoted_text(request: Request) -> str:
    """A heuristic in place of a model: the statements that contain a text which the defect's description quotes."""
    description = request.text.split("The statements of the program")[0]
    quoted = set(re.findall(r'"([^"]+)"', description))
    hits = [n for n, source in request.statements.items() if any(text in source for text in quoted)]
    return json.dumps({"statements": hits[-1:-4:-1]})


def completion(content: object, **choice: object) -> bytes:
    message = {"role": "assistant", "content": content, "refusal": choice.pop("refusal", None)}
    whole = {"index": 0, "message": message, "finish_reason": "stop", **choice}
    return json.dumps({"id": "1", "object": "chat.completion", "model": "m", "choices": [whole]}).encode()


# --------------------------------------------------------------------------- behaviours


def says(content: object, **choice: object) -> Behaviour:
    return lambda handler: handler.send(200, completion(content, **choice))


def status(code: int, message: str = "", **headers: str) -> Behaviour:
    body = json.dumps({"error": {"message": message}}).encode()
    return lambda handler: handler.send(code, body, {k.replace("_", "-"): v for k, v in headers.items()})


def body(data: bytes, kind: str = "application/json") -> Behaviour:
    return lambda handler: handler.send(200, data, {"Content-Type": kind})


def drops(handler: Handler) -> None:
    """Hangs up without a word."""
    handler.close_connection = True


def stops_halfway(handler: Handler) -> None:
    handler.head(200, {"Content-Type": "application/json", "Content-Length": "1000"})
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """A space every few milliseconds, until the client hangs up: no pause is ever as long as a timeout."""
    handler.head(200, {"Content-Type": "application/json"})
    handler.close_connection = True
    while not handler.server.stopped.wait(0.005):
        handler.wfile.write(b" ")  # raises once the client is gone


def hangs(handler: Handler) -> None:
    handler.server.stopped.wait()
    handler.close_connection = True


# --------------------------------------------------------------------------- the server


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        request = Request(self.path, self.headers, json.loads(data))
        with self.server.lock:
            self.server.requests.append(request)
            behaviour = self.server.script.pop(0) if self.server.script else None
        try:
            if behaviour is None:
                self.send(200, completion(self.server.model(request)))
            else:
                behaviour(self)
        except OSError:
            self.close_connection = True
            self.server.hung_up.set()

    def do_GET(self) -> None:  # what a followed redirect would send
        with self.server.lock:
            self.server.requests.append(Request(self.path, self.headers, {}))
        self.send(200, b"{}")

    def send(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.head(code, {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def head(self, code: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class ChatServer(ThreadingHTTPServer):
    """``with ChatServer(model) as server``: ``server.url`` is its base address, ``server.requests`` what it got."""

    daemon_threads = True

    def __init__(self, model: Model | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.script, self.requests = model or names(0), [], []
        self.lock, self.stopped, self.hung_up = threading.Lock(), threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        self.hung_up.set()  # a client that is gone is no error of this server

    def __enter__(self) -> ChatServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()
