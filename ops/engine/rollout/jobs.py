"""The jobs of a release: which are due, and how one runs."""

from __future__ import annotations

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.model import Service
from ops.engine.rollout.context import Engine, Goal
from ops.redact import last_lines

JOB_TIMEOUT_S = 900.0
KEPT_OUTPUT = 20_000


def due_jobs(engine: Engine, goal: Goal) -> list[Service]:
    """Return the jobs that this data has not seen, in order."""
    done = engine.store.read().jobs
    return [job for job in service_roles.jobs(goal.release) if done.get(job.name) != job.fingerprint]


def due_dry_run(engine: Engine, goal: Goal) -> Service | None:
    """Return the job that tries an order of certificates, if it is due; no release that comes back needs it again."""
    due = () if goal.order.is_return else due_jobs(engine, goal)
    return next((job for job in due if job.touches == "certificates"), None)


def run_job(engine: Engine, job: Service, *, step: str = "migrate") -> None:
    """Run a job; EngineError with its last lines when it fails."""
    began = engine.waiter.now()
    engine.say(step)(f"running {job.name}")
    code, output = engine.runtime.run_once(job, job.command, timeout_s=JOB_TIMEOUT_S)
    seconds = round(engine.waiter.now() - began, 3)
    engine.journal.write(
        "job", name=job.name, exit_code=code, output=engine.journal.redacted(output)[-KEPT_OUTPUT:], seconds=seconds
    )
    if code != 0:
        raise EngineError(
            f"the job {job.name} failed",
            why=f"it ended with exit code {code}; its last lines:\n  "
            + "\n  ".join(last_lines(output, 20).splitlines()),
            fix="invoke deploy",
        )


def forget_files(engine: Engine, job: Service) -> None:
    """Before a job makes files anew: remember that those of the last one are gone, even if this is cut."""
    state = engine.store.read()
    if job.touches == "files" and job.name in state.jobs:
        engine.store.write(state.without_job(job.name))


def note_done(engine: Engine, job: Service) -> None:
    """Remember that this data has seen a job."""
    engine.store.write(engine.store.read().with_job(job.name, job.fingerprint))
