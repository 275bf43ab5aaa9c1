"""What is said when pip gets no answer? Its own last words, `No matching distribution found`, are no reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bootstrap import unreachable_index

PYTHON = Path("/srv/slipway/.venv/bin/python")
COUNTS = "connect=None, read=None, redirect=None, status=None"
NONE_FOUND = "ERROR: No matching distribution found for annotated_types==0.7.0"
FAILED = (
    "<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f7d9c849ad0>: Failed to establish a new connection"
)
UNKNOWN = f"'NewConnectionError('{FAILED}: [Errno -2] Name or service not known')'"
SLOW = (
    """'ReadTimeoutError("HTTPSConnectionPool(host='index.example', port=443): Read timed out. (read timeout=15)")'"""
)
REFUSED = f"NewConnectionError('{FAILED}: [Errno 111] Connection refused')"
PROXY = f"'ProxyError('Cannot connect to proxy.', {REFUSED})'"
FETCHING = (
    "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool: Max retries exceeded with url: /x.whl"
)


def said(cause: str, last: str = NONE_FOUND, *, indexes: str = "https://index.example/simple") -> list[str]:
    broken = f"after connection broken by {cause}: /simple/annotated-types/"
    retries = [f"WARNING: Retrying (Retry(total={left}, {COUNTS})) {broken}" for left in (4, 3, 2, 1, 0)]
    return [*([f"Looking in indexes: {indexes}"] if indexes else []), *retries, "ERROR: Could not find a version", last]


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (UNKNOWN, "Failed to establish a new connection: [Errno -2] Name or service not known"),
        (SLOW, "Read timed out. (read timeout=15"),
        (PROXY, "Failed to establish a new connection: [Errno 111] Connection refused"),
    ],
)
def test_the_reason_is_the_network_and_what_pip_asked_for(cause: str, why: str) -> None:
    error = str(unreachable_index(said(cause), python=PYTHON)).splitlines()
    assert error[0] == "error: the package index could not be reached"
    assert error[1] == f"why:   {why}; pip asked for /simple/annotated-types/ of https://index.example/simple"
    assert error[2].endswith(f"(`{PYTHON} -m pip config list` shows it), then run the same command again")
    assert len(error) == 3


def test_without_an_index_of_ones_own_it_is_the_default_one() -> None:
    assert "of its default index" in str(unreachable_index(said(UNKNOWN, indexes=""), python=PYTHON))


@pytest.mark.parametrize(
    "lines",
    [
        [NONE_FOUND],
        said(UNKNOWN, "ERROR: No matching distribution found for another==1.0"),
        said(UNKNOWN, "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."),
        said(UNKNOWN)[:-2],
    ],
)
def test_what_failed_for_another_reason_is_not_blamed_on_the_network(lines: list[str]) -> None:
    assert unreachable_index(lines, python=PYTHON) is None


def test_a_file_that_cannot_be_fetched_is_the_network_too() -> None:
    assert unreachable_index(said(UNKNOWN, FETCHING), python=PYTHON) is not None
