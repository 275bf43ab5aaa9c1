"""Is a run `partial` only when nothing is known to be wrong, and something could not be looked at?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.verification.checks.check import Check, check
from ops.verification.observations import Observations, Port, Ran, Site
from ops.verification.verdict import (
    ALWAYS_KNOWN,
    OF_COMMANDS,
    OF_THE_HOST,
    OF_THIS_SIDE,
    conclusion,
    is_comparable,
    verdict_on,
    why_partial,
)
from tests.unit.ops.runs.evidence_fixtures import (
    CUT,
    DROPLET,
    SITE,
    blocked,
    cut,
    judged,
    on_droplet,
    sound,
    with_answer,
)


def sick(seen: Observations) -> Observations:
    """Return a stack with a replica that is not healthy."""
    return replace(seen, services=(replace(seen.services[0], healthy=False), *seen.services[1:]))


def failing(seen: Observations, name: str) -> Observations:
    """Return a stack in which a command ran and failed."""
    return replace(seen, commands={**seen.commands, name: Ran(exit_code=1, output="no")})


def refused_certificate(seen: Observations) -> Observations:
    """Return a site that takes connections, and shows a certificate that nobody accepts."""
    opened = replace(blocked(seen), outside=seen.outside)
    return replace(opened, answers={n: replace(one, error="certificate") for n, one in opened.answers.items()})


def without_https(seen: Observations) -> Observations:
    """Return a site that answers everywhere but on its home page."""
    return replace(seen, answers={**seen.answers, "home": replace(seen.answers["home"], status=502)})


@pytest.mark.req("A-07")
@pytest.mark.parametrize(
    ("seen", "site", "expected"),
    [
        (on_droplet(), DROPLET, "success"),
        (blocked(on_droplet()), DROPLET, "partial"),
        (cut(on_droplet()), DROPLET, "partial"),
        (blocked(sick(on_droplet())), DROPLET, "failed"),
        (blocked(failing(on_droplet(), "schema-compat-check")), DROPLET, "failed"),
        (cut(without_https(on_droplet())), DROPLET, "failed"),
        (cut(failing(on_droplet(), "task-from-api")), DROPLET, "failed"),
        (cut(blocked(on_droplet())), DROPLET, "failed"),
        (blocked(cut(on_droplet())), DROPLET, "failed"),
        (refused_certificate(on_droplet()), DROPLET, "failed"),
        (sick(on_droplet()), DROPLET, "failed"),
        (without_https(on_droplet()), DROPLET, "failed"),
        (blocked(replace(on_droplet(), services=())), DROPLET, "failed"),
        (Observations(), DROPLET, "failed"),
        (sound(), SITE, "success"),
        (blocked(sound()), SITE, "failed"),
        (with_answer("home", status=502), SITE, "failed"),
    ],
)
def test_the_conclusion_follows_from_what_could_be_seen(seen: Observations, site: Site, expected: str) -> None:
    assert conclusion(judged(seen, site).values(), seen, site) == expected


@pytest.mark.req("A-07")
def test_ssh_that_is_cut_before_the_last_command_is_partial_too() -> None:
    seen = on_droplet()
    late = replace(seen, commands={**seen.commands, **{name: Ran(error=CUT) for name in OF_COMMANDS}})
    assert conclusion(judged(late, DROPLET).values(), late, DROPLET) == "partial"
    assert CUT in why_partial(late, DROPLET)


@pytest.mark.req("A-07", "A-11")
@pytest.mark.parametrize(("check_id", "expected"), [("no-secret", "failed"), ("artifacts-complete", "partial")])
def test_of_the_folders_own_checks_only_completeness_may_fail_with_the_host(check_id: str, expected: str) -> None:
    seen = cut(on_droplet())
    checks = [*judged(seen, DROPLET).values(), check(check_id, "", ["missing"], detail="")]
    assert conclusion(checks, seen, DROPLET) == expected


def test_every_check_that_the_sets_name_exists() -> None:
    known = {*judged(on_droplet(), DROPLET), "no-secret", "artifacts-complete"}
    assert known >= OF_THE_HOST | OF_COMMANDS | ALWAYS_KNOWN | OF_THIS_SIDE


@pytest.mark.req("A-07")
def test_the_warning_says_what_could_not_be_looked_at() -> None:
    assert "192.0.2.7 answers neither on 443 nor on 80" in why_partial(blocked(on_droplet()), DROPLET)
    assert why_partial(cut(on_droplet()), DROPLET).endswith(f"its host could not be asked ({CUT})")


@pytest.mark.req("A-14")
def test_an_open_port_is_a_fault_even_where_the_site_itself_is_blocked() -> None:
    seen = blocked(on_droplet())
    leaking = replace(seen, outside=(*seen.outside, Port(host=DROPLET.address, port=5432, is_open=True)))
    assert conclusion(judged(leaking, DROPLET).values(), leaking, DROPLET) == "failed"


def test_one_known_fault_is_enough_to_fail() -> None:
    seen = blocked(on_droplet())
    fault = Check(id="no-secret", title="", ok=False, detail="")
    assert conclusion([*judged(seen, DROPLET).values(), fault], seen, DROPLET) == "failed"


HOME = frozenset({"home-page"})
SERVICES = frozenset({"services-healthy"})
HOME_IS_BROKEN = without_https(on_droplet())


@pytest.mark.req("B-02")
@pytest.mark.parametrize(
    ("seen", "before", "is_released", "undo", "elsewhere"),
    [
        (on_droplet(), None, True, False, False),
        (HOME_IS_BROKEN, None, True, True, False),  # nobody could ask the release before
        (HOME_IS_BROKEN, frozenset(), True, True, False),
        (HOME_IS_BROKEN, SERVICES, True, True, False),  # something else failed then
        (HOME_IS_BROKEN, HOME, True, False, True),
        (HOME_IS_BROKEN, HOME | SERVICES, True, False, True),
        (sick(HOME_IS_BROKEN), HOME, True, True, False),  # one as before, one is new
        (HOME_IS_BROKEN, frozenset(), False, False, False),  # the engine released nothing
        (HOME_IS_BROKEN, HOME, False, False, True),
        (blocked(on_droplet()), frozenset(), True, False, False),  # nothing is known of what a network hides
        (cut(on_droplet()), frozenset(), True, False, False),
        (cut(blocked(on_droplet())), frozenset(), True, False, False),  # nor of a host that is away
        (blocked(sick(on_droplet())), frozenset(), True, True, False),
    ],
)
def test_a_release_is_to_blame_for_what_fails_now_and_did_not_fail_before_it(
    seen: Observations, before: frozenset[str] | None, *, is_released: bool, undo: bool, elsewhere: bool
) -> None:
    checks = judged(seen, DROPLET).values()
    found = verdict_on(checks, seen, DROPLET, before=before, is_released=is_released)
    assert (found.undo, found.lies_elsewhere) == (undo, elsewhere)


@pytest.mark.req("D-01")
@pytest.mark.parametrize("check_id", sorted(OF_THIS_SIDE))
def test_the_files_of_this_side_are_no_reason_to_undo(check_id: str) -> None:
    fault = Check(id=check_id, title="", ok=False, detail="")
    assert not verdict_on([fault], sound(), SITE, before=frozenset(), is_released=True).undo


@pytest.mark.req("B-02")
@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (SITE, True),
        (replace(SITE, domain="moved.example"), False),
        (replace(SITE, https_port=9443), False),
        (replace(SITE, graphql=True), False),
        (replace(SITE, exposed=("flower",)), False),
        (replace(SITE, rate_limit_burst=7, environment="production"), True),
    ],
)
def test_a_release_is_compared_with_one_that_was_to_answer_the_same(site: Site, *, expected: bool) -> None:
    assert is_comparable(sound(), site) is expected


def test_a_traefik_that_does_not_say_what_it_served_is_compared_all_the_same() -> None:
    assert is_comparable(with_answer("rawdata", error="refused", body_head=""), SITE)
