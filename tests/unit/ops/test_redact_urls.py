"""What of a password in a URL may be seen, whichever reader cut it?"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Error
from psycopg.conninfo import conninfo_to_dict

from ops.engine.model import Release
from ops.engine.secrets import redactor_of
from ops.redact import Redactor, passwords_in
from ops.settings import load
from tests.simulation.world import EDGE, service
from tests.unit.ops.settings.settings_fixtures import sound

LONG = st.text("abcdefgh0123456789ABCDEFGH", min_size=8, max_size=12).filter(
    lambda text: not (text.isalpha() or text.isdigit())
)
CUTS = st.sampled_from(["@", "/", "?", "#", ":", "@@", "/@", "?#", ";", ","])


@pytest.mark.req("A-12")
@given(parts=st.lists(LONG, min_size=2, max_size=4), cut=CUTS, encoded=st.booleans())
def test_no_part_of_a_password_that_a_reader_cuts_off_is_seen(parts: list[str], cut: str, *, encoded: bool) -> None:
    password = cut.join(parts)
    redactor = Redactor({"DATABASE_URL": quote(password, safe="") if encoded else password})

    for part in parts:
        assert part not in redactor.text(f'could not translate host name "{part}@postgres" to address')
        assert part not in redactor.text(f"invalid port {part}/db")


@pytest.mark.req("A-12")
@pytest.mark.parametrize("cut", ["@", "/", "?", "#", ":", "@x/y"])
def test_what_each_reader_takes_for_a_host_or_a_port_is_not_seen(cut: str) -> None:
    url = f"postgresql://u:Str0ng{cut}Passw0rd@postgres/db"
    api = dataclasses.replace(service("api"), environment={"DATABASE_URL": url})
    redactor = redactor_of([Release(id="r", source_dir="/", services=(api,), edge=EDGE)])

    seen = " ".join(part for part in _read_by_each(url) if part)

    assert seen
    assert not re.findall("Str0ng|Passw0rd", redactor.text(seen))


def _read_by_each(url: str) -> list[str]:
    """Return all that the readers of a URL may say in an error."""
    told: list[str] = []
    for read in (conninfo_to_dict, environ.Env.db_url_config, urlsplit):
        try:
            found = read(url)
        except (Error, ValueError) as error:
            told.append(str(error))
        else:
            told += map(str, found.values() if isinstance(found, dict) else found)
    return told


@pytest.mark.parametrize("secret", ["q7Zr@postgres", "q7Zr/production", "q7Zr:localhost@5432", "q7Zr?Password"])
def test_a_word_in_a_password_is_no_secret_by_itself(secret: str) -> None:
    text = "postgres in production on localhost, port 5432: Password wanted"

    assert Redactor({"THE_KEY": secret}).text(text) == text
    assert secret not in Redactor({"THE_KEY": secret}).text(f"the password is {secret}")


@pytest.mark.parametrize(
    ("url", "passwords"),
    [
        ("postgresql://u:a@b@host/db", {"a", "a@b"}),
        ("postgresql://u:12/b@host/db", {"12/b"}),
        ("postgresql://u:a:b@host/db", {"a:b"}),
        ("https://host/path", set()),
        ("consolemail://", set()),
        ("me@example.org", set()),
    ],
)
def test_what_a_reader_may_take_for_the_password(url: str, passwords: set[str]) -> None:
    assert passwords_in(url) == passwords


@pytest.mark.req("A-12")
def test_the_password_in_a_url_that_no_setting_knows_is_a_secret_too(tmp_path: Path) -> None:
    stated = "BROKER=amqp://me:q7Zr4Tn9Wc2X@queue.example.org/x\nHOME_PAGE=https://example.org/"
    secrets = load(sound(tmp_path, stated), environ={}, target="local").secrets()

    assert (secrets["BROKER"], "HOME_PAGE" in secrets) == ("q7Zr4Tn9Wc2X", False)
