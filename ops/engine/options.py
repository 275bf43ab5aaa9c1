"""The parser of the engine's command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from ops.engine.runtimes import RUNTIMES

OUTCOMES = ("success", "partial", "rolled_back", "failed")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the engine's command line."""
    made = argparse.ArgumentParser(prog="engine.pyz", description="Bring a release up on this host, or undo it.")
    verbs = made.add_subparsers(dest="verb", required=True)
    _deploy(_verb(verbs, "deploy", "bring a release up; prints the journal"))
    _rollback(_verb(verbs, "rollback", "bring an earlier release back; prints the journal"))
    _scale(_verb(verbs, "scale", "run the live release with other numbers of replicas; prints the journal"))
    history = _verb(verbs, "history", "print the last runs, and the releases that can be gone back to")
    history.add_argument("--lines", type=int, default=20, metavar="N", help="the last N runs")
    _concluding(_verb(verbs, "conclude", "note how a run ended with its verification"))
    _release(_verb(verbs, "plan", "print what a deploy would change"))
    status = _verb(verbs, "status", "print what runs")
    status.add_argument("--no-health", action="store_true", help="do not run health checks")
    seen = _verb(verbs, "examine", "print all that a verification wants to know")
    seen.add_argument("--log-lines", type=int, default=300, metavar="N", help="the last N lines of each log")
    asked = _verb(verbs, "ask", "ask the public side from here, and print what it answers")
    asked.add_argument("--at", required=True, metavar="ADDRESS:PORT", help="where the edge listens")
    asked.add_argument("--limit", type=float, default=5.0, metavar="S", help="seconds that an answer may take")
    asked.add_argument("--questions", default="[]", metavar="JSON", help="a list of [method, url]")
    asked.add_argument("--burst", default="", metavar="URL", help="ask for it until the first 429 ...")
    asked.add_argument("--most", type=int, default=0, metavar="N", help="... or so many times")
    journal = _verb(verbs, "follow", "print a run's journal until the run has finished")
    journal.add_argument("--run-id", required=True, help="the name of the run")
    journal.add_argument("--after", type=int, default=0, metavar="BYTES", help="how much of it is known already")
    _run(_verb(verbs, "run", "run a command in the image and environment of a live service"))
    _logs(_verb(verbs, "logs", "print what the services wrote, by time"))
    down = _verb(verbs, "down", "stop everything")
    down.add_argument("--volumes", action="store_true", help="delete the data too")
    _waiting(down)
    _verb(verbs, "routes", "print what Traefik reports")
    _verb(verbs, "order-certificate", "let Traefik order a certificate that it did not get")
    return made


def _verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.add_argument("--root", type=Path, required=True, help="the folder with everything the engine keeps")
    verb.add_argument("--runtime", choices=sorted(RUNTIMES), default="processes", help="how replicas run here")
    return verb


def _release(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--release", type=Path, required=True, help="the release as JSON")


def _waiting(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--lock-wait", type=float, default=30.0, metavar="S", help="seconds to wait for another run")


def _deploy(verb: argparse.ArgumentParser) -> None:
    _release(verb)
    _order(verb)
    verb.add_argument("--word", choices=("deploy", "update"), default="deploy", help="what the operator typed")
    verb.add_argument("--allow-breaking-migration", action="store_true", help="migrate although old code may break")
    verb.add_argument("--skip-dump", action="store_true", help="migrate without a dump of the database")
    verb.add_argument("--compare", action="store_true", help="touch nothing while the live release is being asked")


def _rollback(verb: argparse.ArgumentParser) -> None:
    _order(verb)
    verb.add_argument("--to", default="", metavar="RELEASE", help="this one instead of the one before")
    verb.add_argument("--only-from", default="", metavar="RELEASE", help="only while this one is live")
    verb.set_defaults(word="rollback")


def _scale(verb: argparse.ArgumentParser) -> None:
    _order(verb)
    verb.add_argument("--count", action="append", default=[], metavar="SERVICE=N", help="may be repeated")
    verb.add_argument("--reset", action="store_true", help="forget what was asked for before")
    verb.set_defaults(word="scale")


def _order(verb: argparse.ArgumentParser) -> None:
    _waiting(verb)
    verb.add_argument("--run-id", required=True, help="the name of the run; its journal is runs/<id>/journal.jsonl")
    verb.add_argument("--by", default="", metavar="WHO", help="who asked for it, for the history")
    verb.add_argument("--allow-interruption", action="store_true", help="replace also what cannot run twice")


def _concluding(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--run-id", required=True, help="the name of the run")
    verb.add_argument("--outcome", required=True, choices=OUTCOMES, help="how it ended")
    verb.add_argument("--finding", default="", metavar="TEXT", help="what was wrong")


def _run(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--service", required=True, help="a service of the live release")
    verb.add_argument("--timeout", type=float, default=300.0, metavar="S", help="seconds until it is stopped")
    verb.add_argument("command", nargs="+", metavar="-- COMMAND", help="what to run")


def _logs(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--service", action="append", help="only this service; may be repeated")
    verb.add_argument("--since", default="", metavar="SPAN", help="only lines younger than 90s, 10m, 2h, 1d")
    verb.add_argument("--grep", default="", metavar="TEXT", help="only lines with this text")
    verb.add_argument("--follow", action="store_true", help="go on with new lines")
    verb.add_argument("--lines", type=int, default=200, metavar="N", help="the last N lines")
    verb.add_argument("--json", action="store_true", help="one JSON object a line")
