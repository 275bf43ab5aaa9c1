"""The checks of the public side: pages, health, redirect, headers, rate limit, nothing private."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ops.verification.checks.check import Check, answer_of, check
from ops.verification.observations import Answer, Observations, Site
from ops.verification.rate_limit import RateLimit, served_limits

PERMANENT = (301, 308)
OK, NOT_FOUND, NOT_ALLOWED, TOO_MANY = 200, 404, 405, 429
CLOSED = (401, 403, 404)
LOCKED = (401, 403)  # without the password, or from an address that is not in the list
CLOSED_TO_ALL = (403, 404)  # what would need no password behind the lock
HSTS_LEAST_S = 15_552_000  # half a year: below that, browsers and auditors call it off
REFERRER_POLICIES = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
HEALTH = {"api-health": "GET", "api-health-head": "HEAD", "api-health-slash": "GET", "api-health-slash-head": "HEAD"}
HEADERS_OF = {
    "home": "the home page",
    "deep-link": "a deep link",
    "api-health": "`/api/health`",
    "api-not-found": "an API 404",
    "static-file": "a static file",
    "static-not-found": "a static 404",
    "rate-limited": "the 429",
}
# What only the page itself would contain; the front-end's own page may stand at the same path.
PRIVATE = {
    "admin": ("csrfmiddlewaretoken", "Django administration", "/static/admin/"),
    "flower": ("Flower", "celery"),
    "dashboard": ("Traefik", "dashboard"),
    "traefik-api": ('"routers"', '"entryPoints"'),
}


def pages(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge the home page, a deep link and a static file."""
    home, deep, static = (answer_of(seen, name) for name in ("home", "deep-link", "static-file"))
    yield _page("home-page", "The home page answers over HTTPS", home, hint=site.logs("react-app"))
    faults = [*_status(deep, OK), "" if deep.body_head == home.body_head else "it is not the page that `/` shows"]
    title = "A deep link of the front-end survives a reload"
    yield check("deep-link", title, faults, detail=_seen(deep), seconds=deep.seconds, hint=site.logs("react-app"))
    title, hint = "Static files come from nginx", site.logs("nginx-static")
    yield check("static-file", title, _status(static, OK), detail=_seen(static), seconds=static.seconds, hint=hint)


