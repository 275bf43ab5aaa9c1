from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.engine.host import receive as receiver
from ops.engine.model import Edge, Image, Release, Service
from ops.errors import HostError
from ops.targets.droplet.upload import HostFile, blob, missing_blobs, packed

CONTENTS = [f"content {number}\n".encode() * 200 for number in range(5)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def shipment(run_id: str = "run-1") -> list[HostFile]:
    blobs = [HostFile(path=f"blobs/{digest(content)}", content=content, mode=0o644) for content in CONTENTS]
    release = json.dumps([digest(content) for content in CONTENTS]).encode()
    return [*blobs, HostFile(path=f"runs/{run_id}/release.json", content=release)]


def stream(files: list[HostFile]) -> bytes:
    return b"".join(packed(iter(files)))


def receive(root: Path, data: bytes) -> dict[str, object]:
    return receiver.receive(root, io.BytesIO(data))


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_everything_that_was_sent_arrives(tmp_path: Path) -> None:
    assert receive(tmp_path / "slipway", stream(shipment())) == {"received": 6}
    assert {(tmp_path / "slipway" / file.path).read_bytes() for file in shipment()} == {f.content for f in shipment()}


def test_only_root_reads_the_release_and_the_sources(tmp_path: Path) -> None:
    root = tmp_path / "slipway"
    receive(root, stream(shipment()))
    assert stat.S_IMODE((root / "runs/run-1/release.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((root / "runs").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "blobs").stat().st_mode) == 0o700
    assert stat.S_IMODE(root.stat().st_mode) == 0o711


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.5, 0.9])
def test_a_stream_that_was_cut_leaves_nothing_and_the_next_one_works(tmp_path: Path, part: float) -> None:
    whole = stream(shipment())
    with pytest.raises((EOFError, OSError, tarfile.TarError, receiver.UploadRefusedError)):
        receive(tmp_path, whole[: int(len(whole) * part)])
    assert names(tmp_path) == set()
    assert receive(tmp_path, whole) == {"received": 6}


def test_a_stream_that_ends_between_two_files_is_not_taken_for_whole(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|gz") as archive:
        archive.addfile(tarfile.TarInfo("engine.pyz"))
    with pytest.raises(receiver.UploadRefusedError, match="before its last file"):
        receive(tmp_path, buffer.getvalue())
    assert names(tmp_path) == set()


def test_a_source_file_with_another_content_is_refused_as_a_whole(tmp_path: Path) -> None:
    wrong = HostFile(path=f"blobs/{digest(b'one')}", content=b"another")
    with pytest.raises(receiver.UploadRefusedError, match="another content"):
        receive(tmp_path, stream([*shipment(), wrong]))
    assert names(tmp_path) == set()


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "blobs/../../outside"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    root = tmp_path / "slipway"
    with pytest.raises(receiver.UploadRefusedError, match="outside"):
        receive(root, stream([HostFile(path=path, content=b"x")]))
    assert names(tmp_path) == set()


def test_a_file_that_is_there_already_keeps_its_age(tmp_path: Path) -> None:
    receive(tmp_path, stream(shipment()))
    file = tmp_path / "runs/run-1/release.json"
    os.utime(file, (1, 1))
    receive(tmp_path, stream(shipment()))
    assert file.stat().st_mtime == 1


def test_ten_runs_are_kept(tmp_path: Path) -> None:
    for number in range(13):
        receive(tmp_path, stream(shipment(f"run-{number:02}")))
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [f"run-{n:02}" for n in range(3, 13)]


def test_source_files_that_nothing_is_made_from_go_after_a_while(tmp_path: Path) -> None:
    receive(tmp_path, stream(shipment()))
    unused, young = tmp_path / "blobs" / digest(b"unused"), tmp_path / "blobs" / digest(b"young")
    for file in (unused, young):
        file.touch()
    for file in (unused, tmp_path / "blobs" / digest(CONTENTS[0])):
        os.utime(file, (1, 1))
    receive(tmp_path, stream(shipment("run-2")))
    assert not unused.exists()
    assert young.exists()
    assert (tmp_path / "blobs" / digest(CONTENTS[0])).exists()


def test_hello_tells_what_is_there(tmp_path: Path) -> None:
    assert receiver.hello(tmp_path / "nothing")["blobs"] == []
    receive(tmp_path, stream([*shipment(), HostFile(path="engine.pyz", content=b"program")]))
    said = receiver.hello(tmp_path)
    assert said["blobs"] == sorted(digest(content) for content in CONTENTS)
    assert said["engine"] == digest(b"program")
    assert (said["has_state"], said["boot"]) == (False, receiver.boot())
    assert said["free_mib"] > 0


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), "open"),
        (("UNCONFIRMED_LOGINS",), "open"),
        (("CLOSED_LOGINS",), "closed"),
        (("CLOSED_LOGINS", "UNCONFIRMED_LOGINS"), "unconfirmed"),
    ],
)
def test_hello_tells_whether_log_ins_are_closed_and_who_made_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], expected: str
) -> None:
    for name in ("CLOSED_LOGINS", "UNCONFIRMED_LOGINS", "FIRST_BOOT"):
        monkeypatch.setattr(receiver, name, tmp_path / name)
    for name in files:
        (tmp_path / name).touch()
    assert receiver.hello(tmp_path)["logins"] == expected
    assert receiver.hello(tmp_path)["made_here"] is False
    (tmp_path / "FIRST_BOOT").touch()
    assert receiver.hello(tmp_path)["made_here"] is True


