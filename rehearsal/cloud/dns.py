"""What does the fake cloud's name server answer?"""

from __future__ import annotations

import contextlib
import socketserver
import threading
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from rehearsal.cloud.account import Account
from rehearsal.cloud.domains import full_name

DATAGRAM_BYTES = 4096


class FakeDns:
    """A name server over UDP, for as long as the `with` block lasts: it answers from the account's domain records."""

    def __init__(self, account: Account, *, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._server = _Server(address, _Handler)
        self._server.account = account
        self.host = address[0]
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = DATAGRAM_BYTES
    account: Account


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer one datagram; what is no query is not answered."""
        raw, answer_to = self.request
        with contextlib.suppress(dns.exception.DNSException, OSError):
            reply = answer(dns.message.from_wire(raw), self.server.account)
            answer_to.sendto(reply.to_wire(), self.client_address)


def answer(query: dns.message.Message, account: Account) -> dns.message.Message:
    """Build the answer: NXDOMAIN for names that have no record at all, no data for other types, CNAMEs followed."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    name = question.name.to_text(omit_final_dot=True).lower()
    known = _records(account)
    if name not in known:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    owner: dns.name.Name = question.name
    for _ in range(8):  # a chain of aliases longer than this is a loop
        here = known.get(name, [])
        values = [data for found, data, _ in here if found == kind]
        alias = next((data for found, data, _ in here if found == "CNAME"), "")
        if values or not alias or kind == "CNAME":
            _add(reply, owner, kind, values)
            break
        _add(reply, owner, "CNAME", [f"{alias.rstrip('.')}."])
        owner, name = dns.name.from_text(alias), alias.rstrip(".").lower()
    return reply


def _add(reply: dns.message.Message, owner: dns.name.Name, kind: str, values: list[str]) -> None:
    if values:
        reply.answer.append(dns.rrset.from_text_list(owner, 1, "IN", kind, values))


def _records(account: Account) -> dict[str, list[tuple[str, str, int]]]:
    found: dict[str, list[tuple[str, str, int]]] = {}
    with account.lock:
        for domain, records in account.domains.items():
            for record in records.values():
                name = full_name(record["name"], domain).lower()
                data = record["data"] if record["data"] != "@" else domain
                found.setdefault(name, []).append((record["type"], data, record["ttl"]))
    return found
