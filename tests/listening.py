"""Servers on loopback that remember what they were sent: a webhook, and a mail server."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """What came in, and the port that it came in at. `status` is what a webhook answers."""

    port: int = 0
    status: int = 200
    messages: list[Any] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


@contextmanager
def webhook() -> Iterator[Heard]:
    """A web server that keeps the JSON of each POST."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(heard.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the terminal."""

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler), heard):
        yield heard


@contextmanager
def mail() -> Iterator[Heard]:
    """A mail server that takes every message and every password."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.answer("220 here")
            while line := self.rfile.readline().decode().strip():
                heard.commands.append(line)
                match line.split()[0].upper():
                    case "EHLO":
                        self.answer("250-loopback\r\n250 AUTH PLAIN")
                    case "AUTH":
                        self.answer("235 known")
                    case "DATA":
                        self.answer("354 go on")
                        heard.messages.append("".join(self.lines()))
                        self.answer("250 taken")
                    case "QUIT":
                        self.answer("221 bye")
                        return
                    case _:
                        self.answer("250 well")

        def lines(self) -> Iterator[str]:
            while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                yield line

        def answer(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), heard):
        yield heard


@contextmanager
def _serving(server: socketserver.TCPServer, heard: Heard) -> Iterator[None]:
    heard.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
