"""Whether the image that shall serve the data fits it: asked of the image itself, before anything is touched.

A PostgreSQL of another major version cannot read the files. One that sorts text by another version of the C library
reads them, and finds nothing where its text indexes are sorted otherwise: silently, so it must not serve.
"""

from __future__ import annotations

import json
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.model import Service
from ops.engine.rollout.context import Engine
from ops.redact import last_lines

FITS_TIMEOUT_S = 120.0
KEEP = "put an image that fits into docker-compose.yml, then invoke deploy"


def refuse_misfit(engine: Engine, old: Service, new: Service, *, step: str) -> None:
    """Raise EngineError when the new image does not fit the data; an unchanged image is not asked."""
    if not new.fits or old.image.id == new.image.id:
        return
    engine.say(step)(f"asking the new image of {new.name} whether it fits the data")
    code, output = engine.runtime.run_once(new, new.fits, timeout_s=FITS_TIMEOUT_S)
    told = _told(new, code, output)
    found, brings = told["found"].split(), told["brings"]
    if others := [version for version in found if version != brings]:
        raise EngineError(
            f"{new.name} was not replaced: its data is of version {', '.join(others)}, and the image brings {brings}",
            why="another major version cannot read these files, or would begin with an empty database beside them",
            fix=KEEP,
        )
    if wrong := {name: version for name, version in told["databases"].items() if version != told["libc"]}:
        sorted_by = ", ".join(f"{name} by {version}" for name, version in wrong.items())
        raise EngineError(
            f"{new.name} was not replaced: the image sorts text by another version of the C library, {told['libc']}",
            why=f"{sorted_by}. Text indexes would silently be wrong; whoever takes the image all the same, has to run"
            " `REINDEX DATABASE` and `ALTER DATABASE … REFRESH COLLATION VERSION` on a copy first",
            fix=KEEP,
        )


def _told(service: Service, code: int, output: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((output.strip().splitlines() or [""])[-1])
        if code == 0:
            databases = {str(one["name"]): str(one["version"]) for one in told["databases"]}
            return {**{key: str(told[key]) for key in ("found", "brings", "libc")}, "databases": databases}
        why = f"it ended with exit code {code}"
    except (ValueError, KeyError, TypeError) as error:
        why = str(error)
    lines = "\n  ".join(last_lines(output, 20).splitlines())
    raise EngineError(
        f"{service.name} was not replaced: it cannot be told whether its image fits the data",
        why=f"{why}; its last lines:\n  {lines}",
        fix="invoke deploy",
    )
