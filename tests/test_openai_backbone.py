"""A model on a server: a small one on loopback that speaks the chat-completions protocol, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from shelftalk.agent.backbones import load_backbone
from shelftalk.agent.backbones.hosted import load_hosted
from shelftalk.tools.errors import BackboneError, UsageError

TOOL = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search.",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "x-words": "conversation"},
                "colour": {"type": "string", "enum": [f"colour {n}" for n in range(300)]},
            },
        },
    },
}


class Server(ThreadingHTTPServer):
    """Answers chat completions; `trouble` says how it misbehaves, `asked` keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.trouble = ""
        self.asked: list[dict[str, Any]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hung up

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        trouble = self.server.trouble
        if trouble == "slow":
            time.sleep(2)
        if trouble.isdigit():
            return self._send(int(trouble), json.dumps({"error": {"message": "no luck", "type": "x"}}))
        if trouble == "nonsense":
            return self._send(200, "<html>hello</html>", "text/html")
        if trouble == "empty":
            return self._send(200, json.dumps({"id": "1", "object": "chat.completion", "choices": None}))
        answer: dict[str, Any] = {"role": "assistant", "content": "Here is [P1]."}
        reason = "stop"
        if body.get("tools") and body["messages"][-1]["role"] != "tool":
            function = {"name": "search", "arguments": '{"query": "red dress"}'}
            answer = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "index": 0, "type": "function", "function": function}],
            }
            reason = "tool_calls"
        if not body.get("stream"):
            choice = {"index": 0, "message": answer, "finish_reason": reason}
            return self._send(200, json.dumps(self._envelope("chat.completion", choice)))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        deltas = (
            [answer] if reason == "tool_calls" else [{"content": word} for word in ("Here ", "is ", "[P1].")]
        )
        for number, delta in enumerate(deltas):
            if trouble == "hang" and number == 1:
                time.sleep(2)
            if trouble == "cut" and number == 1:
                self.connection.close()
                return None
            self._event({"index": 0, "delta": delta, "finish_reason": None})
        self._event({"index": 0, "delta": {}, "finish_reason": reason})
        self.wfile.write(b"data: [DONE]\n\n")
        return None

    def _envelope(self, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
        return {"id": "1", "object": kind, "created": 1, "model": "toy", "choices": [choice]}

    def _event(self, choice: dict[str, Any]) -> None:
        data = json.dumps(self._envelope("chat.completion.chunk", choice))
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def _send(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


PICTURE = {"type": "image", "base64": "aGVsbG8=", "mime_type": "image/png"}
QUESTION = HumanMessage([{"type": "text", "text": "like this (img1: <image>) but red"}, PICTURE])


def test_a_turn_with_a_call_and_a_streamed_reply(server: Server) -> None:
    model = load_backbone("openai:toy", server.url).bind_tools([TOOL])
    call = model.invoke([QUESTION])
    assert [(c["name"], c["args"]) for c in call.tool_calls] == [("search", {"query": "red dress"})]
    words = [
        c.text for c in model.stream([QUESTION, call, ToolMessage("[P1] Gown", tool_call_id="c1")]) if c.text
    ]
    assert words == ["Here ", "is ", "[P1]."]
    streamed = list(model.stream([QUESTION]))
    total = streamed[0]
    for chunk in streamed[1:]:
        total += chunk  # type: ignore[assignment]
    assert total.tool_calls[0]["args"] == {"query": "red dress"}


def test_what_the_server_is_sent(server: Server) -> None:
    load_backbone("openai:toy", server.url).bind_tools([TOOL]).invoke([QUESTION])
    (asked,) = server.asked
    assert asked["model"] == "toy"
    (turn,) = asked["messages"]
    kinds = [part["type"] for part in turn["content"]]
    assert kinds == ["text", "image_url", "text"]
    assert turn["content"][1]["image_url"]["url"] == "data:image/png;base64,aGVsbG8="
    assert turn["content"][0]["text"] == "like this (img1: "
    sent = json.dumps(asked["tools"])
    assert "x-words" not in sent
    assert "One of 300 values" in sent and len(sent) < 1500


def test_asynchronous_calls_work_too(server: Server) -> None:
    model = load_backbone("openai:toy", server.url)

    async def ask() -> tuple[AIMessage, list[str]]:
        whole = await model.ainvoke("hello")
        return whole, [chunk.text async for chunk in model.astream("hello") if chunk.text]

    whole, words = asyncio.run(ask())
    assert whole.text == "".join(words) == "Here is [P1]."


TROUBLES = {
    "500": "HTTP 500",
    "429": "HTTP 429",
    "401": "OPENAI_API_KEY",
    "404": "does not know",
    "slow": "did not answer within",
    "nonsense": "cannot be read",
    "empty": "cannot be read",
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("how", ["invoke", "stream", "astream"])
def test_trouble_is_explained(trouble: str, how: str, server: Server) -> None:
    server.trouble = trouble
    message = "broke off" if how != "invoke" and trouble in ("nonsense", "empty") else TROUBLES[trouble]
    model = load_hosted("toy", server.url, timeout=0.3).model_copy(update={"max_retries": 0})
    with pytest.raises(BackboneError, match=message) as caught:
        if how == "invoke":
            model.invoke("hello")
        elif how == "stream":
            list(model.stream("hello"))
        else:
            asyncio.run(_drain(model))
    assert "toy at http://127.0.0.1" in str(caught.value)


async def _drain(model: Any) -> None:
    async for _ in model.astream("hello"):
        pass


@pytest.mark.parametrize("trouble", ["hang", "cut"])
def test_a_stream_that_breaks_off_is_explained(trouble: str, server: Server) -> None:
    server.trouble = trouble
    words = []
    with pytest.raises(BackboneError):
        for chunk in load_hosted("toy", server.url, timeout=0.3).stream("hello"):
            words.append(chunk.text)
    assert "Here " in words


def test_a_dead_endpoint_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = load_hosted("toy", f"http://127.0.0.1:{port}/v1")
    with pytest.raises(BackboneError, match="cannot be reached"):
        model.invoke("hello")
    with pytest.raises(BackboneError, match="cannot be reached"):
        list(model.stream("hello"))


def test_what_cannot_be_asked_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(BackboneError, match="OPENAI_API_KEY"):
        load_backbone("openai:toy")
    with pytest.raises(UsageError, match="needs a name"):
        load_backbone("openai:", "http://localhost:1/v1")
    with pytest.raises(UsageError, match="not a base URL"):
        load_backbone("openai:toy", "localhost:8000")
    with pytest.raises(UsageError, match="local models"):
        load_backbone("openai:toy", "http://localhost:1/v1", four_bit=True)
