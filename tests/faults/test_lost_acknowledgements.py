"""A commit was done, its acknowledgement is lost, and others write before it is repeated: nothing is done twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.instruments.api import Api, Person
from tests.instruments.elsewhere import Answer, Call, Elsewhere
from tests.instruments.pictures import image
from tests.instruments.proxy import Fault, Proxy, first_commit


@pytest.fixture
def lead(owner: Person, tenant: Person) -> dict[str, Any]:
    """A lead that begins with a message."""
    body = {"listing_id": owner.listing()["id"], "message": "Hello"}
    lead: dict[str, Any] = tenant.ok("POST", "/leads", json=body)
    return lead


@contextmanager
def losing(proxy: Proxy, elsewhere: Elsewhere, *others: Call | Callable[[Answer], Call]) -> Iterator[list[Answer]]:
    """The first commit of the body is done without an acknowledgement, and others call before it is repeated.

    Yields:
        The answers to the others. A function makes a call of the answer to the one before.
    """
    answers: list[Answer] = []

    def call_others() -> None:
        for each in others:
            answers.extend(elsewhere.at_once([each if isinstance(each, Call) else each(answers[-1])]))

    with proxy.planned(first_commit(Fault("UNAVAILABLE", after=True, then=call_others))):
        yield answers
    assert [answer.status for answer in answers] == [200] * len(others)


def test_a_status_that_was_replaced_is_not_set_again(
    owner: Person, tenant: Person, lead: dict[str, Any], elsewhere: Elsewhere, proxy: Proxy
) -> None:
    path = f"/leads/{lead['id']}"
    with losing(proxy, elsewhere, Call("PATCH", path, owner.token, {"status": "in_progress"})):
        assert owner.ok("PATCH", path, json={"status": "closed"})["status"] == "closed"
    assert owner.ok("GET", path)["status"] == "in_progress"
    told = [each["data"]["status"] for each in tenant.ok("GET", "/notifications") if each["type"] == "lead.status"]
    assert told == ["in_progress", "closed"]


@pytest.mark.parametrize("read_elsewhere", [False, True], ids=["", "read elsewhere"])
def test_a_message_that_comes_after_reading_stays_unread(
    owner: Person, tenant: Person, lead: dict[str, Any], elsewhere: Elsewhere, proxy: Proxy, read_elsewhere: bool
) -> None:
    path = f"/leads/{lead['id']}"
    others = [Call("POST", f"{path}/messages", tenant.token, {"text": f"later {number}"}) for number in range(2)]
    if read_elsewhere:
        others.insert(1, Call("POST", f"{path}/read", owner.token))
    with losing(proxy, elsewhere, *others):
        owner.ok("POST", f"{path}/read")
    (shown,) = owner.ok("GET", "/leads/for-me", query_string={"include": "conversation"})
    assert shown["conversation"]["unread"] == (1 if read_elsewhere else 2)
    owner.ok("POST", f"{path}/read")
    (shown,) = owner.ok("GET", "/leads/for-me", query_string={"include": "conversation"})
    assert shown["conversation"]["unread"] == 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["", "key"])
def test_a_message_on_a_lead_that_is_closed_afterwards_was_sent(
    owner: Person, tenant: Person, lead: dict[str, Any], elsewhere: Elsewhere, proxy: Proxy, headers: dict[str, str]
) -> None:
    path = f"/leads/{lead['id']}"
    with losing(proxy, elsewhere, Call("PATCH", path, owner.token, {"status": "closed"})):
        sent = tenant.ok("POST", f"{path}/messages", json={"text": "Second"}, headers=headers)
    assert [each["text"] for each in owner.ok("GET", f"{path}/messages")] == ["Second", "Hello"]
    assert owner.ok("GET", f"{path}/messages")[0] == sent


def test_a_logout_everywhere_leaves_who_enters_afterwards(api: Api, elsewhere: Elsewhere, proxy: Proxy) -> None:
    enter = Call("POST", "/auth/telegram/login-or-register", "", {"telegram_id": "5"})
    before = api.ok(enter.method, enter.path, json=enter.body)["access_token"]
    with losing(proxy, elsewhere, enter) as answers:
        api.ok("POST", "/auth/logout", before, json={"everywhere": True})
    assert api.call("GET", "/auth/me", before).status_code == 401
    assert api.call("GET", "/auth/me", answers[0].json["access_token"]).status_code == 200


def test_a_listing_that_was_edited_before_its_owner_is_answered_is_one(
    owner: Person, elsewhere: Elsewhere, proxy: Proxy
) -> None:
    body = {"title": "First", "city": "Astana", "price": 1}

    def edit(mine: Answer) -> Call:
        return Call("PUT", f"/listings/{mine.json[0]['id']}", owner.token, body | {"title": "Edited"})

    with losing(proxy, elsewhere, Call("GET", "/listings/my", owner.token), edit):
        made = owner.ok("POST", "/listings", json=body)
    assert owner.ok("GET", "/listings/my") == [made]
    assert made["title"] == "Edited"


def test_a_photo_that_was_deleted_comes_back_with_its_files_or_not_at_all(
    owner: Person, elsewhere: Elsewhere, proxy: Proxy, bucket: Any
) -> None:
    path = f"/photos/{owner.listing()['id']}"
    upload = image()
    listed = Call("GET", path, owner.token)
    with losing(proxy, elsewhere, listed, lambda answer: Call("DELETE", f"{path}/{answer.json[0]['id']}", owner.token)):
        owner.ok("POST", path, data=upload)
    for photo in (*owner.ok("GET", path), owner.ok("POST", path, data=upload)):
        for url in photo["urls"].values():
            assert owner.api.call("GET", urlsplit(url).path).status_code == 200
