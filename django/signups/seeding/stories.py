"""Which organizations does a developer meet on the first day, and what do they plan?"""

from __future__ import annotations

from dataclasses import dataclass

from signups.models import Event

DRAFT, CANCELLED = Event.State.DRAFT.value, Event.State.CANCELLED.value


@dataclass(frozen=True)
class PlannedShift:
    """A shift that begins so many hours after midnight; who is in it, and who waits."""

    title: str
    from_hour: float
    hours: float
    capacity: int
    confirmed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class PlannedEvent:
    """An event so many days from today."""

    title: str
    description: str
    location: str
    in_days: int
    shifts: tuple[PlannedShift, ...]
    state: str = Event.State.PUBLISHED.value


@dataclass(frozen=True)
class Story:
    """An organization, how many people it has, and its events."""

    name: str
    slug: str
    people: int
    description: str
    events: tuple[PlannedEvent, ...]


S = PlannedShift
STORIES = (
    Story(
        "Tidy Coast",
        "tidy-coast",
        26,
        "We keep eleven kilometres of beach clean, plant the dunes and count what the sea brings. "
        "Everyone is welcome, children with somebody who looks after them.",
        (
            PlannedEvent(
                "Beach clean-up",
                "Gloves, bags and grabbers are there. Bring boots and something warm; soup afterwards.",
                "North pier, car park",
                3,
                (S("Morning round", 9, 2.5, 14, 12), S("Late round", 12, 2.5, 12, 4), S("Sorting", 11, 4, 4, 3)),
            ),
            PlannedEvent(
                "Dune planting",
                "Marram grass against the winter storms: two people to a row, a spade and a bundle each.",
                "Dune path, gate 2",
                10,
                (S("Planting", 10, 3, 12, 12, 5), S("Tea and tools", 9.5, 4, 3, 1)),
            ),
            PlannedEvent(
                "Litter count",
                "A hundred metres, every piece written down: our part of the yearly report.",
                "South beach",
                24,
                (S("Counting", 8, 2, 6, 1),),
            ),
            PlannedEvent(
                "Autumn clean-up",
                "Three hundred kilograms in one morning. Thank you!",
                "North pier, car park",
                -12,
                (S("Morning round", 9, 3, 14, 13), S("Sorting", 11, 3, 4, 4)),
            ),
        ),
    ),
    Story(
        "Harbour Kitchen",
        "harbour-kitchen",
        18,
        "A warm meal for whoever comes, four evenings a week, from what the markets would throw away.",
        (
            PlannedEvent(
                "Soup for sixty",
                "Cooking, serving, washing up. No experience needed; closed shoes, please.",
                "Quay 4",
                1,
                (S("Cooking", 15, 3, 5, 5), S("Serving", 17.5, 3, 4, 3), S("Washing up", 19, 2, 3, 2)),
            ),
            PlannedEvent(
                "Food collection",
                "A round of the markets with two cargo bikes. You should be at ease on a bike in traffic.",
                "Market square, by the fountain",
                6,
                (S("First round", 7, 2, 2, 2, 1), S("Second round", 13, 2, 2)),
            ),
            PlannedEvent(
                "Kitchen deep clean",
                "Once a season, everything shines.",
                "Quay 4",
                17,
                (S("All hands", 13, 5, 10, 3),),
            ),
            PlannedEvent(
                "Harvest supper",
                "Ninety guests, and nothing was left over.",
                "Quay 4, big hall",
                -5,
                (S("Cooking", 12, 5, 6, 6), S("Serving", 17, 4, 6, 5)),
            ),
        ),
    ),
    Story(
        "Oakfield Library Friends",
        "oakfield-library",
        14,
        "We read to children, deliver books to those who cannot come, and run the book sale that pays for both.",
        (
            PlannedEvent(
                "Story hour",
                "Two stories, twenty minutes each, and drawing after. We help you to choose.",
                "Oakfield Library, children's corner",
                4,
                (S("Reading aloud", 15, 1, 2, 1), S("Drawing table", 15.5, 1.5, 3, 3)),
            ),
            PlannedEvent(
                "Winter book sale",
                "Four thousand books want to be carried, sorted and sold.",
                "Oakfield Library, ground floor",
                15,
                (S("Setting up", 8, 2, 6, 2), S("Till and tables", 10, 4, 5, 4), S("Packing away", 16, 2, 6)),
            ),
            PlannedEvent(
                "Summer reading picnic",
                "Still to be agreed with the parks office.",
                "Oakfield Park",
                40,
                (S("Blankets and books", 13, 3, 8),),
                DRAFT,
            ),
        ),
    ),
    Story(
        "Riverside Athletics",
        "riverside-athletics",
        22,
        "A running club with a race of its own. Helpers get a shirt, a sandwich and the best view.",
        (
            PlannedEvent(
                "Riverside Ten",
                "Six hundred runners, ten kilometres, one river. Marshals need no experience: we brief you at eight.",
                "Boathouse, Riverside Lane",
                12,
                (
                    S("Marshals, km 1 to 5", 8, 4, 10, 9),
                    S("Marshals, km 6 to 10", 8.5, 4, 10, 5),
                    S("Water station", 8.5, 3.5, 6, 6, 2),
                    S("Finish line", 9, 4, 5, 2),
                ),
            ),
            PlannedEvent(
                "Track day for schools",
                "The meadow is under water, so we have to call it off.",
                "Riverside track",
                8,
                (S("Timekeeping", 9, 4, 4, 3), S("Long jump pit", 9, 4, 3, 1)),
                CANCELLED,
            ),
        ),
    ),
    Story(
        "Hilltop Animal Shelter",
        "hilltop-shelter",
        12,
        "Dogs, cats and one very old goat. Walk, feed, clean, and sit with those who are afraid.",
        (
            PlannedEvent(
                "Weekend walks",
                "One dog each, two hours, rain or shine. Please come ten minutes early to get to know each other.",
                "Hilltop Farm, kennels",
                2,
                (S("Saturday walk", 10, 2, 6, 5), S("Sunday walk", 34, 2, 6, 2)),
            ),
            PlannedEvent(
                "Fence repair",
                "The goat has found the weak place again. Bring work gloves.",
                "Hilltop Farm, upper meadow",
                9,
                (S("Posts and wire", 9, 4, 5, 4),),
            ),
        ),
    ),
)

PEOPLE = (
    *("Ada Brandt", "Amir Haddad", "Anouk Lefevre", "Ben Whitaker", "Bilal Aydin", "Carla Moretti", "Chidi Eze"),
    *("Clara Nygaard", "Daniel Osei", "Elif Kaya", "Emma Lindqvist", "Farid Rahimi", "Greta Vogel", "Hana Suzuki"),
    *("Ines Duarte", "Jakub Nowak", "Jonas Weber", "Julia Castellanos", "Kofi Mensah", "Lena Hofmann", "Liam Byrne"),
    *("Lucia Fernandez", "Marek Dvorak", "Maya Iyer", "Mei Tan", "Nils Eriksson", "Nora Petrov", "Omar Farouk"),
    *("Paula Ribeiro", "Priya Nair", "Rosa Delgado", "Ruth Adler", "Samuel Okoye", "Sofia Rossi", "Tom Hargreaves"),
    *("Yusuf Demir", "Zoe Papadakis"),
)
