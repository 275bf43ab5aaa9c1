from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from api import openapi
from api.shared import statuses


@pytest.mark.parametrize("words", ["Content Too Large", "Request Entity Too Large"])
def test_the_words_of_a_status_do_not_depend_on_the_interpreter(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "HTTPStatus", lambda _: SimpleNamespace(phrase=words))
    assert statuses.phrase(413) == "Request Entity Too Large"
    assert statuses.component_name(422) == "UnprocessableEntity"


def test_the_document_is_the_one_that_clients_were_made_from() -> None:
    named = set(openapi.document()["components"]["responses"])
    assert {"RequestEntityTooLarge", "UnprocessableEntity", "NotFound"} <= named
    assert "ContentTooLarge" not in json.dumps(openapi.document())
