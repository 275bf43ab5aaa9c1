"""What does a mail server say? A small one for tests: it takes mails, refuses addresses, and can be slow to answer."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class MailServer:
    """The server's side of the conversations that were had."""

    host: str
    port: int
    refuse: dict[str, str] = field(default_factory=dict)  # part of an address -> what is answered to it
    mails: list[EmailMessage] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)
    has_mail: threading.Event = field(default_factory=threading.Event)

    def environment(self) -> dict[str, str]:
        """Return what sends a service's mail here."""
        return {"EMAIL_URL": f"smtp://{self.host}:{self.port}", "EMAIL_FILE_PATH": ""}

    def answer(self, line: str) -> str:
        """Answer one command."""
        word = line[:4].upper()
        if word == "RCPT":
            return next((said for part, said in self.refuse.items() if part in line), "250 ok")
        return {"DATA": "354 go on", "QUIT": "221 bye", "EHLO": "250 test"}.get(word, "250 ok")

    def take(self, raw: bytes) -> None:
        """Keep a mail; then wait until the sender may be told."""
        self.mails.append(email.message_from_bytes(raw, policy=email.policy.default))
        self.has_mail.set()
        self.may_answer.wait(20)


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: MailServer = self.server.told  # type: ignore[attr-defined]  # set below
        self._say("220 test")
        with contextlib.suppress(ConnectionError):
            for line in self.rfile:
                said = server.answer(line.decode().strip())
                self._say(said)
                if said.startswith("354"):
                    server.take(self._data())
                    self._say("250 taken")

    def _data(self) -> bytes:
        lines: list[bytes] = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def mail_server(host: str = "127.0.0.1") -> Iterator[MailServer]:
    """Run a mail server on a port of its own until the block ends; it answers at once unless told otherwise."""
    with _Server((host, 0), _Conversation) as server:
        told = MailServer(host, server.server_address[1])
        told.may_answer.set()
        server.told = told  # type: ignore[attr-defined]  # for the conversations
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            told.may_answer.set()
            server.shutdown()
            thread.join(5)
