from __future__ import annotations

import json

import pytest

from api.openapi import document
from tests.stack import ROOT

FIX = "type `python -m api.openapi > react-app/openapi.json`, then in react-app/ `npm run api-types`"


@pytest.mark.req("A-15")
def test_the_front_end_has_the_description_that_the_api_gives_now() -> None:
    committed = json.loads((ROOT / "react-app/openapi.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(document())), FIX


@pytest.mark.req("A-15")
def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []
