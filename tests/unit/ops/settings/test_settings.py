import os
import subprocess
from pathlib import Path

import pytest

from ops.errors import CredentialsError, SettingsError
from ops.settings import KEYS, InvalidSettingsError, load, load_for_droplet, render
from ops.settings.examples import quote
from tests.unit.ops.settings.settings_fixtures import RANDOM, ROOT, SECRETS, problems, sound, written


def git(folder: Path, *words: str) -> None:
    # inside a hook, GIT_DIR would point at the repository of the project itself
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(("git", *words), cwd=folder, env=environment, check=True)


@pytest.mark.req("C-03")
def test_the_development_example_with_fresh_secrets_holds_for_the_local_target(tmp_path: Path) -> None:
    settings = load(sound(tmp_path), environ={}, target="local")

    assert (settings.ENVIRONMENT, settings.WEBSITE_DOMAIN) == ("development", "slipway.localhost")
    assert settings.certificate_source == "files"
    assert settings.ports == {
        "LOCAL_HTTPS_PORT": 8443,
        "LOCAL_HTTP_PORT": 8080,
        "LOCAL_INTERNAL_PORT": 8081,
        "LOCAL_POSTGRES_PORT": 15432,
        "LOCAL_REDIS_PORT": 16379,
    }
    assert settings.cache_dir(tmp_path) == tmp_path / ".local" / "cache"
    assert settings.DJANGO_DEBUG


@pytest.mark.req("C-03")
def test_the_production_example_lacks_nothing_but_its_secrets(tmp_path: Path) -> None:
    path = written(tmp_path, (ROOT / ".env.prod.example").read_text(encoding="utf-8"))

    assert sorted(problems(path, "droplet")) == [
        "DIGITALOCEAN_TOKEN",
        "DJANGO_SECRET_KEY",
        "POSTGRES_API_PASSWORD",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "TOKEN_SECRET_KEY",
    ]
    secrets = {**SECRETS, "DIGITALOCEAN_TOKEN": f"dop_v1_{RANDOM}"}
    assert load(path, environ=secrets, target="droplet").ENVIRONMENT == "production"


@pytest.mark.req("A-03")
def test_comments_blanks_and_quotes_are_read_and_nothing_is_interpolated(tmp_path: Path) -> None:
    path = sound(
        tmp_path,
        "# a comment\n\n"
        "ONE='a # b $HOME ${HOME} \"q\"'\n"
        'TWO="c # d $HOME"\n'
        "THREE=plain  # a remark\n"
        "export FOUR=four\n"
        "FIVE=a$HOME#b\n",
    )

    extra = load(path, environ={"HOME": "/root"}, target="local").extra

    assert extra == {
        "ONE": 'a # b $HOME ${HOME} "q"',
        "TWO": "c # d $HOME",
        "THREE": "plain",
        "FOUR": "four",
        "FIVE": "a$HOME#b",
    }


@pytest.mark.req("A-03")
@pytest.mark.parametrize("value", ["plain", "a # b", "$HOME", "it's", 'say "x"', "back\\slash", "it\\'s", ""])
def test_a_value_is_read_back_as_the_example_writer_quotes_it(tmp_path: Path, value: str) -> None:
    path = sound(tmp_path, f"MINE={quote(value)}")

    assert load(path, environ={}, target="local").extra == {"MINE": value}


@pytest.mark.req("A-03")
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = sound(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert load(path, environ={}, target="local").WEBSITE_DOMAIN == "slipway.localhost"


@pytest.mark.req("A-03")
def test_what_the_environment_holds_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(sound(tmp_path, "MINE=file"), environ={"LOG_LEVEL": "debug", "MINE": "shell"}, target="local")

    assert settings.as_environment()["LOG_LEVEL"] == "DEBUG"
    assert settings.extra == {"MINE": "shell"}


@pytest.mark.req("A-03")
@pytest.mark.skipif(os.name != "posix", reason="Windows has no POSIX mode")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_an_env_file_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = sound(tmp_path)
    path.chmod(mode)

    with pytest.raises(SettingsError) as refused:
        load(path, environ={}, target="local")

    assert refused.value.fix == "chmod 600 .env"
    assert f"mode {mode:04o}" in refused.value.why


@pytest.mark.req("A-03", "B-15")
def test_an_env_file_that_git_tracks_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    path = sound(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", ".env")

    with pytest.raises(SettingsError) as refused:
        load(path, environ={}, target="local")

    assert refused.value.fix == "git rm --cached .env"
    git(tmp_path, "rm", "-q", "--cached", ".env")
    assert load(path, environ={}, target="local").WEBSITE_DOMAIN == "slipway.localhost"


@pytest.mark.req("B-15")
def test_every_problem_is_told_at_once_with_key_fault_and_what_to_write(tmp_path: Path) -> None:
    path = sound(
        tmp_path,
        "LOG_LEVEL=loud\nLOCAL_HTTPS_PORT=99999\nREDIS_PASSWORD=has a blank in it\nWEBSITE_DOMAINE=x\nno setting\n",
    )

    with pytest.raises(InvalidSettingsError) as refused:
        load(path, environ={}, target="local")

    error = refused.value
    count = len(path.read_text(encoding="utf-8").splitlines())
    assert [problem.key for problem in error.problems] == [
        f".env, line {count - 1}",
        "WEBSITE_DOMAINE",
        "LOG_LEVEL",
        "REDIS_PASSWORD",
        "LOCAL_HTTPS_PORT",
    ]
    assert all(problem.wrong and problem.write for problem in error.problems)
    assert "5 things are wrong" in str(error)
    assert "`WEBSITE_DOMAIN`?" in str(error)
    assert "has a blank" not in str(error)
    assert error.exit_code == 3
    assert error.fix == f"edit line {count - 1} and WEBSITE_DOMAINE in {path}, then run the same command again"
    assert str(error).count("run the same command again") == 1


@pytest.mark.req("B-15")
@pytest.mark.parametrize("name", ["WEBSITE_DOMAN", "USE_TSL", "log_level", "POSTGRESS_PASSWORD", "DJANGO_ALLOWED_HOST"])
def test_an_unknown_key_that_is_almost_a_setting_is_a_problem(tmp_path: Path, name: str) -> None:
    assert list(problems(sound(tmp_path, f"{name}=x"))) == [name]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "API_VERSION", "NO_COLOR", "DJANGO_SECRET_KEY_OLD", "SENTRY_DSN"])
