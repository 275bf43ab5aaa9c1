"""Can two environments of one checkout ever touch each other's droplet?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import environments
from ops.commands.destroy import destroy
from ops.errors import SettingsError
from ops.settings import InvalidSettingsError, Settings, load, load_for_droplet
from tests.unit.ops.settings.settings_fixtures import RANDOM, SECRETS, sound

TOKEN = f"dop_v1_{RANDOM}"
PUBLIC = f"""\
DIGITALOCEAN_TOKEN={TOKEN}
WEBSITE_DOMAIN=app.example.org
DJANGO_ALLOWED_HOSTS=app.example.org
USE_TLS=acme
ACME_EMAIL=ops@example.org
"""


@pytest.fixture(autouse=True)
def none_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no other test deal with an environment that was chosen here, and no variable of this shell count."""
    for name in ("DROPLET_NAME", "DROPLET_TAG", "DIGITALOCEAN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield
    environments.choose("")


def made(folder: Path, name: str, more: str = "", *, without: tuple[str, ...] = ()) -> Path:
    """Write the file of an environment that holds."""
    (folder / "as-written").mkdir(exist_ok=True)
    text = sound(folder / "as-written", PUBLIC + more).read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if line.partition("=")[0] not in without or line in more]
    path = environments.file_of(folder, name)
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def opened(folder: Path, name: str) -> Settings:
    """Read the settings of an environment, as a word does that goes to its droplet."""
    environments.choose(name)
    return load_for_droplet(folder, address="")


UNNAMED = ("DROPLET_NAME", "DROPLET_TAG")


@pytest.mark.req("D-03")
def test_droplet_and_tag_are_named_after_the_environment_where_its_file_says_nothing(tmp_path: Path) -> None:
    made(tmp_path, "eu", without=UNNAMED)
    made(tmp_path, "us", "DROPLET_NAME=\nDROPLET_TAG=\n")
    assert (opened(tmp_path, "eu").DROPLET_NAME, opened(tmp_path, "eu").DROPLET_TAG) == ("slipway-eu", "slipway-eu")
    assert opened(tmp_path, "us").DROPLET_NAME == "slipway-us"
    made(tmp_path, "", without=UNNAMED)
    assert (opened(tmp_path, "").DROPLET_NAME, opened(tmp_path, "").DROPLET_TAG) == ("slipway", "slipway")


@pytest.mark.req("D-03")
@pytest.mark.parametrize("key", UNNAMED)
def test_a_name_or_a_tag_that_another_environment_has_is_refused_with_both_files(tmp_path: Path, key: str) -> None:
    made(tmp_path, "", without=UNNAMED)
    made(tmp_path, "eu", f"{key}=slipway", without=tuple(one for one in UNNAMED if one != key))
    with pytest.raises(SettingsError) as refused:
        opened(tmp_path, "eu")
    assert key in str(refused.value)
    assert str(refused.value.what).endswith(f"{key} is slipway in .env.eu and for the default one")
    assert refused.value.fix == f"set another {key} in .env.eu"


@pytest.mark.req("D-03")
def test_what_is_destroyed_is_compared_with_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, "eu")
    made(tmp_path, "us")
    environments.choose("eu")
    said: list[str] = []
    monkeypatch.setattr("ops.commands.destroy.say", said.append)
    monkeypatch.setattr("ops.commands.destroy.load", lambda *_, **__: opened(tmp_path, "eu"))
    monkeypatch.setattr("ops.commands.destroy.open_cloud", lambda _: pytest.fail("nothing is to be removed"))
    assert destroy(tmp_path, yes=True, as_json=False) == 3
    assert "in .env.eu and for `us`" in said[0]


@pytest.mark.req("D-03")
@pytest.mark.parametrize("key", UNNAMED)
def test_a_name_that_tells_environments_apart_comes_from_no_command(tmp_path: Path, key: str) -> None:
    path = made(tmp_path, "eu", f"{key}='exec:echo slipway'", without=UNNAMED)
    environments.choose("eu")
    with pytest.raises(InvalidSettingsError, match="has to be written out"):
        load(path, environ={}, target="droplet")


@pytest.mark.req("D-03")
def test_a_copy_that_was_never_used_stops_nobody_and_one_that_was_does(tmp_path: Path) -> None:
    made(tmp_path, "")
    made(tmp_path, "copy")
    assert opened(tmp_path, "").DROPLET_NAME == "slipway"
    (tmp_path / "local_run_logs" / "copy" / "20261201_000000").mkdir(parents=True)
    with pytest.raises(SettingsError, match="two environments would share"):
        opened(tmp_path, "")


@pytest.mark.req("D-03", "B-15")
@pytest.mark.parametrize(
    ("name", "stated", "is_good"),
    [
        ("staging", "staging", True),
        ("staging", "production", False),
        ("staging", "development", False),
        ("prod", "production", True),
        ("prod", "staging", False),
        ("production", "development", False),
        ("dev", "development", True),
        ("eu", "development", True),
        ("preview-7", "development", True),
    ],
)
def test_a_name_that_says_which_rules_hold_is_believed(
    tmp_path: Path, name: str, stated: str, *, is_good: bool
) -> None:
    base = made(tmp_path, name).read_text(encoding="utf-8").replace("ENVIRONMENT=development", f"ENVIRONMENT={stated}")
    path = environments.file_of(tmp_path, name)
    path.write_text(base, encoding="utf-8")
    environments.choose(name)
    try:
        load(path, environ={}, target="local")
        wrong = ""
    except InvalidSettingsError as refused:
        wrong = next((one.wrong for one in refused.problems if "whose name says" in one.wrong), "")
    assert (wrong == "") == is_good


@pytest.mark.req("D-03")
def test_an_environment_without_a_file_names_those_that_are_there_and_the_nearest(tmp_path: Path) -> None:
    made(tmp_path, "staging", without=UNNAMED)
    with pytest.raises(SettingsError) as refused:
        opened(tmp_path, "stagign")
    assert str(refused.value).splitlines() == [
        "error: there is no environment `stagign`",
        "why:   .env.stagign is not there; this checkout has .env.staging; was `staging` meant?",
        "fix:   invoke environments --env stagign",
    ]
    with pytest.raises(SettingsError) as refused:
        opened(tmp_path, "elsewhere")
    assert refused.value.fix == "install -m 600 .env.prod.example .env.elsewhere"


@pytest.mark.req("D-03", "A-12")
def test_a_file_that_others_can_read_is_refused_by_its_own_name(tmp_path: Path) -> None:
    made(tmp_path, "eu", without=UNNAMED).chmod(0o644)
    with pytest.raises(SettingsError, match=r"chmod 600 \.env\.eu"):
        opened(tmp_path, "eu")


@pytest.mark.req("D-03")
def test_secrets_of_one_environment_are_not_read_for_another(tmp_path: Path) -> None:
    made(tmp_path, "", without=UNNAMED)
    made(tmp_path, "eu", f"POSTGRES_PASSWORD=eu-{RANDOM}", without=UNNAMED)
    assert f"eu-{RANDOM}" == opened(tmp_path, "eu").POSTGRES_PASSWORD
    assert SECRETS["POSTGRES_PASSWORD"] == opened(tmp_path, "").POSTGRES_PASSWORD
