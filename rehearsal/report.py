"""How is a rehearsal told to the operator?"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rehearsal.world import DOMAIN, World


def table(laps: Iterable[Mapping[str, Any]]) -> str:
    """Return one line for each command: seconds, their share of the first one's, exit code, where its evidence lies."""
    known = list(laps)
    whole = known[0]["seconds"] if known else 0
    rows = []
    for lap in known:
        share = f"{lap['seconds'] / whole:4.0%}" if whole else "    "
        ended = "ok" if lap["exit_code"] == 0 else f"exit code {lap['exit_code']}"
        rows.append(f"  {lap['command']:<14} {lap['seconds']:>7.1f} s  {share}  {ended:<12} {lap['artifacts']}\n")
    return "".join(rows)


def look_around(world: World, *, checkout: Path) -> str:
    """Return the commands to look at what a kept rehearsal left up, and how to end it."""
    authority = world.environment["ACME_ROOT_PATH"]
    rows = [("the checkout", f"cd {shlex.quote(str(checkout))}"), ("the authority", authority)]
    for machine in world.parts.machines.all():
        to_site = ("--cacert", authority, "--resolve", f"{DOMAIN}:443:{machine.address}")
        unpinned = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
        rows += [
            ("the site", shlex.join(("curl", *to_site, f"https://{DOMAIN}/"))),
            ("the droplet", shlex.join(("ssh", "-i", str(world.ssh_key), *unpinned, f"deploy@{machine.address}"))),
            ("from behind", f"docker exec -it {machine.container} bash"),
        ]
    rows.append(("the end", "Ctrl-C, or elsewhere: invoke rehearse --end"))
    return "".join(f"  {title:<14} {text}\n" for title, text in rows)
