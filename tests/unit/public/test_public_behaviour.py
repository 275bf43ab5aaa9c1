"""What people type, read and parse stays as it is, wherever the code behind it stands.

The files in `kept/` are what users rely on. Who changes one on purpose renews it with `SLIPWAY_KEEP=1 pytest
tests/unit/public` and says so in CHANGELOG.md; the schemas in `kept/json/` are edited by hand.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from invoke.loader import FilesystemLoader
from invoke.tasks import Task

from tests.background import IN_THE_BACKGROUND
from tests.unit.public.checkouts import LIMIT_S, ROOT, Checkouts, Command, Typed, checkouts_in
from tests.unit.public.schemas import faults
from tests.unit.public.small_cloud import HOLDING, NONSENSE, SILENT

KEPT = Path(__file__).resolve().parent / "kept"
LOCAL, DROPLET = ".env.example", ".env.prod.example"
# All words in one process: what invoke prints is the same, and starting it takes half a second.
HELP = """
import sys
from invoke.main import program
for words in sys.argv[1:]:
    program.run(["invoke", *words.split()], exit=False)
    print("\\0", end="", flush=True)
"""
RUNS = {
    "full": Command(words="invoke deploy --json"),
    "update": Command(words="invoke update --json"),
    "rollback": Command(words="invoke rollback --target local --json", example=LOCAL),
    "scale": Command(words="invoke scale api=2 --target local --json", example=LOCAL),
    "verify": Command(words="invoke verify --target local --no-timestamp --json", example=LOCAL),
}
# These may come to say more or say it better; what they refuse, and by which exit code, stays.
LOOSE = {
    "deplyo": (1, Command(words="invoke deplyo")),
    "--moon": (1, Command(words="invoke deploy --moon")),
    "LOG_LEVEL": (3, Command(words="invoke status --target local", example=LOCAL, settings={"LOG_LEVEL": "LOUD"})),
    "api=1000": (2, Command(words="invoke scale api=1000 --target local", example=LOCAL)),
    "LOCAL_HTTPS_PORT": (4, Command(words="invoke deploy --target local")),
}
REFUSALS = {
    "no-such-target": Command(words="invoke status --target moon"),
    "others-may-read-env": Command(words="invoke history --target local", example=LOCAL, mode=0o644),
    "nothing-is-deployed": Command(words="invoke logs --target local --json", example=LOCAL),
    "nothing-to-stop": Command(words="invoke down --target local --json", example=LOCAL),
    "cloud-talks-nonsense": Command(words="invoke destroy", example=DROPLET, settings={"DIGITALOCEAN_TOKEN": NONSENSE}),
    "cannot-ask": Command(words="invoke destroy --json", example=DROPLET, settings={"DIGITALOCEAN_TOKEN": HOLDING}),
    "two-modes": Command(words="scripts/deploy.sh --full --update-only"),
}
INTERRUPTED = Command(words="invoke destroy", example=DROPLET, settings={"DIGITALOCEAN_TOKEN": SILENT})


def check_kept(name: str, seen: str) -> None:
    """Compare with a kept file; with SLIPWAY_KEEP, keep what is seen instead."""
    path = KEPT / name
    if os.environ.get("SLIPWAY_KEEP"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def words() -> list[str]:
    module, _ = FilesystemLoader(start=str(ROOT)).load("tasks")
    return sorted(one.name for one in vars(module).values() if isinstance(one, Task))


@pytest.fixture(scope="module")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkouts]:
    with checkouts_in(tmp_path_factory.mktemp("public")) as made:
        yield made


@pytest.fixture(scope="module")
def typed(checkouts: Checkouts) -> dict[str, Typed]:
    """Return what came of every command but the one that Ctrl-C ends."""
    loose = {name: command for name, (_, command) in LOOSE.items()}
    return checkouts.type_all({**RUNS, **loose, **REFUSALS})


def told(done: Typed) -> str:
    """Return what a command said and how it ended, without what differs from one machine to the next."""
    text = f"exit code {done.exit_code}\nstdout:\n{done.stdout}stderr:\n{done.stderr}"
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text.replace(str(done.root), "<checkout>"))


def test_the_help_of_every_word_is_as_it_was(words: list[str]) -> None:
    asked = ["--list", *(f"{word} --help" for word in words)]
    done = subprocess.run(
        (sys.executable, "-c", HELP, *asked),
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    for name, text in zip(["list", *words], done.stdout.split("\0"), strict=False):
        check_kept(f"help/{name}.txt", text)
    assert {path.stem for path in (KEPT / "help").iterdir()} == {"list", *words}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_the_words_and_the_exit_code_that_it_had(typed: dict[str, Typed], name: str) -> None:
    check_kept(f"refusals/{name}.txt", told(typed[name]))


@pytest.mark.parametrize("name", LOOSE)
def test_a_refusal_whose_words_may_change_names_what_it_refuses_and_has_its_exit_code(
    typed: dict[str, Typed], name: str
) -> None:
    done = typed[name]
    said = done.stdout + done.stderr
    assert (done.exit_code, name in said) == (LOOSE[name][0], True), said
    if done.exit_code != 1:  # 1 is invoke's own
        heads = re.findall(r"(?m)^(error|why|fix): ", said)
        assert heads == ["error", "why", "fix"], said


@pytest.mark.parametrize("by", [(), IN_THE_BACKGROUND], ids=["typed", "in-the-background"])
def test_ctrl_c_ends_with_130(checkouts: Checkouts, by: tuple[str, ...]) -> None:
    checkouts.cloud.asked.clear()
    with checkouts.start(f"interrupted-{len(by)}", INTERRUPTED, by=by) as process:
        is_asked = checkouts.cloud.asked.wait(timeout=LIMIT_S)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=LIMIT_S)
    assert (is_asked, process.returncode) == (True, 130), stderr


def test_each_family_of_errors_has_its_exit_code(words: list[str]) -> None:
    assert words, "the words bring the errors with them"
    loaded = [one for name, one in sys.modules.items() if name.partition(".")[0] == "ops"]
    errors = {each for one in loaded for name, each in vars(one).items() if name == "OpsError"}
    families = [family for error in errors for family in (error, *error.__subclasses__())]
    codes = {one.__name__: one.exit_code for one in families if one.__module__.startswith("ops.")}
    check_kept("exit-codes.json", json.dumps(codes, indent=1, sort_keys=True) + "\n")


@pytest.mark.req("A-13")
@pytest.mark.parametrize("mode", RUNS)
def test_a_run_prints_the_report_that_programs_parse_with_the_old_name_of_its_mode(
    typed: dict[str, Typed], mode: str
) -> None:
    report = json.loads(typed[mode].stdout)
    assert faults("report", report) == []
    assert (report["mode"], report["outcome"]) == (mode, "failed")
    error = {"exit_code": typed[mode].exit_code, **report["error"]}
    text = json.dumps(error, indent=1).replace(str(typed[mode].root), "<checkout>")
    check_kept(f"refusals/{mode}.json", text + "\n")


@pytest.mark.req("A-11", "A-10")
@pytest.mark.parametrize("mode", RUNS)
def test_a_run_leaves_the_artifacts_under_their_names_or_says_why_one_is_missing(
    typed: dict[str, Typed], mode: str
) -> None:
    [folder] = [path for path in (typed[mode].root / "local_run_logs").iterdir() if path.is_dir()]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    there, missing = {path.name for path in folder.iterdir()}, {one["name"] for one in manifest["missing"]}
    check_kept("artifacts.txt", "".join(f"{name}\n" for name in sorted(there | missing)))
    assert faults("manifest", manifest) == []
    assert there & missing == set()
    assert {one["name"] for one in manifest["files"]} == there - {"manifest.json"}
    assert all(one["why"] for one in manifest["missing"])
    assert re.fullmatch("latest" if mode == "verify" else r"\d{8}_\d{6}", folder.name)


@pytest.mark.req("A-13")
@pytest.mark.parametrize("mode", RUNS)
def test_report_json_is_what_was_printed(typed: dict[str, Typed], mode: str) -> None:
    printed = json.loads(typed[mode].stdout)
    written: Any = json.loads((Path(printed["artifact_path"]) / "report.json").read_text(encoding="utf-8"))
    assert written == printed


def test_destroy_prints_the_list_that_programs_parse(typed: dict[str, Typed]) -> None:
    assert faults("destroy", json.loads(typed["cannot-ask"].stdout)) == []


@pytest.mark.parametrize("example", [LOCAL, DROPLET])
def test_no_setting_of_an_example_disappears(example: str) -> None:
    text = (ROOT / example).read_text(encoding="utf-8")
    names = sorted(re.findall(r"(?m)^([A-Z][A-Z0-9_]*)=", text))
    path = KEPT / "settings" / f"{example.removeprefix('.')}.txt"
    if os.environ.get("SLIPWAY_KEEP"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    assert set(path.read_text(encoding="utf-8").split()) <= set(names)