def health(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge `/api/health` with and without slash, GET and HEAD."""
    for name, method in HEALTH.items():
        answer = answer_of(seen, name)
        path = "/api/health/" if "slash" in name else "/api/health"
        body = _health_faults(answer) if method == "GET" and answer.status == OK else ()
        yield check(
            name,
            f"{method} `{path}` says healthy" if method == "GET" else f"{method} `{path}` answers",
            _faults_of_the_api(seen) if _is_limited(answer) else [*_status(answer, OK), *body],
            detail=_seen(answer),
            seconds=answer.seconds,
            hint=site.logs("api"),
        )


def redirect(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that HTTP only redirects to HTTPS, path and query kept."""
    for name, path in (("http-home", "/"), ("http-path", "/api/health?from=http")):
        answer = answer_of(seen, name)
        target = site.https + path
        location = answer.header("location")
        faults = [] if answer.status in PERMANENT else [f"{answer.summary} instead of a permanent redirect"]
        if answer.status in PERMANENT and location != target:
            faults.append(f"it leads to `{location}` instead of `{target}`")
        yield check(
            name,
            f"HTTP `{path.partition('?')[0]}` redirects to HTTPS",
            faults,
            detail=f"{answer.status} to {location}",
            seconds=answer.seconds,
            hint=site.logs("traefik"),
        )


def security_headers(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge the security headers on every kind of public route."""
    limited = seen.burst.refused or Answer(url="", error="there was no 429")
    for name, what in HEADERS_OF.items():
        answer = limited if name == "rate-limited" else answer_of(seen, name)
        faults = [answer.error] if answer.error else header_faults(answer)
        detail = "HSTS, nosniff, SAMEORIGIN, Referrer-Policy, CSP; no server version"
        if name == "rate-limited" and _is_not_tried(seen):
            faults, detail = [], f"no request had to be refused: {seen.burst.why or 'they were within the limit'}"
        if name.endswith("not-found") and not answer.error and not _is_limited(answer):
            faults += _status(answer, NOT_FOUND)
        yield check(
            f"headers-{name}",
            f"Security headers on {what}",
            faults,
            detail=detail,
            seconds=answer.seconds,
            hint=f"correct `security-headers` in traefik/dynamic/headers.yml, then {site.word('update')}",
        )


def header_faults(answer: Answer) -> list[str]:
    """Name every security header that is missing or too weak."""
    csp = answer.header("content-security-policy")
    age = re.search(r"max-age=(\d+)", answer.header("strict-transport-security"))
    hsts_s = int(age[1]) if age else 0
    expected = {
        "Strict-Transport-Security": hsts_s >= HSTS_LEAST_S,
        "X-Content-Type-Options": answer.header("x-content-type-options").lower() == "nosniff",
        "X-Frame-Options": answer.header("x-frame-options").upper() == "SAMEORIGIN",
        "Referrer-Policy": answer.header("referrer-policy").lower() in REFERRER_POLICIES,
        "Content-Security-Policy": bool(csp) and "unsafe-" not in csp,
    }
    faults = [f"`{name}` is {_shown(answer.header(name))}" for name, good in expected.items() if not good]
    leaks = [name for name in ("Server", "X-Powered-By") if re.search(r"\d", answer.header(name))]
    return faults + [f"`{name}: {answer.header(name)}` tells a version" for name in leaks]


def rate_limit(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge the limit that Traefik serves, and that the host met it in a burst that had to meet it."""
    burst, limits = seen.burst, _limits(seen)
    faults = [] if burst.refused or _is_behind(limits) else [_why_no_limit(seen)]
    faults += [f"no 429 in {burst.asked} requests within {burst.seconds:.1f} s"] if _is_due(seen) else []
    faults += [f"{burst.others} other answers, the first: {burst.other.summary}"] if burst.other else []
    faults += ["the 429 has no `Retry-After`"] if burst.refused and not burst.refused.header("retry-after") else []
    yield check(
        "rate-limit",
        "The API has a rate limit, and a burst meets it",
        faults,
        detail=_limit_words(seen),
        seconds=burst.refused.seconds if burst.refused else 0.0,
        hint=f"correct RATE_LIMIT_API_RPM and RATE_LIMIT_API_BURST in .env, then {site.word('update')}",
    )


def _limits(seen: Observations) -> dict[str, RateLimit | None]:
    try:
        return served_limits(answer_of(seen, "rawdata").body_head)
    except ValueError:
        return {}


def _is_behind(limits: Mapping[str, RateLimit | None]) -> bool:
    """Tell whether every public route of the API has a limit."""
    return bool(limits) and all(limits.values())


def _why_no_limit(seen: Observations) -> str:
    open_routes = sorted(name for name, limit in _limits(seen).items() if limit is None)
    if open_routes:
        return f"Traefik serves {', '.join(f'`{name}`' for name in open_routes)} without a limit"
    return answer_of(seen, "rawdata").error or "Traefik serves no route of the API"


def _is_due(seen: Observations) -> bool:
    """Tell whether more passed than the limit lets pass, and none was refused."""
    limit = next((one for one in _limits(seen).values() if one), None)
    burst = seen.burst
    return limit is not None and burst.refused is None and burst.asked > limit.lets_pass(burst.seconds)


def _is_not_tried(seen: Observations) -> bool:
    """Tell whether there is a limit, and no request that it had to refuse."""
    return seen.burst.refused is None and _is_behind(_limits(seen)) and not _is_due(seen)


def _limit_words(seen: Observations) -> str:
    limit = next((one for one in _limits(seen).values() if one), None)
    configured = limit.words if limit else "Traefik does not say which"
    if seen.burst.refused:
        return f"{configured}; 429 after {seen.burst.asked - 1} requests from the host"
    why = seen.burst.why or f"{seen.burst.asked} requests in {seen.burst.seconds:.1f} s were within it"
    return f"{configured}, by Traefik's configuration; {why}"


def private(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that admin, Flower and the dashboard are not public, by path or by host name; what is exposed is locked."""
    for name, marks in PRIVATE.items():
        asked = {route: answer for route, answer in seen.answers.items() if route.startswith(f"private-{name}")}
        faults = [_exposure(answer, marks, site) for answer in asked.values()]
        yield check(
            f"{name}-private",
            f"{name.replace('-', ' ').capitalize().replace('Traefik api', 'Traefik API')} is not public",
            faults or ["nobody asked"],
            detail=", ".join(f"{answer.url.partition('://')[2]}: {answer.summary}" for answer in asked.values()),
            seconds=max((answer.seconds for answer in asked.values()), default=0.0),
            hint=f"correct `routers` in traefik/dynamic/public.yml, then {site.word('update')}",
        )


def graphql(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that Django's GraphQL answers in public when that was asked for, and only then."""
    answer = answer_of(seen, "graphql")
    # To a GET: it takes POST alone, and has a rate limit; the front-end would show its page.
    is_there = answer.status in {NOT_ALLOWED, TOO_MANY}
    faults = [answer.error] if answer.error else []
    if is_there != site.graphql:
        faults += [f"EXPOSE_GRAPHQL is {str(site.graphql).lower()}, and a GET is answered with {answer.summary}"]
    yield check(
        "graphql-exposure",
        "GraphQL is public only when asked for",
        faults,
        detail="public" if is_there else "not public",
        seconds=answer.seconds,
        hint=f"set EXPOSE_GRAPHQL in .env to what is meant, then {site.word('update')}",
    )


def _exposure(answer: Answer, marks: tuple[str, ...], site: Site) -> str:
    asked = urlsplit(answer.url)
    if (asked.hostname or "").removesuffix(f".{site.domain}") in site.exposed:
        locked = LOCKED if asked.path == "/" else CLOSED_TO_ALL
        wanted = " or ".join(map(str, locked))
        return "" if answer.status in locked else f"`{answer.url}` answers {answer.summary} instead of {wanted}"
    if answer.error or answer.status in {*CLOSED, *PERMANENT, TOO_MANY}:
        return ""
    if any(mark in answer.body_head for mark in marks) or answer.status != OK:
        return f"`{answer.url}` answers {answer.status}"
    return ""


def _page(id: str, title: str, answer: Answer, *, hint: str) -> Check:  # noqa: A002 - the field's name
    faults = _status(answer, OK)
    if not faults and "text/html" not in answer.header("content-type"):
        faults = [f"it is `{answer.header('content-type')}`, not a page"]
    return check(id, title, faults, detail=_seen(answer), seconds=answer.seconds, hint=hint)


def _health_faults(answer: Answer) -> list[str]:
    try:
        status = json.loads(answer.body_head)["status"]
    except (ValueError, KeyError, TypeError):
        return ["the body is not the health document"]
    return [] if status == "healthy" else [f"it says `{status}`"]


def _is_limited(answer: Answer) -> bool:
    """Tell whether the rate limit met us from here and from the host: that is no verdict on what stands behind it."""
    return answer.status == TOO_MANY


def _faults_of_the_api(seen: Observations) -> list[str]:
    """Name what the host says of the API's replicas."""
    rows = [one for one in seen.services if one.service == "api"]
    faults = [f"429, and `{one.replica}` is {one.state}, not healthy" for one in rows if not one.healthy]
    return faults if rows else ["429, and the host does not say how `api` is"]


def _status(answer: Answer, wanted: int) -> list[str]:
    return [] if answer.status == wanted else [f"{answer.summary} instead of {wanted}"]


def _seen(answer: Answer) -> str:
    if _is_limited(answer):
        return "429 here and on the host, which says that `api` is healthy"
    return f"{answer.status}, {answer.header('content-type') or 'no content type'}"


def _shown(value: str) -> str:
    return f"`{value}`" if value else "missing"
