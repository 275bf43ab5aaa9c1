from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from api.openapi import document
from tests.integration.services.clubs import Club, Person
from tests.integration.services.services_processes import Services, Web
from tests.integration.services.whole.contract_cases import Operation, Player, operations, read
from tests.integration.services.whole.contract_rows import goals_of

# Made up requests do not get to what needs a password, a cookie, a mailed link or a queued task; a few others may have
# no luck.
MOST_WITHOUT_LUCK = 9


@pytest.fixture
def club(apart: Services, apart_api: Web) -> Iterator[Club]:
    """Return an organization; it goes with its database, because who is made up joins it."""
    made = Club(apart, apart_api)
    with contextlib.closing(made.connection):
        yield made


@pytest.fixture
def played(club: Club, apart_api: Web, who: str) -> Player:
    """Return what came of playing every operation as somebody."""
    stranger = Club(club.services)
    with contextlib.closing(stranger.connection):
        asker = {"nobody": None, "stranger": stranger.owner, "coordinator": club.coordinator}[who]
    player = Player(str(apart_api.client.base_url))
    for operation in operations(read(document())):
        now = club.owner if who == "coordinator" and _role(operation) == "owner" else asker
        player.play(operation, goals_of(club, club.coordinator, path=operation.path), token=_token(club, now))
    return player


def _role(operation: Operation) -> str:
    """Return what the document says who may do this."""
    scopes = [scope for one in operation.definition.raw.get("security", ()) for many in one.values() for scope in many]
    return str(scopes[0]) if scopes else ""


def _token(club: Club, who: Person | None) -> str | None:
    """Return a good token, also after one operation has made all of them void."""
    if who is None:
        return None
    version = club.value("SELECT token_version FROM signups_user WHERE id = %s", who.user_id)
    return club.tokens.issue_access(who.user_id or 0, version)


@pytest.mark.req("B-17")
@pytest.mark.parametrize("who", ["nobody", "stranger", "coordinator"])
def test_whatever_is_asked_the_answer_is_one_that_the_document_names(played: Player, who: str) -> None:
    assert list(played.wrong) == []
    every = {operation.label: _role(operation) for operation in operations(read(document()))}
    assert {label for label, _ in played.seen} == set(every)
    if who == "coordinator":
        assert len(every) - len(played.successes()) <= MOST_WITHOUT_LUCK
    else:
        assert {label for label in played.successes() if every[label]} == set()
