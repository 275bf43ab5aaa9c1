"""The checks of the public side: pages, health, redirect, headers, rate limit, nothing private."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ops.verification.checks.check import Check, answer_of, check
from ops.verification.observations import Answer, Observations, Site

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
        body = _health_faults(answer) if method == "GET" else ()
        yield check(
            name,
            f"{method} `{path}` says healthy" if method == "GET" else f"{method} `{path}` answers",
            [*_status(answer, OK), *(body if answer.status == OK else ())],
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
    refused = (answer for answer in seen.burst if answer.status == TOO_MANY)
    limited = next(refused, Answer(url="", error="there was no 429"))
    for name, what in HEADERS_OF.items():
        answer = limited if name == "rate-limited" else answer_of(seen, name)
        faults = [answer.error] if answer.error else header_faults(answer)
        if name.endswith("not-found") and not answer.error:
            faults += _status(answer, NOT_FOUND)
        yield check(
            f"headers-{name}",
            f"Security headers on {what}",
            faults,
            detail="HSTS, nosniff, SAMEORIGIN, Referrer-Policy, CSP; no server version",
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
    """Judge that a burst on the API meets a 429 that says when to come back."""
    refused = [answer for answer in seen.burst if answer.status == TOO_MANY]
    broken = [answer for answer in seen.burst if answer.error or answer.status not in {OK, TOO_MANY}]
    faults = [] if refused else [f"no 429 in {len(seen.burst)} requests"]
    faults += [f"{len(broken)} other answers, the first: {broken[0].summary}"] if broken else []
    faults += [] if all(answer.header("retry-after") for answer in refused) else ["the 429 has no `Retry-After`"]
    yield check(
        "rate-limit",
        "A burst on the API meets a 429",
        faults,
        detail=f"429 after {len(seen.burst) - len(refused)} requests",
        seconds=max((answer.seconds for answer in seen.burst), default=0.0),
        hint=f"set a lower RATE_LIMIT_API_BURST in .env, then {site.word('update')}",
    )


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
    is_there = answer.status == NOT_ALLOWED  # to a GET: it takes POST alone; the front-end would show its page
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
    if answer.error or answer.status in CLOSED or answer.status in PERMANENT:
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


def _status(answer: Answer, wanted: int) -> list[str]:
    return [] if answer.status == wanted else [f"{answer.summary} instead of {wanted}"]


def _seen(answer: Answer) -> str:
    return f"{answer.status}, {answer.header('content-type') or 'no content type'}"


def _shown(value: str) -> str:
    return f"`{value}`" if value else "missing"
