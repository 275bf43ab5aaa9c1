"""The engine as one file that runs where the services run."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

ENGINE = Path(__file__).parent
BESIDE = ("__init__.py", "screen.py", "redact/*.py")  # what the engine needs of the operator's side
MAIN = "import sys\nfrom ops.engine.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same sources make the same bytes, whenever they are packed


def pack(target: Path) -> Path:
    """Put the engine in one file, by rename and only when its content differs, and return the file."""
    content = packed()
    if target.exists() and target.read_bytes() == content:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def packed() -> bytes:
    """Return the engine as the bytes of a zip file that Python runs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_sources().items()):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _sources() -> dict[str, bytes]:
    files = [path for path in ENGINE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    package = {f"ops/engine/{path.relative_to(ENGINE).as_posix()}": path.read_bytes() for path in files}
    outside = [path for pattern in BESIDE for path in ENGINE.parent.glob(pattern)]
    beside = {f"ops/{path.relative_to(ENGINE.parent).as_posix()}": path.read_bytes() for path in outside}
    return {**package, **beside, "__main__.py": MAIN.encode()}
