"""AWS Lambda as a custom runtime sees it: the runtime API on a port of the loopback, and the program that asks it."""

import json
import os
import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.programs import Background, program

_ROOT = "/2018-06-01/runtime/"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:odograph"
_DEADLINE_S = 60


class FunctionError(Exception):
    """The function told that an invocation, or its start, failed."""

    def __init__(self, kind: str, told: dict):
        super().__init__(f"{kind}: {told}")
        self.kind = kind
        self.told = told


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        assert self.path == _ROOT + "invocation/next", self.path
        invocation = self.server.invocations.get()
        if invocation is None:
            return self._answer(500, b"")
        request_id, event = invocation
        self._answer(200, event, {
            "Lambda-Runtime-Aws-Request-Id": request_id, "Lambda-Runtime-Deadline-Ms": "1542409706888",
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        what = self.path.removeprefix(_ROOT).removeprefix("invocation/")
        self.server.answers.put((what, self.headers.get("Lambda-Runtime-Function-Error-Type"), json.loads(body)))
        self._answer(202, b'{"status": "OK"}')

    def _answer(self, status: int, body: bytes, headers: dict | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # It was killed while it waited.

    def log_message(self, *_):
        pass


class Environment:
    """One execution environment with the program in it. `invoke` waits for what it answers."""

    def __init__(self, command=None, **variables: str):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.invocations, self._server.answers = queue.Queue(), queue.Queue()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        address = f"127.0.0.1:{self._server.server_port}"
        self.running = Background(command or [program("odograph-lambda")],
                                  env={**known, "AWS_LAMBDA_RUNTIME_API": address, **variables})

    def invoke(self, event: dict | bytes) -> dict:
        return self.wait(self.begin(event))

    def begin(self, event: dict | bytes) -> str:
        """Hands it in; what comes back is for `wait`."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        request_id = str(uuid.uuid4())
        self._server.invocations.put((request_id, body))
        return request_id

    def wait(self, request_id: str) -> dict:
        what, kind, told = self.answer()
        assert what.startswith(request_id), what
        if kind:
            raise FunctionError(kind, told)
        assert what == f"{request_id}/response"
        return told

    def answer(self) -> tuple:
        """The next request that the program makes: what, the type of its error if it is one, the body."""
        try:
            return self._server.answers.get(timeout=_DEADLINE_S)
        except queue.Empty:
            raise AssertionError(f"no answer in {_DEADLINE_S} s:\n{self.running.output()}") from None

    def end(self) -> None:
        self.running.kill()
        self._server.invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "Environment":
        return self

    def __exit__(self, *_) -> None:
        self.end()


def batches(messages: list[dict], sizes) -> list[dict]:
    """The messages as the events of a mapping, each with as many as `sizes()` says."""
    events = []
    at = 0
    while at < len(messages):
        size = sizes()
        lists: dict[str, list] = {}
        for message in messages[at:at + size]:
            lists.setdefault(f"{message['topic']}-{message['partition']}", []).append(message)
        events.append({
            "eventSource": "aws:kafka",
            "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/demo/751d2973-a626-431c-9d4e-d7975eb44dd7",
            "bootstrapServers": "b-2.demo.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092", "records": lists})
        at += size
    return events
