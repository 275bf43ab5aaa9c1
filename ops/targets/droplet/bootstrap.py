"""Makes a fresh or an existing host one that a release can run on.

One script does it: cloud-init runs it on a droplet's first boot, and `prepare` sends it over SSH where that is needed.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import shlex
import time
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

from ops.errors import SettingsError
from ops.settings import Settings
from ops.ssh import CommandResult, DeniedError, Remote, no_sudo
from ops.targets.droplet.logins import FIRST_BOOT_S, RUN, as_user, check_way_in, failed, let_in

TEMPLATE = Path(__file__).with_name("bootstrap.sh")
LOGINS = Path(__file__).with_name("logins.sh")
MERGE = Path(__file__).with_name("daemon_json.py")  # the host runs it
AWAY = Path(__file__).with_name("engine_away.py")  # and this
SCRIPT_PATH = "/usr/local/sbin/slipway-bootstrap"
CLOUD_INIT_S = 900.0
BOOTSTRAP_S = 900.0
DOCKER_NETWORKS = ipaddress.ip_network("172.16.0.0/12")  # where an engine that is told nothing puts its networks

# Its own `status --wait` would take a core for half a second each time that it looks.
LOOK = """
# waiting for the first boot
say() { [ "$1" = "${said:-}" ] || echo "$1"; said=$1; }
while [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ] && [ ! -e /run/cloud-init/result.json ]; do
  last=$(sed -n 's/^slipway: //p' /var/log/cloud-init-output.log 2>/dev/null | tail -n 1)
  say "first boot: ${last:-cloud-init is at work}"
  sleep 1
done
echo "bootstrap=$(cat /etc/slipway/bootstrap 2>/dev/null)"
"""


def bootstrap_script(settings: Settings) -> str:
    """Return the script, without any secret; its version changes when, and only when, anything else in it does."""
    user = settings.SSH_USER
    if user == "root":
        raise SettingsError(
            "SSH_USER is root", why="root cannot log in to a prepared host", fix="set SSH_USER=deploy in .env"
        )
    text = TEMPLATE.read_text(encoding="utf-8").replace("@LOGINS@\n", LOGINS.read_text(encoding="utf-8"))
    text = text.replace("@SSH_USER@", shlex.quote(user))
    text = text.replace("@DAEMON_JSON@", daemon_json(settings.DOCKER_REGISTRY_MIRROR))
    text = text.replace("@DAEMON_MERGE@", MERGE.read_text(encoding="utf-8").strip())
    text = text.replace("@ENGINE_AWAY@", AWAY.read_text(encoding="utf-8").strip())
    return text.replace("@VERSION@", hashlib.sha256(text.encode()).hexdigest()[:16])


def bootstrap_version(script: str) -> str:
    """Return the version that a host has after this script."""
    return next(line.partition("=")[2] for line in script.splitlines() if line.startswith("version="))


def daemon_json(mirror: str) -> str:
    """Return our part of the Docker Engine's configuration as the bootstrap carries it."""
    return json.dumps(engine_configuration(mirror), indent=1, sort_keys=True)


def engine_configuration(mirror: str) -> dict[str, object]:
    """Return our part of the Docker Engine's configuration; `mirror` is a registry's URL, or empty."""
    made: dict[str, object] = {
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-file": "3", "max-size": "10m"},
        "userland-proxy": False,
    }
    if mirror:
        made["registry-mirrors"] = [mirror]
        if urlsplit(mirror).scheme == "http":
            made["insecure-registries"] = [urlsplit(mirror).netloc]
    if _is_where_docker_builds(urlsplit(mirror).hostname or ""):
        made["bip"] = "10.201.0.1/24"
        made["default-address-pools"] = [{"base": "10.202.0.0/16", "size": 24}]
    return made


def _is_where_docker_builds(host: str) -> bool:
    """Tell whether the engine's own networks could cover this address and so hide it."""
    try:
        return ipaddress.ip_address(host) in DOCKER_NETWORKS
    except ValueError:
        return False


def user_data(settings: Settings, public_key: str) -> str:
    """Return what cloud-init does on first boot; anything on the droplet may read it, so it holds no secret."""
    user = {
        "name": settings.SSH_USER,
        "shell": "/bin/bash",
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
        "lock_passwd": True,
        "ssh_authorized_keys": [public_key],
    }
    script = {"path": SCRIPT_PATH, "permissions": "0700", "content": bootstrap_script(settings)}
    config = {
        "users": [user],
        "ssh_pwauth": False,
        "disable_root": True,
        "write_files": [script],
        "runcmd": [[SCRIPT_PATH, "close_logins", f"{FIRST_BOOT_S:.0f}"], [SCRIPT_PATH]],
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"  # JSON is YAML


def log_in(
    remote: Remote,
    script: str,
    *,
    public_key: str,
    patience_s: float,
    say: Callable[[str], None],
    check: Callable[[Remote], object] = lambda _: None,
) -> None:
    """Connect, trying for `patience_s`; on a host that knows only root yet, root makes SSH_USER first.

    `check` looks at such a host before, and raises what is in the way; nothing but the user is changed before that has
    come in. Raises HostError; when neither is let in, that of SSH_USER.
    """
    try:
        remote.connect(patience_s=patience_s)
    except DeniedError as denied:
        with as_user(remote, "root", say) as root:
            try:
                root.connect()
            except DeniedError:
                raise denied from None
            check(root)
            let_in(root, script, user=remote.login.user, public_key=public_key, say=say)
            check_way_in(remote, script, witness=root, public_key=public_key)


def prepare(
    remote: Remote,
    script: str,
    *,
    say: Callable[[str], None],
    cloud_init_s: float = CLOUD_INIT_S,
    check: Callable[[Remote], object] = lambda _: None,
) -> bool:
    """Wait for the first boot to end, then run the script unless this host has had it; tell whether it ran from here.

    `check` looks at the host before it is changed, and raises what is in the way. Raises HostError with the script's
    last words.
    """
    version = bootstrap_version(script)
    if _version_on(remote, say, cloud_init_s) == version:
        return False
    check(remote)
    say("preparing the host: packages, Docker Engine, SSH")
    began = time.monotonic()
    running = remote.lines(("sh", "-c", RUN, "bootstrap"), stdin=script.encode(), sudo=True, timeout_s=BOOTSTRAP_S)
    ran = _tell(running, say)
    if ran.exit_code:
        raise failed(ran)
    say(f"the host is prepared after {time.monotonic() - began:.0f} s")
    return True


def _version_on(remote: Remote, say: Callable[[str], None], cloud_init_s: float) -> str:
    found = ""

    def note(line: str) -> None:
        nonlocal found
        name, _, value = line.partition("=")
        if name == "bootstrap":
            found = value.strip()
        else:
            say(line)

    ran = _tell(remote.lines(LOOK, sudo=True, timeout_s=cloud_init_s), note)
    if ran.exit_code:
        raise no_sudo(remote.login, why=ran.errors.strip() or f"exit code {ran.exit_code}")
    return found


def _tell(lines: Generator[str, None, CommandResult], say: Callable[[str], None]) -> CommandResult:
    while True:
        try:
            say(next(lines).removeprefix("slipway: "))
        except StopIteration as ended:
            ran: CommandResult = ended.value
            return ran
