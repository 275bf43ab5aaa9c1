"""What does the API that the front-end is shown in its tests answer?"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.quiet_server import QuietServer

Answer = tuple[int, Any]

SHIFTS = [
    {"id": 11, "title": "Setting up", "hours": ("07:30", "09:00"), "capacity": 6, "taken": 5, "waiting": 0},
    {"id": 12, "title": "Collecting along the beach", "hours": ("09:00", "12:00"), "capacity": 20, "taken": 8},
    {"id": 13, "title": "Soup and tea", "hours": ("11:30", "13:30"), "capacity": 4, "taken": 4, "waiting": 2},
]
ME = {
    "id": 1,
    "name": "Ada Lindqvist",
    "email": "ada@example.org",
    "organizations": [
        {"slug": "tidy-coast", "name": "Tidy Coast", "role": "owner", "member_id": 5},
        {"slug": "soup-kitchen", "name": "Soup Kitchen North", "role": "volunteer", "member_id": 6},
    ],
}
SESSION = {"access_token": "an.access.token", "token_type": "Bearer", "expires_in": 600, "me": ME}
ORGANIZATION = {
    "id": 3,
    "slug": "tidy-coast",
    "name": "Tidy Coast",
    "description": "We keep eleven beaches clean, all year round, and drink a lot of tea.",
    "created_at": "2026-01-05T10:00:00Z",
}


def shift(plan: dict[str, Any]) -> dict[str, Any]:
    """Return a shift as the API sends it."""
    start, end = plan["hours"]
    rest = {key: plan[key] for key in ("id", "title", "capacity", "taken")}
    times = {"starts_at": f"2030-05-04T{start}:00Z", "ends_at": f"2030-05-04T{end}:00Z"}
    return rest | times | {"free": plan["capacity"] - plan["taken"], "waiting": plan.get("waiting", 0)}


def card(number: int, title: str, *, taken: int = 12) -> dict[str, Any]:
    """Return an event as the lists have it."""
    return {
        "id": number,
        "title": title,
        "location": "South Pier",
        "starts_at": f"2030-05-{number:02}T09:00:00Z",
        "ends_at": f"2030-05-{number:02}T12:00:00Z",
        "organization": "Tidy Coast",
        "organization_slug": "tidy-coast",
        "capacity": 20,
        "taken": taken,
        "free": 20 - taken,
    }


CARDS = [card(4, "Beach clean-up"), card(7, "Soup kitchen", taken=20), card(19, "Repair café", taken=18)]
EVENT = CARDS[0] | {
    "starts_at": "2030-05-04T07:30:00Z",
    "ends_at": "2030-05-04T13:30:00Z",
    "capacity": 30,
    "taken": 17,
    "free": 13,
    "state": "published",
    "description": "The storms have left a lot behind. We walk from the pier to the lighthouse and collect what does "
    "not belong there.\n\nGloves and bags are there; wear boots. Children are welcome with an adult.",
    "shifts": [shift(plan) for plan in SHIFTS],
}


def sign_up(number: int, state: str, *, place: int | None = None) -> dict[str, Any]:
    """Return a sign-up as its owner sees it."""
    plan = SHIFTS[number - 1]
    return {
        "id": number,
        "state": state,
        "place": place,
        "event_id": 4,
        "event_title": "Beach clean-up",
        "event_state": "published",
        "location": "South Pier",
        "organization": "Tidy Coast",
        "organization_slug": "tidy-coast",
        "shift_title": plan["title"],
        "starts_at": shift(plan)["starts_at"],
        "ends_at": shift(plan)["ends_at"],
        "can_cancel": state != "cancelled",
    }


def problem(status: int, detail: str, **more: object) -> Answer:
    """Return an error as RFC 9457 wants it."""
    return status, {"type": "about:blank", "title": "No", "status": status, "detail": detail, **more}


@dataclass
class Api:
    """The API's moods and what it was asked; a test sets and reads them."""

    mood: str = "well"
    signed_in: bool = False
    cancelled: set[int] = field(default_factory=set)
    asked: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)

    def reset(self, mood: str, *, signed_in: bool) -> None:
        """Begin a test."""
        self.mood, self.signed_in = mood, signed_in
        self.cancelled.clear()
        self.asked.clear()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Answer as the real one would."""
        if path == "/ready":
            return 200, {}
        if self.mood == "ill":
            return problem(503, "The data store does not answer; try again.")
        known = self._reads(path) if method == "GET" else self._writes(method, path, body)
        return known or problem(404, "Not found.")

    def _reads(self, path: str) -> Answer | None:
        if path in {"/events", "/organizations/tidy-coast/events"}:
            return 200, {"items": [] if self.mood == "idle" else CARDS, "next": None}
        if path == "/me/sign-ups":
            items = [] if self.mood == "idle" else [self._mine(2), self._mine(3, place=3)]
            return 200, {"items": items, "next": None}
        known = {"/events/4": EVENT, "/organizations/tidy-coast": ORGANIZATION, "/me": ME}
        return (200, known[path]) if path in known else None

    def _mine(self, number: int, *, place: int | None = None) -> dict[str, Any]:
        state = "cancelled" if number in self.cancelled else "waiting" if place else "confirmed"
        return sign_up(number, state, place=None if state == "cancelled" else place)

    def _writes(self, method: str, path: str, body: dict[str, Any]) -> Answer | None:
        match method, path.strip("/").split("/"):
            case "POST", ["auth", "refresh"]:
                return (200, SESSION) if self.signed_in else problem(401, "There is no session.")
            case "POST", ["auth", "login"] if body["password"] == "right password":
                self.signed_in = True
                return 200, SESSION
            case "POST", ["auth", "login"]:
                return problem(401, "The e-mail or the password is wrong.")
            case "POST", ["auth", "register" | "forgot"]:
                return 202, {"detail": "A mail is on its way."}
            case "POST", ["auth", "logout" | "logout-everywhere"]:
                self.signed_in = False
                return 204, None
            case _:
                return self._tokens(path, body) or self._sign_ups(method, path, body)

    def _tokens(self, path: str, body: dict[str, Any]) -> Answer | None:
        if body.get("token") == "spent":
            return problem(410, "This link has been used or is too old.")
        if path in {"/auth/password", "/invitations/accept"}:
            self.signed_in = True
            return 200, SESSION | {"organization_slug": "tidy-coast"}
        if path == "/invitations/read":
            invited = {"role": "coordinator", "email": "ben@example.org", "has_account": False, "is_listed": False}
            return 200, {"organization_name": "Tidy Coast", "organization_slug": "tidy-coast", **invited}
        if path == "/organizations":
            taken = [{"location": ["body", "slug"], "message": "Value error, this address is taken"}]
            return (
                problem(422, "The request does not fit.", errors=taken)
                if body.get("slug") == "taken"
                else (201, ORGANIZATION)
            )
        return None

    def _sign_ups(self, method: str, path: str, body: dict[str, Any]) -> Answer | None:
        match method, path.strip("/").split("/"):
            case "POST", ["sign-ups", "read"]:
                return 200, self._mine(2)
            case "POST", ["sign-ups", "cancel"]:
                self.cancelled.add(2)
                return 204, None
            case "DELETE", ["me", "sign-ups", number]:
                self.cancelled.add(int(number))
                return 204, None
            case "POST", ["shifts", number, "sign-ups"]:
                return self._sign_up(int(number), body)
            case "PATCH", ["me"]:
                return 200, ME | {"name": body["name"]}
            case _:
                return None

    def _sign_up(self, number: int, body: dict[str, Any]) -> Answer:
        if self.mood == "closed":
            return problem(409, "The sign-up for this shift is closed.")
        if body.get("email", "").endswith("@nowhere"):
            said = "value is not a valid email address: the part after the @-sign has no dot."
            return problem(422, "It does not fit.", errors=[{"location": ["body", "email"], "message": said}])
        is_full = number == 13  # the third shift has no place left
        return 201, {"id": None, "state": "waiting" if is_full else "confirmed", "place": 3 if is_full else None}


@contextlib.contextmanager
def serve(api: Api) -> Iterator[str]:
    """Serve it; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.split("?")[0]
            api.asked.append((self.command, self.path, body, dict(self.headers)))
            status, content = api.answer(self.command, path, body)
            sent = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base class names them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay quiet."""

    server = QuietServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
