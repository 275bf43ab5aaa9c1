"""What does the pretended API of the coordinators' pages know at first?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Item = dict[str, Any]

SLUG = "tidy-coast"
ME: Item = {
    "id": 1,
    "name": "Ada Lindqvist",
    "email": "ada@example.org",
    "organizations": [{"slug": SLUG, "name": "Tidy Coast", "role": "owner", "member_id": 1}],
}
ORGANIZATION: Item = {
    "id": 1,
    "slug": SLUG,
    "name": "Tidy Coast",
    "description": "We keep four miles of beach clean, and cook afterwards.",
    "created_at": "2026-01-10T09:00:00Z",
}
NAMES = (
    "Ada Lindqvist",
    "Babak Moradi",
    "Chiara De Santis",
    "Dilnoza Karimova",
    "Erik Johansson",
    "Funmi Adeyemi",
    "Grace O'Malley",
    "Hana Nováková",
    "Idris Benali",
    "Jun Watanabe",
    "Katarzyna Wiśniewska-Lewandowska",
    "Luca Ferri",
)


def at(days: float, hour: int = 9) -> str:
    """Return a full hour some days from today, in UTC; hours behind 23 are of the day after."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + timedelta(days=days, hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def shift(number: int, title: str, *, days: float, hours: tuple[int, int], places: tuple[int, int, int]) -> Item:
    """Build a shift; `places` are capacity, taken and waiting."""
    capacity, taken, waiting = places
    times = {"starts_at": at(days, hours[0]), "ends_at": at(days, hours[1])}
    counts = {"capacity": capacity, "taken": taken, "free": max(0, capacity - taken), "waiting": waiting}
    return {"id": number, "title": title, **times, **counts}


def event(number: int, title: str, location: str, *, state: str, shifts: list[Item]) -> Item:
    """Build an event around its shifts."""
    totals = {key: sum(one[key] for one in shifts) for key in ("capacity", "taken", "free", "waiting")}
    starts = min((one["starts_at"] for one in shifts), default=at(21))
    ends = max((one["ends_at"] for one in shifts), default=at(21, 12))
    names = {
        "organization": "Tidy Coast",
        "organization_slug": SLUG,
        "description": "Bring gloves and a hat.\nTea is there.",
    }
    facts = {"id": number, "title": title, "location": location, "starts_at": starts, "ends_at": ends, "state": state}
    return {**facts, **names, **totals, "shifts": shifts}


def events() -> list[Item]:
    """Return events in every state; some need people soon."""
    beach = [
        shift(11, "Welcome desk", days=2, hours=(8, 10), places=(2, 2, 1)),
        shift(12, "Beach team, north", days=2, hours=(9, 12), places=(8, 5, 0)),
        shift(13, "Beach team, south", days=2, hours=(9, 12), places=(8, 1, 0)),
    ]
    kitchen = [
        shift(21, "Chopping", days=9, hours=(14, 16), places=(6, 4, 0)),
        shift(22, "Serving", days=9, hours=(17, 20), places=(10, 3, 0)),
    ]
    repair = [
        shift(31, "Repairing bicycles, radios and whatever else arrives", days=30, hours=(10, 13), places=(5, 4, 0))
    ]
    running = [shift(61, "Sorting", days=0, hours=(0, 25), places=(6, 5, 0))]
    return [
        event(6, "Clothes bank, sorting day", "Old fire station", state="published", shifts=running),
        event(1, "Beach clean-up", "South Pier", state="published", shifts=beach),
        event(2, "Harbour soup kitchen", "Harbour Hall", state="published", shifts=kitchen),
        event(3, "Repair café", "Library, first floor", state="published", shifts=repair),
        event(4, "Summer fête", "", state="draft", shifts=[]),
        event(5, "Night walk", "Lighthouse", state="cancelled", shifts=[]),
    ]


def people() -> list[Item]:
    """Return a dozen people; the first one is who looks at the pages."""
    return [
        {
            "id": number,
            "name": name,
            "email": f"{name.split()[0].lower()}@example.org",
            "phone": "+44 20 7946 0" + f"{number:03}" if number % 3 else "",
            "role": "owner" if number == 1 else "coordinator" if number == 2 else "volunteer",
            "has_account": number % 2 == 1,
            "is_confirmed": True,
            "joined_at": at(-40 + number),
            "upcoming": number % 4,
        }
        for number, name in enumerate(NAMES, start=1)
    ]


def roster(shifts: list[Item], known: list[Item]) -> list[Item]:
    """Fill the places of shifts with people, in turn."""
    entries: list[Item] = []
    for one in shifts:
        states = ["confirmed"] * one["taken"] + ["waiting"] * one["waiting"]
        for place, state in enumerate(states):
            person = known[(place + one["id"]) % len(known)]
            who = {key: person[key] for key in ("name", "email", "phone")}
            number = one["id"] * 100 + place
            entry = {"id": number, "shift_id": one["id"], "member_id": person["id"], **who, "state": state}
            entries.append(entry | {"created_at": at(-5, place % 24), "attended": None})
    return entries
