"""Which API do the coordinators' pages talk to in their browser tests? One in memory that answers as the real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.front_end import manage_data as data
from tests.integration.front_end.manage_data import Item
from tests.integration.front_end.manage_words import Answer, Request, listed, problem


@dataclass
class Pretended:
    """What the API knows, what it was asked to do, and whether it is well."""

    mood: str = "well"
    role: str = "owner"
    events: list[Item] = field(default_factory=data.events)
    people: list[Item] = field(default_factory=data.people)
    roster: list[Item] = field(default_factory=list)
    invitations: list[Item] = field(default_factory=list)
    announcements: list[Item] = field(default_factory=list)
    exports: list[Item] = field(default_factory=list)
    written: list[tuple[str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fill the shifts, and invite somebody."""
        self.roster = data.roster([one for event in self.events for one in event["shifts"]], self.people)
        invited = {"email": "mo@example.org", "role": "coordinator", "created_at": data.at(-1)}
        self.invitations = [{"id": 1, **invited, "expires_at": data.at(6), "state": "pending"}]
        words = {"subject": "Parking on Saturday", "body": "Please park behind the hall.", "audience": "everyone"}
        whom = {"event_id": 1, "event_title": "Beach clean-up", "author": "Ada Lindqvist", "recipients": 9}
        self.announcements = [{"id": 1, **words, **whom, "created_at": data.at(-2)}]

    def answer(self, method: str, target: str, body: Any) -> Answer:
        """Answer one request."""
        address = urlsplit(target)
        path = address.path.removeprefix("/api")
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if method != "GET" and not path.startswith("/auth"):
            self.written.append((method, path, body))
        if self.mood == "ill" and path.startswith("/organizations"):
            return problem(503, "The data store does not answer; try again.")
        for verb, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return handle(self, Request([int(word) for word in found.groups()], query, body))
        return problem(404, None)

    def me(self) -> Item:
        """Return who is signed in."""
        return data.ME | {"organizations": [data.ME["organizations"][0] | {"role": self.role}]}

    def event(self, number: int) -> Item | None:
        """Return an event by its id."""
        return next((one for one in self.events if one["id"] == number), None)

    def shift(self, number: int) -> Item:
        """Return a shift by its id."""
        return next(one for event in self.events for one in event["shifts"] if one["id"] == number)


def _session(state: Pretended, _: Request) -> Answer:
    return 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 600, "me": state.me()}


def _overview(state: Pretended, request: Request) -> Answer:
    past = request.query.get("past") == "true"
    return listed([] if state.mood == "idle" or past else state.events)


def _create_event(state: Pretended, request: Request) -> Answer:
    body = request.body
    if "refused" in body["title"]:
        fault = {"location": ["body", "shifts", "0", "title"], "message": "String should have at most 200 characters"}
        return problem(422, "The request does not have the form it must have.", [fault])
    shifts = [
        one | {"id": 900 + place, "taken": 0, "free": one["capacity"], "waiting": 0}
        for place, one in enumerate(body["shifts"])
    ]
    made = data.event(90, body["title"], body["location"], state=body["state"], shifts=shifts)
    state.events.append(made | {"description": body["description"]})
    return 201, made


def _event(state: Pretended, request: Request) -> Answer:
    found = state.event(request.numbers[0])
    return (200, found) if found else problem(404, None)


def _change_event(state: Pretended, request: Request) -> Answer:
    found = state.event(request.numbers[0])
    assert found
    if request.body.get("state") == "published" and not found["shifts"]:
        return problem(409, "An event needs a shift before it can be published.")
    found |= request.body
    return 200, found


def _change_shift(state: Pretended, request: Request) -> Answer:
    found = state.shift(request.numbers[0])
    found |= request.body
    found["free"] = max(0, found["capacity"] - found["taken"])
    return 200, found


def _entries(state: Pretended, request: Request) -> Answer:
    found = state.event(request.numbers[0])
    shifts = {one["id"] for one in found["shifts"]} if found else set()
    return listed([entry for entry in state.roster if entry["shift_id"] in shifts])


def _add_to_shift(state: Pretended, request: Request) -> Answer:
    person = next(one for one in state.people if one["id"] == request.body["member_id"])
    who = {key: person[key] for key in ("name", "email", "phone")}
    place = {"id": 7000 + len(state.roster), "shift_id": request.numbers[0], "member_id": person["id"]}
    rest = {"state": "confirmed", "created_at": data.at(0), "attended": None}
    state.roster.append(place | who | rest)
    return 201, {"id": place["id"], "state": "confirmed", "place": None}


def _drop(state: Pretended, request: Request) -> Answer:
    state.roster = [entry for entry in state.roster if entry["id"] != request.numbers[0]]
    return 204, None


def _attendance(state: Pretended, request: Request) -> Answer:
    entry = next(one for one in state.roster if one["id"] == request.numbers[0])
    entry["attended"] = request.body["attended"]
    return 200, entry


