"""How does a test work in admin? Like a person: it opens a page, fills in its form, and sends what a browser would."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
from argon2 import PasswordHasher

from tests.integration.services.outbox.outbox_story import Club
from tests.integration.services.services_processes import PASSWORD, Web

LOGIN = f"login-{PASSWORD}"
HASHED = "argon2" + PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(LOGIN)


class Page(HTMLParser):
    """The fields of a page's forms, and all that a strict policy would not run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.fields: dict[str, Any] = {}
        self.choices: dict[str, list[str]] = {}
        self.inline: list[str] = []
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a browser would send, and what it would refuse to run."""
        given = {name: value or "" for name, value in attrs}
        is_data = given.get("type") in {"application/json", "text/x-template"}
        if (tag == "script" and "src" not in given and not is_data) or tag == "style":
            self.inline.append(f"<{tag}>")
        self.inline += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in {"checkbox", "radio", "submit"} or "checked" in given):
            self.fields[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
            self.choices[name] = []
        elif tag == "option" and self._select:
            self.choices[self._select].append(given.get("value", ""))
            if "selected" in given:
                self.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        """Leave a field."""
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Keep what stands in a text area."""
        if self._area:
            self.fields[self._area] += data.removeprefix("\r\n")


class Staff:
    """Somebody who is logged in to admin."""

    def __init__(self, browser: httpx.Client, email: str, *, password: str = LOGIN) -> None:
        self.browser = browser
        page = self.send("/admin/login/", username=email, password=password, next="/admin/")
        assert "Log out" in page.text, page.text

    def open(self, path: str) -> Page:
        """Open a page of admin."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        assert "no-store" in answer.headers["cache-control"], f"{path} is for one person: nothing may keep it"
        return Page(answer.text)

    def status(self, path: str) -> tuple[int, str]:
        """Return what a page answers, and where it leads."""
        answer = self.browser.get(path, follow_redirects=False)
        return answer.status_code, answer.headers.get("location", "")

    def send(self, path: str, **changed: Any) -> Page:
        """Open a page, change some of its fields, and send it."""
        fields = self.open(path).fields | changed
        answer = self.browser.post(path, data={name: value for name, value in fields.items() if value is not None})
        assert answer.status_code == 200, (path, answer.status_code)
        return Page(answer.text)

    def act(self, model: str, action: str, *ids: int) -> str:
        """Choose rows of a list, and an action for them."""
        chosen = {"action": action, "_selected_action": [str(one) for one in ids]}
        return self.send(f"/admin/signups/{model}/", **chosen).text


@contextlib.contextmanager
def logged_in(web: Web, email: str) -> Iterator[Staff]:
    """Log in until the block ends."""
    with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", follow_redirects=True, timeout=20) as browser:
        yield Staff(browser, email)


def staff(web: Web, club: Club, who: str, *, role: str = "coordinator") -> contextlib.AbstractContextManager[Staff]:
    """Log in as somebody who runs the club; the group is made by the seed."""
    club.member(who, role=role)
    user = club.account(who, password=HASHED, staff=True)
    group = club.one("SELECT id FROM auth_group WHERE name = 'Coordinators'")
    club.services.sql("INSERT INTO signups_user_groups (user_id, group_id) VALUES (%s, %s)", user, group)
    return logged_in(web, club.address(who))


def administrator(web: Web, club: Club) -> contextlib.AbstractContextManager[Staff]:
    """Log in as a superuser."""
    user = club.account("root", password=HASHED, staff=True)
    club.services.sql("UPDATE signups_user SET is_superuser = true WHERE id = %s", user)
    return logged_in(web, club.address("root"))
