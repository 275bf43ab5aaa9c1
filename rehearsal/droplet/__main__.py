"""How is one droplet had without a cloud?

`python -m rehearsal.droplet up NAME --public-key FILE [--user-data FILE]` prints its address as JSON;
`down NAME` removes it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ops import screen
from ops.errors import OpsError
from rehearsal.docker import KEPT, Owner, remove_leftovers, remove_owned_by, require_engine
from rehearsal.droplet.machine import start_machine
from rehearsal.network import create_network


def main(arguments: list[str]) -> int:
    """Start or remove a droplet on a network of its own; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        require_engine()
        remove_leftovers()
        if options.verb == "up":
            _up(options)
        else:
            remove_owned_by(_owner(options.name))
    except OpsError as error:
        screen.talk(str(error))
        return error.exit_code
    return 0


def _up(options: argparse.Namespace) -> None:
    owner = _owner(options.name)
    remove_owned_by(owner)
    network = create_network(f"slipway-{options.name}", owner=owner)
    machine = start_machine(
        options.name,
        network=network,
        owner=owner,
        public_keys=(options.public_key.read_text(encoding="utf-8").strip(),),
        user_data=options.user_data.read_text(encoding="utf-8") if options.user_data else "",
    )
    said = {"address": machine.address, "container": machine.container, "gateway": network.gateway}
    screen.data_json(said, indent=None)


def _owner(name: str) -> Owner:
    return Owner(name=f"{KEPT}-{name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.droplet", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start a droplet and print its address")
    up.add_argument("name")
    up.add_argument("--public-key", type=Path, required=True)
    up.add_argument("--user-data", type=Path)
    verbs.add_parser("down", help="remove it").add_argument("name")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
