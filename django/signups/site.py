"""How does staff log in to admin? As often as the API lets them: both count the same tries in the same place."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from api.shared.throttle import device_cookie, told
from api.shared.tokens import DEVICE_S, Tokens
from signups.attempts import Attempt, TooManyError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

THROTTLED = "throttled"


class LogInForm(AdminAuthenticationForm):
    """Name and password, unless it was tried too often."""

    wait_s = 0

    def clean(self) -> dict[str, Any]:
        """Count a try, and take it back when it was right."""
        email = str(self.cleaned_data.get("username") or "").lower()
        if self.request is None or not email or not self.cleaned_data.get("password"):
            return super().clean()
        try:
            attempt = Attempt.begin(self.request, email)
            try:
                cleaned = super().clean()
            except ValidationError:
                attempt.failed()
                raise
            attempt.succeeded()
        except TooManyError as error:
            self.wait_s = error.wait_s
            raise ValidationError(told(error.wait_s), code=THROTTLED) from error
        return cleaned


class Site(admin.AdminSite):
    """Admin with that log-in."""

    site_header = "Slipway"
    site_title = "Slipway"
    index_title = "Organizations, events and people"
    login_form = LogInForm

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Log in; too often is a 429, and whoever got in is known here from then on."""
        answer = super().login(request, extra_context)
        form = (getattr(answer, "context_data", None) or {}).get("form")
        if isinstance(form, LogInForm) and form.wait_s:
            answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
            answer["Retry-After"] = str(form.wait_s)
        elif request.method == "POST" and request.user.is_authenticated:
            _remember_device(answer, request.user.get_username())
        return answer


def _remember_device(answer: HttpResponse, email: str) -> None:
    answer.set_cookie(
        device_cookie(email),
        Tokens(settings.TOKEN_SECRET_KEY).issue_device(email),
        max_age=DEVICE_S,
        path="/admin/login/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
