"""Which pages does Django serve? Admin and `/graphql`; `config.asgi` answers `/health` and `/ready`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView
from graph.views import graphql

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("graphql", graphql),
]
