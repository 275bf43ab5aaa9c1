"""What does the server load? Django, with the request middleware and the health answers in front of it."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django: Any = get_asgi_application()

import graph.views  # noqa: E402, F401 - imported once, at the start, instead of in somebody's request

from api.shared.requests import InFlight, RequestMiddleware  # noqa: E402 - the same
from config.probes import HealthAnswers, asked_again  # noqa: E402 - settings can be read only after Django is set up

_in_flight = InFlight()
# Django itself says where slashes belong, so only the two probes lose theirs.
application = RequestMiddleware(
    HealthAnswers(asked_again(_django), in_flight=_in_flight), in_flight=_in_flight, strip_slash=False
)