def test_an_unknown_key_of_somebody_else_is_allowed(tmp_path: Path, name: str) -> None:
    assert load(sound(tmp_path, f"{name}=x"), environ={}, target="local").extra == {name: "x"}


@pytest.mark.req("B-15")
def test_a_missing_file_names_the_example_and_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        load(tmp_path / ".env", environ={}, target="droplet")

    assert refused.value.fix == "cp .env.prod.example .env"
    assert "POSTGRES_PASSWORD is missing" in refused.value.why


def test_without_a_file_an_environment_that_holds_everything_is_enough(tmp_path: Path) -> None:
    environ = {key.name: SECRETS.get(key.name, key.example("development")) for key in KEYS}

    assert load(tmp_path / ".env", environ=environ, target="local").WEBSITE_DOMAIN == "slipway.localhost"


def test_a_file_that_is_no_text_or_no_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")

    for name, fault in ((".env", "not UTF-8"), ("folder", "cannot be read")):
        with pytest.raises(SettingsError, match=fault):
            load(tmp_path / name, environ={}, target="local")


@pytest.mark.req("A-12")
def test_settings_and_their_problems_never_show_a_secret(tmp_path: Path) -> None:
    settings = load(sound(tmp_path, f"STRIPE_API_KEY={RANDOM}"), environ={}, target="local")

    assert RANDOM not in f"{settings} {settings!r}"
    assert settings.secrets() == {**SECRETS, "STRIPE_API_KEY": RANDOM}


@pytest.mark.req("A-12")
def test_the_password_of_a_database_url_is_a_secret_and_the_rest_is_not(tmp_path: Path) -> None:
    where = "db.example.org:5432/slipway"
    urls = {
        "DATABASE_URL": f"postgresql://slipway:p%40ss-word-99@{where}",
        "API_DATABASE_URL": f"postgresql://slipway_api:p%40ss-word-98@{where}",
    }
    path = sound(tmp_path, "\n".join(f"{key}={value}" for key, value in urls.items()))

    assert load(path, environ={}, target="local").secrets() == {
        **SECRETS,
        "DATABASE_URL": "p@ss-word-99",
        "API_DATABASE_URL": "p@ss-word-98",
    }


@pytest.mark.req("C-02")
def test_mail_settings_in_parts_become_one_url(tmp_path: Path) -> None:
    parts = f"EMAIL_URL=\nEMAIL_HOST=mail.example.org\nEMAIL_USER=me@example.org\nEMAIL_PASS=a/b@{RANDOM}"

    environment = load(sound(tmp_path, parts), environ={}, target="local").as_environment()

    assert environment["EMAIL_URL"] == f"smtp+tls://me%40example.org:a%2Fb%40{RANDOM}@mail.example.org:587"


@pytest.mark.req("A-05")
def test_without_a_cloud_token_the_error_mentions_the_local_target(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError) as refused:
        load(sound(tmp_path), environ={}, target="local").cloud_token()

    assert "--target local" in refused.value.fix
    token = load(sound(tmp_path), environ={"DIGITALOCEAN_TOKEN": f"dop_v1_{RANDOM}"}, target="local").cloud_token()
    assert token == f"dop_v1_{RANDOM}"


@pytest.mark.req("A-05")
def test_without_a_token_a_droplet_is_refused_before_anything_else_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    (tmp_path / ".env").write_text("USE_TLS=yes\n", encoding="utf-8")
    with pytest.raises(CredentialsError, match="no cloud credentials"):
        load_for_droplet(tmp_path, address="")
    with pytest.raises(InvalidSettingsError):  # a host that is there already needs no token, but sound settings
        load_for_droplet(tmp_path, address="203.0.113.7")
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", f"dop_v1_{RANDOM}")
    with pytest.raises(InvalidSettingsError):
        load_for_droplet(tmp_path, address="")


@pytest.mark.req("A-07")
def test_another_port_for_ssh_is_for_a_host_that_is_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, f"{render(KEYS, environment='production', values=SECRETS)}\nSSH_PORT=2222\n")
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", f"dop_v1_{RANDOM}")
    with pytest.raises(SettingsError, match="SSH_PORT is 2222"):
        load_for_droplet(tmp_path, address="")
    assert load_for_droplet(tmp_path, address="203.0.113.7").SSH_PORT == 2222


@pytest.mark.req("B-15")
def test_a_wrong_value_of_the_environment_is_not_called_a_missing_file(tmp_path: Path) -> None:
    stated = {key.name: SECRETS.get(key.name, key.example("development")) for key in KEYS}
    with pytest.raises(InvalidSettingsError) as wrong:
        load(tmp_path / ".env", environ={**stated, "LOG_LEVEL": "loud"}, target="local")
    assert str(wrong.value).startswith("error: one thing is wrong with the settings in the environment\n")
