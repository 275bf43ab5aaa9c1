"""Does a list of the admin cost the same queries whatever its length?"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

DJANGO = Path(__file__).resolve().parents[3] / "django"
LISTED = """
import django; django.setup()
from django.contrib import admin
admin.autodiscover()
shown = {}
for model, own in admin.site._registry.items():
    if model.__module__.startswith("signups."):
        keys = {one.name for one in model._meta.fields if one.many_to_one} & set(own.list_display)
        read = {name.partition("__")[0] for name in own.list_select_related or ()}
        shown[model.__name__] = (sorted(keys), sorted(keys - read))
print(shown)
"""


@pytest.mark.req("A-21")
def test_what_a_list_shows_of_another_row_is_read_with_it() -> None:
    environment = {"PYTHONPATH": str(DJANGO.parent), "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        (sys.executable, "-c", LISTED), cwd=DJANGO, env=environment, capture_output=True, text=True, check=True
    )
    shown = ast.literal_eval(done.stdout.splitlines()[-1])
    assert {name: missing for name, (_, missing) in shown.items() if missing} == {}
    assert shown["Shift"] == (["event"], [])
    assert shown["SignUp"] == (["member", "shift"], [])
