"""What does the fake cloud look like from a terminal?

`python -m rehearsal.cloud --domain example.org` runs it until Ctrl-C, with machines that are only written down. The
token that it accepts is FAKE_CLOUD_TOKEN of the environment.
"""

from __future__ import annotations

import argparse
import contextlib
import os

from ops import screen
from ops.engine.interrupts import hear_interrupts
from rehearsal.alone import wait_until_interrupted
from rehearsal.cloud import FakeCloud, FakeDns, MemoryMachines


def main() -> None:
    """Run the fake API and its name server."""
    hear_interrupts()
    parser = argparse.ArgumentParser(prog="python -m rehearsal.cloud", description="DigitalOcean's API, faked.")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--dns-port", type=int, default=8953)
    parser.add_argument("--domain", action="append", default=[], help="a zone that the account has")
    asked = parser.parse_args()
    token = os.environ.get("FAKE_CLOUD_TOKEN", "fake-cloud-token")
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as open_now:
        fake = FakeCloud(
            MemoryMachines(), tokens=(token,), domains=tuple(asked.domain), address=("127.0.0.1", asked.port), boot_s=1
        )
        open_now.enter_context(fake)
        names = open_now.enter_context(FakeDns(fake.account, address=("127.0.0.1", asked.dns_port)))
        screen.data(f"DIGITALOCEAN_API_URL={fake.url}\nDNS_SERVER={names.host}:{names.port}")
        screen.data(f"ADDRESS_LOOKUP_URL={fake.url}/whoami")
        wait_until_interrupted()


if __name__ == "__main__":
    main()
