from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ops.errors import PreflightError, UsageError
from ops.settings import KEYS, load
from rehearsal.alone import alone, end_holder
from rehearsal.checkout import change_one_line, copy_checkout, environment_without_settings, write_settings

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = "the-operators-real-password-0123456789"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a small checkout with an `.env` that must stay where it is."""
    root = tmp_path / "operator"
    (root / "api").mkdir(parents=True)
    (root / "api" / "main.py").write_text("import api\n")
    (root / ".gitignore").write_text(".env\n")
    (root / ".env").write_text(f"POSTGRES_PASSWORD={PRODUCTION}\n")
    (root / ".env.example").write_bytes((ROOT / ".env.example").read_bytes())
    for words in (("init", "--quiet"), ("add", "--all")):
        subprocess.run(("git", "-C", str(root), *words), check=True)
    (root / "api" / "new.py").write_text("not yet added\n")
    return root


def test_the_copy_holds_the_work_of_now_and_never_the_operators_settings(checkout: Path, tmp_path: Path) -> None:
    copy = copy_checkout(checkout, tmp_path / "copy")
    found = sorted(str(path.relative_to(copy)) for path in copy.rglob("*.*") if ".git/" not in f"{path}/")
    assert found == [".env.example", ".gitignore", "api/main.py", "api/new.py"]
    status = subprocess.run(("git", "-C", str(copy), "status", "--short"), capture_output=True, text=True, check=True)
    assert status.stdout == ""


def test_a_second_copy_replaces_the_first(checkout: Path, tmp_path: Path) -> None:
    copy = copy_checkout(checkout, tmp_path / "copy")
    (checkout / "api" / "new.py").unlink()
    copy_checkout(checkout, tmp_path / "copy")
    assert not (copy / "api" / "new.py").exists()


def test_outside_a_checkout_nothing_is_copied(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(UsageError, match="git ls-files"):
        copy_checkout(tmp_path / "bare", tmp_path / "copy")


def test_no_setting_of_the_operator_reaches_the_rehearsal_through_the_environment(checkout: Path) -> None:
    environ = {key.name: PRODUCTION for key in KEYS}
    kept = environment_without_settings(checkout, {**environ, "PATH": "/bin", "GIT_DIR": "elsewhere"})
    assert kept == {"PATH": "/bin"}


def test_the_copys_settings_are_read_back_and_nobody_else_can(tmp_path: Path) -> None:
    values = {"ENVIRONMENT": "development", "WEBSITE_DOMAIN": "slipway.localhost", "DJANGO_ALLOWED_HOSTS": "localhost"}
    secret = "0f9e8d7c6b5a4938271605f4e3d2c1b00f9e8d7c6b5a4938271605f4e3d2c1b0"
    names = ("POSTGRES_PASSWORD", "POSTGRES_API_PASSWORD", "REDIS_PASSWORD", "DJANGO_SECRET_KEY", "TOKEN_SECRET_KEY")
    hosts = {"DJANGO_ALLOWED_HOSTS": "slipway.localhost"}
    write_settings(tmp_path, {**values, **hosts, **dict.fromkeys(names, secret)})
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    settings = load(tmp_path / ".env", environ={}, target="local")
    assert secret == settings.POSTGRES_PASSWORD


def test_one_line_of_the_api_is_changed(checkout: Path) -> None:
    assert change_one_line(checkout) == checkout / "api" / "main.py"
    assert (checkout / "api" / "main.py").read_text().splitlines()[0] == "import api"
    assert len((checkout / "api" / "main.py").read_text().splitlines()) == 2


def test_a_checkout_is_rehearsed_once_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with alone(lock), pytest.raises(PreflightError, match="already"), alone(lock):
        pass
    with alone(lock):
        pass


def test_nothing_is_ended_when_nobody_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    end_holder(lock)
    lock.write_text("1")  # what a process that is gone wrote; it must not be taken for whoever has the number now
    end_holder(lock)


HOLD = """
import sys, threading
from pathlib import Path
from rehearsal.alone import alone, terminated_as_interrupted
try:
    with alone(Path(sys.argv[1])), terminated_as_interrupted():
        print("held", flush=True)
        threading.Event().wait()
except KeyboardInterrupt:
    print("cleaned up", flush=True)
"""


def test_ending_a_rehearsal_from_elsewhere_lets_it_clean_up_and_waits_for_it(tmp_path: Path) -> None:
    command = (sys.executable, "-c", HOLD, str(tmp_path / "lock"))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        end_holder(tmp_path / "lock")
        assert process.communicate(timeout=10)[0] == "cleaned up\n"
        assert process.returncode == 0
