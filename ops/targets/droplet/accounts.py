"""The accounts of a host: who can log in, and who could not any more if passwords and root were turned off.

What the host printed of its accounts is read into values here; everything else is a pure decision on them.
"""

from __future__ import annotations

import base64
import dataclasses
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ops.ssh import AuthorizedKey, keys_in

SHUT = {"passwordauthentication": "no", "kbdinteractiveauthentication": "no", "permitrootlogin": "no"}
ROOT_BY_KEY = {"yes", "without-password", "prohibit-password", "forced-commands-only"}
TELLING = re.compile(r"not allowed|refused|denied|invalid user|expired|locked|bad |no matching|too many", re.IGNORECASE)
ENDS = re.compile(
    r"Connection (closed|reset)|Disconnected|Received disconnect"
)  # what the other lines give a reason for
# What may keep a key out, and what it holds where nobody has changed it.
ADVICE = {
    "allowusers": "",
    "denyusers": "",
    "allowgroups": "",
    "denygroups": "",
    "pubkeyauthentication": "yes",
    "authenticationmethods": "any",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
}


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of the host: `shadow` is its password as `passwd -S` says it, `sshd` what sshd_config means for it."""

    name: str
    uid: int = 1000
    groups: tuple[str, ...] = ()
    shadow: str = "L"
    sshd: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # of keys: path -> content

    @property
    def keys(self) -> tuple[AuthorizedKey, ...]:
        """Return the keys of all its files."""
        return tuple(key for text in self.files.values() for key in keys_in(text))


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Those that have a way in, what sshd does where no Match block says otherwise, and whose lists we cannot read."""

    each: tuple[Account, ...] = ()
    common: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    said: tuple[str, ...] = ()  # what sshd logged


def read_accounts(text: str) -> Accounts:
    """Read what `look_at_logins` and `explain_login` print."""
    lines = [(name, value) for name, sign, value in (line.partition("=") for line in text.splitlines()) if sign]
    starts = [at for at, (name, _) in enumerate(lines) if name == "account"]
    outer = lines[: starts[0]] if starts else lines
    parts = [lines[start:end] for start, end in itertools.pairwise([*starts, len(lines)])]
    return Accounts(
        each=tuple(_account(part) for part in parts),
        common=_words(value for name, value in outer if name == "common"),
        elsewhere=tuple(value for name, value in outer if name == "elsewhere"),
        said=tuple(value for name, value in outer if name == "said"),
    )


def locked_out(accounts: Accounts, *, but: str) -> tuple[str, ...]:
    """Say for each but this user who would lose which way in, were passwords and root turned off."""
    lost = [text for one in accounts.each if one.name != but and (text := _loss(one, accounts.common))]
    by_password = _says(accounts.common, "passwordauthentication") == "yes"
    return (*lost, *(f"accounts of `{service}` (passwords)" for service in accounts.elsewhere if by_password))


def reasons(accounts: Accounts, user: str, public_key: str = "") -> str:
    """Say why sshd may not have let this user in: its own words, and what its configuration means for the user."""
    telling = [line for line in accounts.said if TELLING.search(line) and not ENDS.match(line)]
    said = [line for line in telling if user in line or "refused" in line]
    parts = [f"sshd said: {line}" for line in dict.fromkeys(said[-2:])]
    for one in accounts.each:
        stated = {word: " ".join(one.sshd.get(word, ())) for word in ADVICE}
        held = [f"{word} {text}" for word, text in stated.items() if text not in {"", ADVICE[word]}]
        parts += [f"for `{user}` it holds: {', '.join(held)}"] if held and one.name == user else []
        blob = public_key.split()[1:2]
        limited = [key for key in one.keys if [key.blob] == blob and key.options]
        parts += [f"the key stands there with {', '.join(key.options)}" for key in limited]
    return "; ".join(parts)


