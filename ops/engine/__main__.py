"""The entrance of the engine: to work, or to become one replica's process."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Do what the words say and return the exit code."""
    if arguments[:1] == ["exec"]:  # the launcher of a replica: it must not pay for the rest
        from ops.engine.processes import launch  # noqa: PLC0415 - see above

        return launch.main(arguments[1:])
    if arguments[:1] == ["hold"]:  # it lives for as long as the stack
        from ops.engine.processes import socket_holder  # noqa: PLC0415 - see above

        return socket_holder.main(arguments[1:])
    from ops import screen  # noqa: PLC0415 - see above
    from ops.engine import cli  # noqa: PLC0415 - see above
    from ops.engine.interrupts import hear_interrupts  # noqa: PLC0415 - see above

    hear_interrupts()
    screen.install(encoding="utf-8")  # the other side reads UTF-8, whatever the language of this host
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
