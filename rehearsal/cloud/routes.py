"""Which request is answered by what?"""

from __future__ import annotations

import re

from rehearsal.cloud import domains, droplets, firewalls, keys, reserved, tags
from rehearsal.cloud.wire import Handler, error

_ID = r"(?P<id>\d+)"
_DOMAIN = r"/v2/domains/(?P<domain>[^/]+)"
_RESERVED = r"/v2/reserved_ips/(?P<ip>[0-9.]+)"

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v2/account", keys.account_of),
    ("GET", "/v2/account/keys", keys.show_all),
    ("POST", "/v2/account/keys", keys.create),
    ("GET", r"/v2/account/keys/(?P<id>[0-9a-f:]+)", keys.show),
    ("DELETE", r"/v2/account/keys/(?P<id>[0-9a-f:]+)", keys.delete),
    ("GET", "/v2/droplets", droplets.show_all),
    ("POST", "/v2/droplets", droplets.create),
    ("GET", f"/v2/droplets/{_ID}", droplets.show),
    ("DELETE", f"/v2/droplets/{_ID}", droplets.destroy),
    ("POST", f"/v2/droplets/{_ID}/actions", droplets.act),
    ("GET", f"/v2/actions/{_ID}", droplets.action),
    ("POST", "/v2/tags", tags.create),
    ("GET", "/v2/tags/(?P<name>[^/]+)", tags.show),
    ("DELETE", "/v2/tags/(?P<name>[^/]+)", tags.delete),
    ("GET", "/v2/firewalls", firewalls.show_all),
    ("POST", "/v2/firewalls", firewalls.create),
    ("GET", "/v2/firewalls/(?P<id>[0-9a-f-]+)", firewalls.show),
    ("PUT", "/v2/firewalls/(?P<id>[0-9a-f-]+)", firewalls.update),
    ("DELETE", "/v2/firewalls/(?P<id>[0-9a-f-]+)", firewalls.delete),
    ("GET", "/v2/domains", domains.show_all),
    ("GET", _DOMAIN, domains.show),
    ("GET", f"{_DOMAIN}/records", domains.show_records),
    ("POST", f"{_DOMAIN}/records", domains.create_record),
    ("GET", f"{_DOMAIN}/records/{_ID}", domains.show_record),
    ("PUT", f"{_DOMAIN}/records/{_ID}", domains.update_record),
    ("PATCH", f"{_DOMAIN}/records/{_ID}", domains.update_record),
    ("DELETE", f"{_DOMAIN}/records/{_ID}", domains.delete_record),
    ("GET", "/v2/reserved_ips", reserved.show_all),
    ("POST", "/v2/reserved_ips", reserved.create),
    ("GET", _RESERVED, reserved.show),
    ("DELETE", _RESERVED, reserved.delete),
    ("POST", f"{_RESERVED}/actions", reserved.act),
)
_COMPILED = tuple((method, re.compile(path), handler) for method, path, handler in _ROUTES)


def find_route(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    """Return what answers a request, and the named parts of its path; 404 when nothing does."""
    for wanted, pattern, handler in _COMPILED:
        found = pattern.fullmatch(path)
        if found and wanted == method:
            return handler, found.groupdict()
    raise error(404)
