"""What happens in a deployment, in order?

settings → the place made ready (a droplet: cloud, connect, prepare) → release → ship → the engine's steps → verify
→ report. The release before is asked the same as the verification will ask, while the engine builds. When the
verification fails, and it did not fail then, the release before is brought back.
"""

from __future__ import annotations

from ops.commands.auto_rollback import auto_rollback
from ops.commands.before import LiveRelease
from ops.commands.engine_run import common_words, run_engine, switch_words
from ops.commands.verify import judge_release
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
    live = LiveRelease(target, run_id)
    run_engine(current, target, "deploy", (*words, "--compare"), typed=typed, heard=live.heard)
    current.before = live.answers()
    try:
        judge_release(current, target)
    except VerificationError as failure:
        auto_rollback(request, current, target, released=shipment.release.id, failure=failure)
        raise
