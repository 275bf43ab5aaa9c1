"""The engine as one file that runs where the services run."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import marshal
import os
import zipfile
import zlib
from pathlib import Path

ENGINE = Path(__file__).parent
BESIDE = ("__init__.py", "screen.py", "redact/*.py")  # what the engine needs of the operator's side
MAIN = "import sys\nfrom ops.engine.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same sources make the same bytes, whenever they are packed


def pack(target: Path) -> Path:
    """Put the engine in one file for this Python, by rename and only when its content differs, and return the file.

    It carries bytecode beside the sources, because it is started for every question: else each start compiles it.
    Another Python takes the sources.
    """
    sources = _sources()
    stamp = _stamp(sources)
    if _is_packed(target, stamp):
        return target
    bytecode = {f"{name}c": _compiled(name, source) for name, source in sources.items() if name.endswith(".py")}
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(_zipped({**sources, **bytecode}, comment=stamp))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def packed() -> bytes:
    """Return the engine as the bytes of a zip file that any Python runs, always the same for the same sources."""
    return _zipped(_sources())


def _zipped(files: dict[str, bytes], *, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _stamp(sources: dict[str, bytes]) -> bytes:
    """Return what tells a packed engine from that of other sources or of another Python; bytecode has many forms."""
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    for name, source in sorted(sources.items()):
        digest.update(f"{name} {len(source)} ".encode() + source)
    return digest.hexdigest().encode()


def _is_packed(target: Path, stamp: bytes) -> bool:
    """Tell whether the file is whole, and the one that would be made."""
    try:
        with zipfile.ZipFile(target) as archive:
            return archive.comment == stamp and archive.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error):
        return False


def _compiled(name: str, source: bytes) -> bytes:
    """Return the bytecode of a module as a file that is never compared with its source (PEP 552)."""
    code = compile(source, name, "exec", dont_inherit=True)
    unchecked = (0b01).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + marshal.dumps(code)


def _sources() -> dict[str, bytes]:
    files = [path for path in ENGINE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    package = {f"ops/engine/{path.relative_to(ENGINE).as_posix()}": path.read_bytes() for path in files}
    outside = [path for pattern in BESIDE for path in ENGINE.parent.glob(pattern)]
    beside = {f"ops/{path.relative_to(ENGINE.parent).as_posix()}": path.read_bytes() for path in outside}
    return {**package, **beside, "__main__.py": MAIN.encode()}