def _people(state: Pretended, request: Request) -> Answer:
    word, role = request.query.get("search", "").lower(), request.query.get("role")
    return listed(
        [
            one
            for one in state.people
            if (word in one["name"].lower() or word in one["email"]) and role in {None, one["role"]}
        ]
    )


def _add_person(state: Pretended, request: Request) -> Answer:
    if any(one["email"] == request.body["email"] for one in state.people):
        return problem(409, "Somebody with this address is in the organization already.")
    rest = {
        "role": "volunteer",
        "has_account": False,
        "is_confirmed": False,
        "joined_at": data.at(0),
        "upcoming": 0,
        "phone": "",
    }
    state.people.append({"id": 100 + len(state.people), **rest, **request.body})
    return 201, state.people[-1]


def _change_person(state: Pretended, request: Request) -> Answer:
    person = next(one for one in state.people if one["id"] == request.numbers[0])
    person |= request.body
    return 200, person


def _remove_person(state: Pretended, request: Request) -> Answer:
    if request.numbers[0] == 1:
        return problem(409, "The last owner stays.")
    state.people = [one for one in state.people if one["id"] != request.numbers[0]]
    return 204, None


def _import(_: Pretended, request: Request) -> Answer:
    lines = request.body.strip().splitlines()[1:]
    bad = [
        {"line": place, "why": "This is not an e-mail address."}
        for place, line in enumerate(lines, 2)
        if "@" not in line
    ]
    return 200, {"created": len(lines) - len(bad), "updated": 0, "rejected": bad}


def _invite(state: Pretended, request: Request) -> Answer:
    times = {"created_at": data.at(0), "expires_at": data.at(7), "state": "pending"}
    state.invitations.append({"id": 2, **request.body, **times})
    return 201, state.invitations[-1]


def _revoke(state: Pretended, request: Request) -> Answer:
    next(one for one in state.invitations if one["id"] == request.numbers[0])["state"] = "revoked"
    return 204, None


def _announce(state: Pretended, request: Request) -> Answer:
    whom = state.event(request.body.get("event_id") or 0)
    rest = {"event_id": None, "event_title": whom and whom["title"], "author": "Ada Lindqvist", "recipients": None}
    made = {"id": 2, **rest, **request.body, "created_at": data.at(0)}
    state.announcements.insert(0, made)
    return 202, made


def _export(state: Pretended, _: Request) -> Answer:
    state.exports.append({"id": 1, "created_at": data.at(0), "ready_at": None, "rows": None, "error": None})
    return 202, state.exports[-1].copy()


def _exported(state: Pretended, _: Request) -> Answer:
    state.exports[-1] |= {"ready_at": data.at(0), "rows": len(state.people)}
    return 200, state.exports[-1]


def _organization(_: Pretended, request: Request) -> Answer:
    return 200, data.ORGANIZATION | (request.body or {})


HOME = f"/organizations/{data.SLUG}"
ROUTES: list[tuple[str, str, Callable[[Pretended, Request], Answer]]] = [
    ("GET", "/ready", lambda *_: (200, {})),
    ("POST", "/auth/refresh", _session),
    ("GET", "/me", lambda state, _: (200, state.me())),
    ("GET", HOME, _organization),
    ("PATCH", HOME, _organization),
    ("GET", f"{HOME}/overview", _overview),
    ("POST", f"{HOME}/events", _create_event),
    ("GET", rf"{HOME}/events/(\d+)", _event),
    ("PATCH", rf"{HOME}/events/(\d+)", _change_event),
    ("DELETE", rf"{HOME}/events/(\d+)", lambda *_: (204, None)),
    ("PATCH", rf"{HOME}/shifts/(\d+)", _change_shift),
    ("GET", rf"{HOME}/events/(\d+)/sign-ups", _entries),
    ("POST", rf"{HOME}/shifts/(\d+)/sign-ups", _add_to_shift),
    ("DELETE", rf"{HOME}/sign-ups/(\d+)", _drop),
    ("PUT", rf"{HOME}/sign-ups/(\d+)/attendance", _attendance),
    ("GET", f"{HOME}/people", _people),
    ("POST", f"{HOME}/people", _add_person),
    ("PATCH", rf"{HOME}/people/(\d+)", _change_person),
    ("DELETE", rf"{HOME}/people/(\d+)", _remove_person),
    ("POST", f"{HOME}/people/import", _import),
    ("GET", f"{HOME}/invitations", lambda state, _: listed(state.invitations)),
    ("POST", f"{HOME}/invitations", _invite),
    ("DELETE", rf"{HOME}/invitations/(\d+)", _revoke),
    ("GET", f"{HOME}/announcements", lambda state, _: listed(state.announcements)),
    ("POST", f"{HOME}/announcements", _announce),
    ("GET", f"{HOME}/exports", lambda state, _: listed(state.exports)),
    ("POST", f"{HOME}/exports", _export),
    ("GET", rf"{HOME}/exports/(\d+)", _exported),
    ("GET", rf"{HOME}/exports/(\d+)/file", lambda *_: (200, "name,email")),
]
