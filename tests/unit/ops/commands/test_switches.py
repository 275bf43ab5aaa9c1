"""What is refused as a command line, with which words, and what does it leave?"""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke.collection import Collection

import tasks
from ops.commands import dispatch
from ops.commands.typed.switches import VALUES
from ops.commands.typed.words import TypedWords
from ops.errors import UsageError
from ops.targets import Request, check_command_line

# Switches whose value is neither a number nor a span of time.
TEXTS = {"target", "address", "allow", "to", "count", "service", "grep"}
WRONG = (
    ("logs --since 5x", "--since 5x", "invoke logs --since 10m"),
    ("logs --since=", "--since ", "invoke logs --since 10m"),
    ("logs --since -5m", "--since -5m", "invoke logs --since 10m"),
    ("logs --lines -5", "--lines -5", "invoke logs --lines 200"),
    ("logs --lines 99999999999999999999", "--lines 99999999999999999999", "invoke logs --lines 200"),
    ("history --lines -1", "--lines -1", "invoke history --lines 20"),
    ("history --lines 0", "--lines 0", "invoke history --lines 20"),
    ("history --lines many", "--lines many", "invoke history --lines 20"),
    ("deploy --lock-wait x", "--lock-wait x", "invoke deploy --lock-wait 60"),
    ("deploy -l x", "--lock-wait x", "invoke deploy --lock-wait 60"),
    ("update --lock-wait=-1", "--lock-wait -1", "invoke update --lock-wait 60"),
    ("rollback --lock-wait 1.5", "--lock-wait 1.5", "invoke rollback --lock-wait 60"),
    ("scale api=3 --lock-wait 5m", "--lock-wait 5m", "invoke scale api=3 --lock-wait 60"),
    ("mail --last x", "--last x", "invoke mail --last 20"),
    ("mail --show 0", "--show 0", "invoke mail --show 1"),
    ("seed --organizations -3", "--organizations -3", "invoke seed --organizations 100"),
)


def program() -> TypedWords:
    return TypedWords(name="Invoke", binary="invoke", namespace=Collection.from_module(tasks))


@pytest.mark.parametrize(("typed", "what", "fix"), WRONG)
def test_a_number_or_a_span_that_is_none_is_refused_with_what_it_has_to_be(
    capsys: pytest.CaptureFixture[str], typed: str, what: str, fix: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        program().run(["invoke", *typed.split()])
    out, err = capsys.readouterr()
    first, why, last = err.splitlines()
    assert (ended.value.code, out, first, last) == (2, "", f"error: {what} is not possible", f"fix:   {fix}")
    assert why.startswith("why:   it has to be a ")


def test_every_switch_that_takes_a_value_is_in_the_table_or_takes_any_text() -> None:
    contexts = Collection.from_module(tasks).to_contexts()
    taking = {
        (context.name, arg.name.replace("_", "-"))
        for context in contexts
        for arg in context.args.values()
        if arg.takes_value
    }
    checked = {(word, switch) for word, switches in VALUES.items() for switch in switches}
    assert {(word, switch) for word, switch in taking if switch not in TEXTS} == checked


@pytest.mark.parametrize(
    ("address", "why", "meant"),
    [
        ("deploy@203.0.113.7", "SSH_USER in .env", "203.0.113.7"),
        ("deploy@example.org:2222", "SSH_USER in .env", "example.org"),
        ("203.0.113.7:22", "SSH_PORT in .env", "203.0.113.7"),
        ("[2001:db8::1]:22", "SSH_PORT in .env", "2001:db8::1"),
        ("https://example.org/x", "it is a URL", "example.org"),
        ("ssh://deploy@203.0.113.7:22", "it is a URL", "203.0.113.7"),
        ("[2001:db8::1]", "neither an IP address nor a host's name", "2001:db8::1"),
        ("exa mple.org", "neither an IP address nor a host's name", "203.0.113.7"),
        ("-oProxyCommand=x", "neither an IP address nor a host's name", "203.0.113.7"),
    ],
)
def test_an_address_that_is_more_than_one_is_refused_with_the_one_that_was_meant(
    address: str, why: str, meant: str
) -> None:
    with pytest.raises(UsageError) as refused:
        check_command_line(Request(mode="full", target="droplet", address=address))
    assert why in refused.value.why
    assert refused.value.fix == f"invoke deploy --address {meant}"


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1", "example.org", "my_host", "a", "example.org."])
def test_an_address_or_a_name_is_taken(address: str) -> None:
    check_command_line(Request(mode="verify", target="droplet", address=address))


@pytest.mark.parametrize("switch", ["address", "allow"])
def test_a_switch_of_the_droplet_is_refused_on_the_local_target(switch: str) -> None:
    asked = {switch: "203.0.113.7"}
    with pytest.raises(UsageError) as refused:
        check_command_line(Request(mode="update", target="local", **asked))  # type: ignore[arg-type] # both are texts
    assert (refused.value.exit_code, refused.value.fix) == (2, "invoke update --target local")


@pytest.mark.parametrize("allow", ["everybody", "0.0.0.0/0", "::/0", "203.0.113.7/33"])
def test_an_allowlist_entry_has_to_be_an_address_or_a_network_of_some(allow: str) -> None:
    with pytest.raises(UsageError, match="--allow"):
        check_command_line(Request(mode="full", target="droplet", allow=allow))


@pytest.mark.req("A-10")
@pytest.mark.parametrize(
    "request_",
    [
        Request(mode="full", target="moon"),
        Request(mode="update", target="local", address="203.0.113.7"),
        Request(mode="verify", target="droplet", address="deploy@203.0.113.7"),
        Request(mode="rollback", target="droplet", address="203.0.113.7:22"),
        Request(mode="scale", target="local", counts=("api=many",)),
        Request(mode="scale", target="local", counts=("api=1000",)),
    ],
)
def test_what_is_refused_as_a_command_line_was_no_run_and_leaves_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request_: Request
) -> None:
    assert dispatch.run(request_, root=tmp_path) == 2
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err.startswith("error: ")


WORDS = sorted(str(context.name) for context in Collection.from_module(tasks).to_contexts())
WITH_TARGET = sorted(set(WORDS) - {"destroy", "environments", "mail", "rehearse", "seed"})


@pytest.mark.req("A-10")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *((f"{word} --moon", 1) for word in WORDS),
        *((f"{word} --target moon", 2) for word in WITH_TARGET),
        *((f"{word} --address x:22", 2) for word in WITH_TARGET),
        *((f"{word} --target local --address example.org", 2) for word in WITH_TARGET),
        *((f"{word} --{switch} x", 2) for word, switches in VALUES.items() for switch in switches),
    ],
)
def test_no_word_leaves_a_folder_for_a_command_line_that_it_refuses(
    monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("that is no run")

    monkeypatch.setattr(dispatch, "open_run", opened)
    with pytest.raises(SystemExit) as ended:
        program().run(["invoke", *typed.split()])
    assert ended.value.code == code