def program(*words: str, stdin: bytes = b"") -> tuple[int, Any]:
    command = (sys.executable, "-c", Path(receiver.__file__).read_text(encoding="utf-8"), *words, "1")
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_the_program_stands_alone_and_says_what_it_could_not_take(tmp_path: Path) -> None:
    assert program("receive", str(tmp_path), stdin=stream(shipment())) == (0, {"received": 6})
    code, answer = program("receive", str(tmp_path), stdin=b"no archive")
    assert code == 6
    assert answer["error"]["what"] == "the host could not take what was sent"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this machine")
def test_a_full_disk_is_called_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        Path("/dev/full").write_bytes(b"x")

    monkeypatch.setattr(receiver, "_flush", full)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream(shipment()))))
    assert receiver.main("receive", tmp_path, reads=1) == 6
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "the host's disk is full"
    assert names(tmp_path) == set()


def release(files: dict[str, str]) -> Release:
    service = Service(name="api", image=Image(id="api-1", files=files), command=("true",), environment={})
    return Release(id="r1", source_dir="", services=(service,), edge=Edge(api_url="", dynamic_files={}))


def test_only_what_the_host_lacks_is_sent() -> None:
    made = release({"a.py": "aa", "b.py": "bb", "same.py": "aa"})
    assert missing_blobs(made, have=frozenset({"aa"})) == {"bb": "b.py"}
    assert missing_blobs(made, have=frozenset({"aa", "bb"})) == {}


def test_a_file_that_changed_since_the_release_was_made_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"new")
    with pytest.raises(HostError, match="changed while it was sent"):
        blob(tmp_path, "a.py", digest(b"old"))
    with pytest.raises(HostError, match="changed while it was sent"):
        blob(tmp_path, "gone.py", digest(b"old"))


def test_a_large_shipment_goes_out_in_pieces() -> None:
    def files() -> Iterator[HostFile]:
        for _ in range(8):
            content = os.urandom(100_000)
            yield HostFile(path=f"blobs/{digest(content)}", content=content)

    pieces = [len(piece) for piece in packed(files())]
    assert len(pieces) > 4
    assert max(pieces) < 250_000


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("found", "received"), [("1", True), ("2", False), ("¹", False)])
def test_nothing_is_taken_when_a_newer_slipway_has_been_here(found: str, received: bool, tmp_path: Path) -> None:  # noqa: FBT001
    (tmp_path / "format").write_text(found, encoding="utf-8")
    words = (sys.executable, str(receiver.__file__), "receive", str(tmp_path), "1")
    done = subprocess.run(words, input=stream(shipment()), capture_output=True, check=True)
    assert ("received" in json.loads(done.stdout)) is received
    assert (names(tmp_path) == {"format"}) is not received
