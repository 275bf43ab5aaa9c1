"""Which checks and chores are there? `nox -l` lists them; all run in the one `.venv` that scripts/check.sh makes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.4.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "unit", "schedules", "integration", "rehearsal"]

ROOT = Path(__file__).parent
TOOLS = Path(sys.executable).parent
CORES = os.cpu_count() or 2
SIDE_BY_SIDE = min(CORES + 1, 8)  # tests against real components wait for a third of their time
FIRST_DOTS = "the first dots take a minute or two; the first time here some more, for what is installed and built"
PICTURED = ("rolling", "rolling-droplet", "peers")
EXAMPLES = (".env.example", ".env.prod.example")
# Where nobody answers: for what asks Django about its code alone.
NOWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
TYPED = ("ops", "api", "django", "rehearsal", "tests", "scripts", "tasks.py", "noxfile.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, imports, shell and PowerShell scripts, and the Compose file."""
    run(session, "ruff", "check", *session.posargs)
    run(session, "ruff", "format", "--check")
    run(session, "lint-imports", "--no-cache", "--no-logo", env={"PYTHONPATH": os.pathsep.join((".", "django"))})
    scripts = sorted((*ROOT.glob("scripts/*.sh"), *ROOT.glob("ops/**/*.sh")))
    shell = [str(path.relative_to(ROOT)) for path in scripts]
    run(session, "shellcheck", "--external-sources", *shell, ".ci/run")
    check_powershell(session)
    for example in EXAMPLES:
        run(session, "docker-compose", "--env-file", example, "-f", "docker-compose.yml", "config", "--quiet")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    where = {**example_settings(), "PYTHONPATH": "django"}  # the Django plugin imports config.settings
    run(session, "mypy", *(session.posargs or [path for path in TYPED if (ROOT / path).exists()]), env=where)
    for entrypoint in sorted(ROOT.glob("*/entrypoint.py")):  # programs of their own, in folders named like packages
        run(session, "mypy", "--no-explicit-package-bases", str(entrypoint.relative_to(ROOT)), env=where)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests that need nothing but Python."""
    test(session, "tests/unit", workers=CORES)


@nox.session
def schedules(session: nox.Session) -> None:
    """Play thousands of lives of a host in memory in which anything fails at any moment."""
    test(session, "tests/schedules", workers=CORES)


@nox.session
def integration(session: nox.Session) -> None:
    """Run the tests against real components on this machine."""
    session.log(FIRST_DOTS)
    test(session, "tests/integration", workers=SIDE_BY_SIDE)


@nox.session
def rehearsal(session: nox.Session) -> None:
    """Run the tests that deploy to a droplet in a container; they need a Docker Engine."""
    missing = missing_engine()
    if missing and os.environ.get("REHEARSAL") == "required":
        session.error(f"the rehearsal is required, but there is {missing}")
    if missing:
        session.skip(missing)
    session.log(FIRST_DOTS)
    test(session, "tests/rehearsal", workers=SIDE_BY_SIDE)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure a local deploy, `-- droplet` one to a droplet, `-- first-answers` what follows; PICTURED under load."""
    what, *options = session.posargs or ["local-stack"]
    session.run(sys.executable, "-m", f"tests.bench.{what.replace('-', '_')}", *options)
    if what in PICTURED:
        session.notify("pictures", [what])


