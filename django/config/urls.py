"""Which pages does Django serve? Admin and `/graphql`; `config.asgi` answers `/health` and `/ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

if TYPE_CHECKING:
    from django.http import HttpRequest, JsonResponse


@csrf_exempt
def graphql(request: HttpRequest) -> JsonResponse:
    """Answer a GraphQL request. The server imports the schema as it starts; commands, which never need it, do not."""
    from graph.views import graphql as answer  # noqa: PLC0415 - most of a second

    return answer(request)


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("graphql", graphql),
]
