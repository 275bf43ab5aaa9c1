import bcrypt
import pytest

from ops.targets.droplet.edge import htpasswd_line

KEY = "a key of this site alone, long enough"


@pytest.mark.req("A-21", "A-22")
def test_the_hash_belongs_to_the_password() -> None:
    user, _, hashed = htpasswd_line("operator", "correct horse 9", key=KEY).partition(":")
    assert user == "operator"
    assert bcrypt.checkpw(b"correct horse 9", hashed.encode())
    assert not bcrypt.checkpw(b"correct horse 8", hashed.encode())


@pytest.mark.req("A-28")
def test_the_same_settings_make_the_same_line_and_another_site_makes_another() -> None:
    line = htpasswd_line("operator", "correct horse 9", key=KEY)
    assert line == htpasswd_line("operator", "correct horse 9", key=KEY)
    assert line != htpasswd_line("operator", "correct horse 9", key=KEY + "!")
