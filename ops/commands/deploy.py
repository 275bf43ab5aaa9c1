"""What happens in a deployment, in order?

settings → the place made ready (a droplet: cloud, connect, prepare) → release → ship → the engine's steps → verify
→ report. When the verification fails, the release before is brought back.
"""

from __future__ import annotations

from ops.commands.auto_rollback import auto_rollback
from ops.commands.engine_run import common_words, run_engine, switch_words
from ops.commands.verify import has_changed, judge_release
from ops.errors import VerificationError
from ops.release import revision
from ops.runs import Run
from ops.targets import Request, Target, typed_word


def deploy(request: Request, current: Run, target: Target) -> None:
    """Make the place ready, ship a release, have the engine bring it up, and verify it; raises OpsError."""
    target.make_ready(request, current)
    run_id = current.folder.run_id
    with current.step("release"):
        shipment = target.pack(f"{run_id}-{revision(target.root)}")
    current.origin = shipment.release.origin
    with current.step("ship"):
        shipped = target.host.ship(run_id, shipment.release, shipment.files)
    typed = typed_word(request)
    words = ("--release", shipped, *common_words(request, target.root), "--word", typed, *switch_words(request))
    run_engine(current, target, "deploy", words, typed=typed)
    try:
        judge_release(current, target)
    except VerificationError as failure:
        if not request.no_rollback and has_changed(current):
            auto_rollback(request, current, target, failure=failure)
        raise