def _loss(account: Account, common: Mapping[str, tuple[str, ...]]) -> str:
    after = {word: (value,) for word, value in SHUT.items() if _follows(account, common, word)}
    ways, left = _ways(account), _ways(dataclasses.replace(account, sshd={**account.sshd, **after}))
    if ways <= left:
        return ""
    lost = " and ".join(_named(way, account) for way in sorted(ways - left))
    return f"{account.name} ({lost}{'; its key still works' if 'key' in left else ''})"


def _follows(account: Account, common: Mapping[str, tuple[str, ...]], word: str) -> bool:
    """Tell whether what holds for all holds for this account too; a Match block that says otherwise stays."""
    return account.sshd.get(word, ()) == common.get(word, account.sshd.get(word, ()))


def _ways(account: Account) -> set[str]:
    """Return `key` and `password`, as far as sshd lets this account in with them."""
    if not is_let_in(account):
        return set()
    by_password = _says(account.sshd, "passwordauthentication", "kbdinteractiveauthentication") == "yes"
    has_password = account.shadow == "P" or (
        account.shadow == "NP" and _says(account.sshd, "permitemptypasswords") == "yes"
    )
    listed = any(
        _says(account.sshd, word) not in {"", "none"} for word in ("authorizedkeyscommand", "trustedusercakeys")
    )
    ways = {"password"} if by_password and has_password else set()
    if (account.keys or listed) and _says(account.sshd, "pubkeyauthentication") != "no":
        ways.add("key")
    if account.uid == 0:
        permitted = _says(account.sshd, "permitrootlogin")
        ways &= {"key", "password"} if permitted == "yes" else {"key"} if permitted in ROOT_BY_KEY else set()
    return ways if _methods(account, by_password=by_password) else set()


def _methods(account: Account, *, by_password: bool) -> bool:
    """Tell whether one of the lists that AuthenticationMethods wants can be gone through."""
    lists = account.sshd.get("authenticationmethods", ("any",))
    typed = ("password", "keyboard-interactive")
    return any(by_password or not any(word.startswith(typed) for word in one.split(",")) for one in lists)


def is_let_in(account: Account) -> bool:
    """Tell whether sshd's lists of users and groups let this account in, as sshd_config(5) orders them."""
    users, groups = (account.name,), account.groups
    lists = {word: account.sshd.get(word, ()) for word in ("denyusers", "allowusers", "denygroups", "allowgroups")}
    if _match(lists["denyusers"], users) or _match(lists["denygroups"], groups):
        return False
    return (not lists["allowusers"] or _match(lists["allowusers"], users)) and (
        not lists["allowgroups"] or _match(lists["allowgroups"], groups)
    )


def _match(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Tell whether a name matches; of `USER@HOST` only the user counts, as it may come from that host."""
    return any(_regex(pattern.partition("@")[0]).fullmatch(name) for pattern in patterns for name in names)


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))


def _named(way: str, account: Account) -> str:
    count = len(account.keys)
    return way if way == "password" or count < 2 else f"{count} keys"  # noqa: PLR2004 - one needs no number


def _says(sshd: Mapping[str, tuple[str, ...]], *words: str) -> str:
    """Return what sshd does of these words: `yes` when one of them is, else the first that is there."""
    values = [value for word in words for value in sshd.get(word, ())[:1]]
    return "yes" if "yes" in values else next(iter(values), "")


def _account(lines: list[tuple[str, str]]) -> Account:
    first = dict(reversed(lines))
    return Account(
        name=first["account"],
        uid=int(first.get("uid") or 1000),
        groups=tuple(first.get("groups", "").split()),
        shadow=first.get("password", ""),
        sshd=_words(value for name, value in lines if name == "sshd"),
        files=dict(_file(value) for name, value in lines if name == "file"),
    )


def _file(value: str) -> tuple[str, str]:
    path, _, content = value.rpartition(" ")
    return path, base64.b64decode(content).decode(errors="replace")


def _words(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for line in lines:
        word, _, value = line.partition(" ")
        found[word] += tuple(value.split()) or ("",)
    return dict(found)
