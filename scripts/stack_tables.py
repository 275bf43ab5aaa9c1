"""Which services and which settings are there, as tables for docs/STACK.md?

Reads docker-compose.yml (as a droplet gets it) and the settings schema, and writes what stands between the marks of the
page. `nox -s stack` runs it.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this is started as a file too

from ops.release import read_compose  # noqa: E402 - after the path is set
from ops.settings import DEVELOPMENT, KEYS, PRODUCTION, Key  # noqa: E402 - the same

PAGE = ROOT / "docs" / "STACK.md"
MIB = 1024 * 1024
ROLES = {
    "traefik": "the only public entry: TLS, redirects, headers, rate limit, routes",
    "react-app": "the front-end, as files, by nginx",
    "api": "the public API (FastAPI); talks to PostgreSQL itself",
    "nginx-static": "`/static/` and `/media/`",
    "django": "schema, admin, internal health",
    "worker": "runs Celery tasks",
    "beat": "starts tasks by the clock",
    "postgres": "the database",
    "redis": "queue and cache",
    "flower": "shows what Celery does; only when asked for",
    "migrate": "job 1: the schema",
    "collectstatic": "job 2: static files into their volume",
    "seed": "job 3: the first administrator; sample events in development",
    "certificate-dry-run": "job before all, with `ACME_DIRECTORY=production`: a dry run at the staging directory",
}


def service_table() -> str:
    """Return the table of every service, in the order of the roles."""
    environment = {key.name: key.example(PRODUCTION) for key in KEYS}
    services = read_compose(ROOT, environment, override="docker-compose.prod.yml")["services"]
    if unknown := services.keys() ^ ROLES.keys():
        message = f"ROLES in {Path(__file__).name} and docker-compose.yml differ: {', '.join(sorted(unknown))}"
        raise SystemExit(message)
    head = "| service | role | image | user | networks | may write | limits | healthy when |"
    line = "|---|---|---|---|---|---|---|---|"
    return "\n".join((head, line, *(_row(name, services[name]) for name in ROLES), ""))


def key_table() -> str:
    """Return the tables of every key of the settings, one for each group."""
    parts = []
    for title, keys in itertools.groupby(KEYS, key=lambda key: key.group):
        rows = "".join(_key_row(key) for key in keys)
        head = "| key | meaning | value | default | needed | secret |\n|---|---|---|---|---|---|\n"
        parts.append(f"### {title}\n\n{head}{rows}")
    return "\n".join(parts)


def filled(text: str) -> str:
    """Return the page with its tables as they should be."""
    for mark, table in (("services", service_table()), ("keys", key_table())):
        begin, end = f"<!-- {mark}: written by nox -s stack -->\n", f"<!-- end of {mark} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def _row(name: str, service: Mapping[str, Any]) -> str:
    dockerfile = (service.get("build") or {}).get("dockerfile", "")
    image = f"`{dockerfile}`" if dockerfile else f"`{service['image']}`"
    cells = (
        f"`{name}`",
        ROLES[name],
        image,
        f"`{service.get('user') or _user(dockerfile)}`",
        ", ".join(sorted(service["networks"])),
        _writable(service),
        f"{int(service['mem_limit']) // MIB} MiB, {service['cpus']:g} CPU, {service['pids_limit']} processes",
        _health(service),
    )
    return f"| {' | '.join(cells)} |"


def _user(dockerfile: str) -> str:
    stated = re.findall(r"^USER (\S+)$", (ROOT / dockerfile).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return str(stated[-1])


def _writable(service: Mapping[str, Any]) -> str:
    mounts = [one for one in service.get("volumes") or () if not one.get("read_only")]
    kept = [f"`{one['source']}`" for one in mounts]
    memory = [f"`{one.partition(':')[0]}`" for one in service.get("tmpfs") or ()]
    return ", ".join([*kept, *(f"{one} (memory)" for one in memory)]) or "nothing"


def _health(service: Mapping[str, Any]) -> str:
    test = (service.get("healthcheck") or {}).get("test") or []
    if not test:
        return "it ends with exit code 0"
    words = test[1] if test[0] == "CMD-SHELL" else " ".join(test[1:])
    return f"`{words.replace('$$', '$')}`".replace("|", "\\|")


def _key_row(key: Key[Any]) -> str:
    needed = "always" if DEVELOPMENT in key.required else "outside development" if key.required else ""
    default = f"`{key.default}`" if key.default else ""
    cells = (f"`{key.name}`", key.meaning, key.kind.write, default, needed, "yes" if key.secret else "")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    sys.stderr.write(f"{PAGE.relative_to(ROOT)} is up to date\n")
