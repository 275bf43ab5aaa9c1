"""What can go wrong on a simulated host, and what does each fault do?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ops.engine.errors import EngineError

EffectFault = Literal["error before", "error after", "hang before", "hang after", "crash before", "crash after"]
WorldFault = Literal[
    "cancel",  # the operator's Ctrl-C
    "crash",  # the engine dies between two effects
    "look fails",  # the next look at the replicas is an error
    "die",  # a process ends and stays ended
    "die and return",  # a process ends and is started again
    "unready",  # a replica says that it is not ready
    "5xx",  # a replica says that it is ready, and answers every visitor with an error
    "edge dies",  # Traefik ends, and comes back a moment later
    "reboot",  # all that ran comes back, but the engine
    "reboot to nothing",  # nothing comes back
]
EFFECT_FAULTS: tuple[EffectFault, ...] = get_args(EffectFault)
WORLD_FAULTS: tuple[WorldFault, ...] = get_args(WorldFault)
HANG_S = 1000.0
AWAY_S = 1.0  # a process that ended is started again after that


class SimulatedCrashError(BaseException):
    """The engine died here; nothing of it runs any more."""


@dataclass(frozen=True)
class Fault:
    """Let the effect of this number fail, or let something happen that long after it.

    `pick` (0 to 1) chooses among the replicas it could happen to.
    """

    at: int
    kind: EffectFault | WorldFault
    delay_s: float = 0.0
    pick: float = 0.0


@dataclass
class Flaws:
    """What is wrong with services, by fingerprint, and with replicas, by name."""

    broken: set[str] = field(default_factory=set)  # fingerprints: never ready, or a job that fails
    failing: set[str] = field(default_factory=set)  # fingerprints and names: ready, but every answer is a 5xx
    lives_s: dict[str, float] = field(default_factory=dict)  # fingerprint -> how long its process lives
    breaking: set[str] = field(default_factory=set)  # fingerprints of jobs that the running release could not live with
    unready: set[str] = field(default_factory=set)  # names
    ready_after_s: float = 0.0  # how long each replica takes
    fits: dict[str, object] = field(default_factory=dict)  # what a new image of the database tells otherwise
    is_stubborn: bool = False  # a transaction in the database does not end
    harmed: set[str] = field(default_factory=set)  # names of replicas that something happened to, which was no run
    harmed_ports: dict[int, str] = field(default_factory=dict)  # where they listened, and nobody else does -> service
    idle_ports: set[int] = field(default_factory=set)  # of replicas that were stopped when they answered nobody

    def forget(self, name: str) -> None:
        """Forget a replica that is gone."""
        for names in (self.failing, self.unready, self.harmed):
            names.discard(name)

    def heal(self) -> None:
        """Let everything be well that still runs; what ended stays so."""
        for some in (self.broken, self.failing, self.lives_s, self.breaking, self.unready):
            some.clear()
        self.is_stubborn = False
        self.fits = {}


def fail(kind: str, name: str) -> None:
    """Stop an effect: as an error that the engine sees, or as a crash that unwinds without an undo, like SIGKILL."""
    if kind.startswith("crash"):
        raise SimulatedCrashError(name)
    reason = "it did not end in time" if kind.startswith("hang") else "the simulation asked for it"
    raise EngineError(f"a fault at `{name}`", why=reason, fix="deploy again")