@nox.session
def soak(session: nox.Session) -> None:
    """Play seeded cases for a night: requests over deploys, kills, power cuts, races, tasks, a cloud in chaos."""
    session.run(sys.executable, "-m", "tests.soak", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def pictures(session: nox.Session) -> None:
    """Draw what a measurement under load kept, for docs/images/; installs requirements/bench.txt for itself."""
    session.install("--require-hashes", "-r", "requirements/bench.txt")
    session.run("python", "-m", "tests.bench.picture", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def mutants(session: nox.Session) -> None:
    """Try wrong lines in a copy: those of tests/mutants, or with `-- --sample 150` some that a tool thinks of."""
    words = ["tests.mutants"]
    if any(word.startswith("--sample") for word in session.posargs):
        session.install("--require-hashes", "-r", "requirements/mutants.txt")
        words = ["tests.mutants.sampled", "--tool", str(Path(session.bin) / "cosmic-ray")]
    session.run(sys.executable, "-m", *words, *session.posargs, external=True)


@nox.session
def lock(session: nox.Session) -> None:
    """Renew requirements/*.txt from pyproject.toml."""
    session.run(sys.executable, "scripts/locks.py", *session.posargs)


@nox.session
def examples(session: nox.Session) -> None:
    """Write .env.example and .env.prod.example from the settings schema."""
    session.run(sys.executable, "-m", "ops.settings", "--write", *session.posargs)


@nox.session
def stack(session: nox.Session) -> None:
    """Write the tables of docs/STACK.md from docker-compose.yml and the settings schema."""
    session.run(sys.executable, "scripts/stack_tables.py", *session.posargs)


@nox.session
def traceability(session: nox.Session) -> None:
    """Write docs/traceability.md from the tests' req marks."""
    session.run(sys.executable, "scripts/traceability.py", *session.posargs)


@nox.session
def timings(session: nox.Session) -> None:
    """Write how long the checks took here into CONTRIBUTING.md and tests/timings.json."""
    session.run(sys.executable, "scripts/timings.py", *session.posargs)


@nox.session
def migrations(session: nox.Session) -> None:
    """Write a migration of what changed in Django's models; needs neither a database nor a `.env`."""
    environment = {**example_settings(), **NOWHERE}
    command = (sys.executable, "-W", "ignore::RuntimeWarning", "django/manage.py", "makemigrations")
    session.run(*command, *(session.posargs or ["signups"]), env=environment)


@nox.session
def api_types(session: nox.Session) -> None:
    """Write react-app/openapi.json as the API is now, and with npm the types of the front-end."""
    document = subprocess.run((sys.executable, "-m", "api.openapi"), stdout=subprocess.PIPE, cwd=ROOT, check=True)
    front_end = ROOT / "react-app"
    (front_end / "openapi.json").write_bytes(document.stdout)
    npm = shutil.which("npm")
    if npm is None:
        session.error("react-app/openapi.json is written; for the types install Node.js 20 or newer, then again")
    session.chdir(front_end)
    if not (front_end / "node_modules").exists():
        session.run(npm, "ci", external=True)
    session.run(npm, "run", "api-types", external=True)


def example_settings() -> dict[str, str]:
    """Return the settings of the example for development."""
    import dotenv  # noqa: PLC0415 - the other sessions and `nox -l` do without

    return {key: value or "" for key, value in dotenv.dotenv_values(ROOT / EXAMPLES[0]).items()}


def check_powershell(session: nox.Session) -> None:
    """Fail the session when a PowerShell script does not parse."""
    import tree_sitter  # noqa: PLC0415 - the other sessions and `nox -l` do without
    import tree_sitter_powershell  # noqa: PLC0415 - the same

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    wrong = [
        path.name for path in sorted(ROOT.glob("scripts/*.ps1")) if parser.parse(path.read_bytes()).root_node.has_error
    ]
    if wrong:
        session.error(f"PowerShell cannot parse {', '.join(wrong)}")


def run(session: nox.Session, tool: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a tool of this environment, whatever else is on the PATH."""
    session.run(str(TOOLS / tool), *arguments, env=env)


def test(session: nox.Session, *folders: str, workers: int) -> None:
    """Run pytest on folders with that many workers; or in one, on what the command line names instead."""
    side_by_side = ("-n", str(workers))
    words = session.posargs or [*side_by_side, *folders]
    env = None if session.posargs else {"SLIPWAY_CHECK": session.name}  # tests/timings.py keeps the figures of a whole
    session.run(sys.executable, "-m", "pytest", *words, env=env)


def missing_engine() -> str:
    """Say what keeps the rehearsal from running here; empty when nothing does."""
    asked = (sys.executable, "-m", "tests.components", "rehearsal")
    answer = subprocess.run(asked, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    return (answer.stdout.strip() or "what this machine has cannot be told") if answer.returncode else ""
